using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>An order of a co-transfer in the words of the local company's interface.</summary>
internal sealed record LocalAccountOrder
{
    [JsonPropertyName("case_ref")] public required string CaseRef { get; init; }
    [JsonPropertyName("sequence")] public required long Sequence { get; init; }
    [JsonPropertyName("order_no")] public required string OrderNo { get; init; }
    [JsonPropertyName("about")] public required string About { get; init; }
    [JsonPropertyName("registration_no")] public required string RegistrationNo { get; init; }
    [JsonPropertyName("account_no")] public string? AccountNo { get; init; }
    [JsonPropertyName("unit_no")] public required string UnitNo { get; init; }
    [JsonPropertyName("region")] public required string Region { get; init; }
    [JsonPropertyName("certificate_no")] public string? CertificateNo { get; init; }
    [JsonPropertyName("address")] public string? Address { get; init; }
    [JsonPropertyName("reason")] public string? Reason { get; init; }
    [JsonPropertyName("booked_at")] public string? BookedAt { get; init; }
    [JsonPropertyName("from")] public IReadOnlyList<LocalHolder>? From { get; init; }
    [JsonPropertyName("to")] public IReadOnlyList<LocalHolder>? To { get; init; }
    [JsonPropertyName("account_holder")] public LocalHolder? AccountHolder { get; init; }
    [JsonPropertyName("consent_no")] public string? ConsentNo { get; init; }
    [JsonPropertyName("legal_basis")] public string? LegalBasis { get; init; }
    [JsonPropertyName("arrears_waived_by")] public string? ArrearsWaivedBy { get; init; }
    [JsonPropertyName("arrears_waived_why")] public string? ArrearsWaivedWhy { get; init; }
    [JsonPropertyName("confirmed_by")] public string? ConfirmedBy { get; init; }

    public static LocalAccountOrder Of(Command command, AccountOrder order) => new()
    {
        CaseRef = command.Subject,
        Sequence = command.LaneSeq,
        OrderNo = order.OrderId,
        About = order.Step,
        RegistrationNo = order.RegistryNo,
        AccountNo = order.AccountNo,
        UnitNo = order.UnitNo,
        Region = order.RegionCode,
        CertificateNo = order.CertNo,
        Address = order.PropertyAddress,
        Reason = order.TransferReason,
        BookedAt = order.RegisteredAt,
        From = order.OldHolders is null ? null : [.. order.OldHolders.Select(LocalHolder.Of)],
        To = order.NewHolders is null ? null : [.. order.NewHolders.Select(LocalHolder.Of)],
        AccountHolder = order.AccountHolder is null ? null : LocalHolder.Of(order.AccountHolder),
        ConsentNo = order.ConsentId,
        LegalBasis = order.LegalBasisRef,
        ArrearsWaivedBy = order.ArrearsWaiver?.By,
        ArrearsWaivedWhy = order.ArrearsWaiver?.Reason,
        ConfirmedBy = order.ConfirmedBy,
    };
}

internal sealed record LocalHolder
{
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("id_type")] public string? IdType { get; init; }
    [JsonPropertyName("id_no")] public string? IdNo { get; init; }
    [JsonPropertyName("share")] public string? Share { get; init; }
    [JsonPropertyName("mobile")] public string? Mobile { get; init; }

    public static LocalHolder Of(PropertyHolder holder) =>
        new() { Name = holder.Name, IdType = holder.IdType, IdNo = holder.IdNo, Share = holder.Share, Mobile = holder.Mobile };
}

/// <summary>The same in the abbreviated names of the gateway; those of the transfer are the ones registers' own interfaces use.</summary>
internal sealed record SgccAccountOrder
{
    [JsonPropertyName("xmbs")] public required string Subject { get; init; }
    [JsonPropertyName("xh")] public required long Sequence { get; init; }
    [JsonPropertyName("ghdh")] public required string OrderNo { get; init; }
    [JsonPropertyName("bz")] public required string Step { get; init; }
    [JsonPropertyName("slbh")] public required string RegistryNo { get; init; }
    [JsonPropertyName("bdcdyh")] public required string UnitNo { get; init; }
    [JsonPropertyName("xzqh")] public required string RegionCode { get; init; }
    [JsonPropertyName("consNo")] public string? AccountNo { get; init; }
    [JsonPropertyName("bdcqzh")] public string? CertNo { get; init; }
    [JsonPropertyName("hzzl")] public string? Address { get; init; }
    [JsonPropertyName("zyyy")] public string? Reason { get; init; }
    [JsonPropertyName("dbsj")] public string? RegisteredAt { get; init; }
    [JsonPropertyName("originalUsers")] public IReadOnlyList<SgccHolder>? OldHolders { get; init; }
    [JsonPropertyName("newUsers")] public IReadOnlyList<SgccHolder>? NewHolders { get; init; }
    [JsonPropertyName("newUser")] public SgccHolder? AccountHolder { get; init; }
    [JsonPropertyName("sqh")] public string? ConsentId { get; init; }
    [JsonPropertyName("gxyj")] public string? LegalBasisRef { get; init; }
    [JsonPropertyName("qfmr")] public string? ArrearsWaivedBy { get; init; }
    [JsonPropertyName("qfmyy")] public string? ArrearsWaivedWhy { get; init; }
    [JsonPropertyName("hdr")] public string? ConfirmedBy { get; init; }

    public static SgccAccountOrder Of(Command command, AccountOrder order) => new()
    {
        Subject = command.Subject,
        Sequence = command.LaneSeq,
        OrderNo = order.OrderId,
        Step = order.Step,
        RegistryNo = order.RegistryNo,
        UnitNo = order.UnitNo,
        RegionCode = order.RegionCode,
        AccountNo = order.AccountNo,
        CertNo = order.CertNo,
        Address = order.PropertyAddress,
        Reason = order.TransferReason,
        RegisteredAt = order.RegisteredAt,
        OldHolders = order.OldHolders is null ? null : [.. order.OldHolders.Select(SgccHolder.Of)],
        NewHolders = order.NewHolders is null ? null : [.. order.NewHolders.Select(SgccHolder.Of)],
        AccountHolder = order.AccountHolder is null ? null : SgccHolder.Of(order.AccountHolder),
        ConsentId = order.ConsentId,
        LegalBasisRef = order.LegalBasisRef,
        ArrearsWaivedBy = order.ArrearsWaiver?.By,
        ArrearsWaivedWhy = order.ArrearsWaiver?.Reason,
        ConfirmedBy = order.ConfirmedBy,
    };
}

internal sealed record SgccHolder
{
    [JsonPropertyName("userName")] public string? Name { get; init; }
    [JsonPropertyName("cardType")] public string? IdType { get; init; }
    [JsonPropertyName("userCard")] public string? IdNo { get; init; }
    [JsonPropertyName("qlbl")] public string? Share { get; init; }
    [JsonPropertyName("mobile")] public string? Mobile { get; init; }

    public static SgccHolder Of(PropertyHolder holder) =>
        new() { Name = holder.Name, IdType = holder.IdType, IdNo = holder.IdNo, Share = holder.Share, Mobile = holder.Mobile };
}
