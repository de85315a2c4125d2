using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

/// <summary>Commands as the hub releases them.</summary>
internal static class Commands
{
    public const string Subject = "2101-141002-04-01-123450";

    public static readonly ProjectApproval Approval = new()
    {
        ProjectCode = Subject,
        ProjectName = "尧都区北外环路面改造及配套\"暖心\"工程",
        UnitName = "临汾市尧都区住房和城乡建设局",
        UnitUscc = "11141002012345678X",
        ProjectAddress = "临汾市尧都区北外环路",
        AddressCode = "141002001",
        ScaleContent = "道路长1.2公里 <改扩建> & 路灯 120 盏",
        ContactName = "王五",
        ContactPhone = "0357-0000000",
        ApprovalType = "VERIFICATION",
        ApprovalStage = "PLANNING",
        ApprovalDocNo = "尧发改审批〔2021〕12号",
        ApprovalDate = "2021-03-05",
        ApprovalAuthority = "尧都区发展和改革局",
        RegionCode = "141002",
        OperatorCode = "sgcc-linfen",
        LegalBasisRef = "GX-2021-07",
        ValidUntil = "2023-03-05",
        InvestmentWan = 1234.5m,
        IndustryCode = "4812",
        PlannedStart = "2021-05",
        PlannedFinish = "2021-12-31",
        LandArea = 12000.5m,
        BuildArea = 300m,
        ProjectLocation = "POINT(111.5 36.1)",
        LoadKw = 315m,
        UsageType = "403",
        RequiredDate = "2021-09-01",
        TemporaryFrom = "2021-06-01",
        Version = 2,
        SupersedesDocNo = "尧发改审批〔2020〕88号",
        ChangeReason = "规模调整",
        ChangedFields = ["scaleContent"],
        NewPath = "FILING",
    };

    public static readonly Lead Lead = new()
    {
        Change = LeadChange.Created,
        Approval = Approval,
        CodeScheme = "GBT40058",
        MissingDemand = false,
        OperatorCode = "sgcc-linfen",
        LegalBasisRef = "GX-2021-07",
        FirstContactDue = new DateOnly(2021, 3, 9),
        Warnings = [WarningCodes.PartialDate],
    };

    /// <summary>What is first sent to a partner of this kind: a lead, or to a gateway a notice.</summary>
    public static Command Create(string kind) => kind is ConnectorCatalog.Notification ? Notify("outage_planned", 1) : Create();

    public static Command Update(long laneSeq, string kind) => kind is ConnectorCatalog.Notification ? Notify("outage_revised", laneSeq) : Update(laneSeq);

    public static Command Withdraw(long laneSeq, string kind) => kind is ConnectorCatalog.Notification ? Notify("outage_cancelled", laneSeq) : Withdraw(laneSeq);

    public static Command Notify(string template, long laneSeq, params string[] accounts) => Create() with
    {
        Type = CommandTypes.NoticeSend,
        CauseType = EventTypes.OutageAnnounced,
        LaneSeq = laneSeq,
        Data = JsonSerializer.SerializeToUtf8Bytes(
            new Notice
            {
                Kind = template, Reference = "sgcc-linfen/TD-1/1-SMS", Channel = "SMS",
                To = [.. (accounts.Length > 0 ? accounts : ["0123456780", "0123456781"]).Select(account => new NoticeRecipient("customer", AccountNo: account))],
                TextZh = "临汾市尧都区住房和城乡建设局门前停电，见〔2021〕12号。", TextEn = "No power.", Parameters = new Dictionary<string, string> { ["area"] = "临汾市尧都区" },
            },
            SchemasJson.Readable.Notice),
    };

    public static Command Create(Lead? lead = null) => new()
    {
        Id = Guid.NewGuid(),
        Type = CommandTypes.LeadCreate,
        Connector = "partner",
        Subject = Subject,
        LaneSeq = 1,
        Attempt = 1,
        CauseId = Guid.NewGuid(),
        CauseType = EventTypes.ProjectApprovalCreated,
        OccurredAt = new DateTimeOffset(2021, 3, 5, 9, 0, 0, TimeSpan.FromHours(8)),
        RecordedAt = FakeClock.Start,
        Data = JsonSerializer.SerializeToUtf8Bytes(lead ?? Lead, SchemasJson.Readable.Lead),
    };

    public static Command Update(long laneSeq) => Create(Lead with { Change = LeadChange.Amended }) with
    {
        Type = CommandTypes.LeadUpdate,
        CauseType = EventTypes.ProjectApprovalAmended,
        LaneSeq = laneSeq,
    };

    public static Command Withdraw(long laneSeq) => Create(Lead with { Change = LeadChange.Revoked }) with
    {
        Type = CommandTypes.LeadWithdraw,
        CauseType = EventTypes.ProjectApprovalRevoked,
        LaneSeq = laneSeq,
    };
}
