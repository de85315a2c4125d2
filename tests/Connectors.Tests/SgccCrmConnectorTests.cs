using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

public sealed class SgccCrmConnectorTests
{
    [Theory]
    [InlineData("""{"code":"0000","msg":"","data":{"leadNo":"L1"}}""", Outcome.Taken, null, "0000")]
    [InlineData("""{"code":"0000"}""", Outcome.Taken, null, "0000")]
    [InlineData("""{"code":"1002","msg":"流水号重复"}""", Outcome.Taken, null, "1002")]
    [InlineData("""{"code":"1001"}""", Outcome.Unavailable, AnswerReasons.Unauthorised, "1001")]
    [InlineData("""{"code":"2003"}""", Outcome.Refused, AnswerReasons.ContentRefused, "2003")]
    [InlineData("""{"code":"2404"}""", Outcome.Refused, AnswerReasons.ContentRefused, "2404")]
    [InlineData("""{"code":"9001"}""", Outcome.Unavailable, AnswerReasons.Throttled, "9001")]
    [InlineData("""{"code":"9999"}""", Outcome.Unavailable, AnswerReasons.ServerError, "9999")]
    [InlineData("""{"code":"0001"}""", Outcome.Unknown, AnswerReasons.Unintelligible, "0001")]
    [InlineData("""{"code":"5000"}""", Outcome.Unknown, AnswerReasons.Unintelligible, "5000")]
    [InlineData("""{"code":"00000"}""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("""{"code":0}""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("""{"code":null}""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("""{"Code":"0000"}""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("""{"msg":"成功"}""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("""["0000"]""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("""{"code":"0000",""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("null", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("0000", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData("", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    public async Task The_code_in_the_body_decides(string body, Outcome outcome, string? reason, string partnerCode)
    {
        var answer = await StubPartner.Answering(200, body).DeliverAsync(ConnectorCatalog.SgccCrm);

        Assert.Equal((outcome, reason, partnerCode), (answer.Outcome, answer.Reason, answer.PartnerCode));
        Assert.Equal(partnerCode is "9001", answer.Throttle);
    }

    [Theory]
    [InlineData("""{"code":"0000","data":{"bizSerialNo":"x","leadNo":"L1"}}""", Outcome.Taken, null)]
    [InlineData("""{"code":"0000","data":{}}""", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("""{"code":"0000"}""", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("""{"code":"2404"}""", Outcome.Unavailable, AnswerReasons.NotSeen)]
    [InlineData("""{"code":"2003"}""", Outcome.Unknown, AnswerReasons.ContentRefused)]
    [InlineData("""{"code":"9999"}""", Outcome.Unknown, AnswerReasons.ServerError)]
    public async Task Only_a_clear_word_about_the_serial_ends_a_doubt(string body, Outcome outcome, string? reason)
    {
        var answer = await StubPartner.Answering(200, body).AskAsync(ConnectorCatalog.SgccCrm);

        Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason));
    }

    [Fact]
    public async Task The_snapshot_goes_out_under_the_names_and_codes_of_the_gateway()
    {
        var partner = StubPartner.Answering(200, """{"code":"0000"}""");
        var command = Commands.Create();

        await partner.DeliverAsync(ConnectorCatalog.SgccCrm, command);

        using var sent = JsonDocument.Parse(Assert.Single(partner.Sent).Body);
        var envelope = sent.RootElement;
        Assert.Equal("YKBZ_LX_ADD", envelope.GetProperty("serviceCode").GetString());
        Assert.Equal(command.Id.ToString("N"), envelope.GetProperty("bizSerialNo").GetString());
        Assert.Equal("2026-03-02 09:30:00", envelope.GetProperty("reqTime").GetString());
        Assert.Equal(
            """{"xmbs":"2101-141002-04-01-123450","xh":1,"bglx":"01","xmdm":"2101-141002-04-01-123450","xmmc":"尧都区北外环路面改造及配套\"暖心\"工程","jsdw":"临汾市尧都区住房和城乡建设局","xydm":"11141002012345678X","jsdz":"临汾市尧都区北外环路","dzbm":"141002001","jsgm":"道路长1.2公里 <改扩建> & 路灯 120 盏","lxr":"王五","lxdh":"0357-0000000","splx":"02","spjd":"02","pfwh":"尧发改审批〔2021〕12号","pfrq":"2021-03-05","pzjg":"尧都区发展和改革局","yxqz":"2023-03-05","ztze":1234.5,"hydm":"4812","nkgsj":"2021-05","njcsj":"2021-12-31","ydmj":12000.5,"jzmj":300,"zb":"POINT(111.5 36.1)","fhrl":315,"ydxz":"403","ydsj":"2021-09-01","lsyd":"2021-06-01","xzqh":"141002","gddwbm":"1441001","gdqy":"sgcc-linfen","bbh":2,"tdwh":"尧发改审批〔2020〕88号","bgyy":"规模调整","bgzd":["scaleContent"],"xsplx":"03","dmxs":"01","xqqs":"0","gxyj":"GX-2021-07","sclxsx":"2021-03-09","tsdm":["partial_date"]}""",
            envelope.GetProperty("data").GetRawText());
    }

    [Theory]
    [InlineData(CommandTypes.LeadCreate, "YKBZ_LX_ADD")]
    [InlineData(CommandTypes.LeadUpdate, "YKBZ_LX_UPD")]
    [InlineData(CommandTypes.LeadWithdraw, "YKBZ_LX_CANCEL")]
    public async Task Each_command_has_its_service(string type, string service)
    {
        var partner = StubPartner.Answering(200, """{"code":"0000"}""");

        await partner.DeliverAsync(ConnectorCatalog.SgccCrm, Commands.Create() with { Type = type });

        using var sent = JsonDocument.Parse(Assert.Single(partner.Sent).Body);
        Assert.Equal(service, sent.RootElement.GetProperty("serviceCode").GetString());
    }

    [Fact]
    public async Task A_value_without_a_code_goes_out_as_other_with_the_value_beside_it()
    {
        var partner = StubPartner.Answering(200, """{"code":"0000"}""");
        var lead = Commands.Lead with { Approval = Commands.Approval with { UsageType = "299", RegionCode = "659001" } };

        await partner.DeliverAsync(ConnectorCatalog.SgccCrm, Commands.Create(lead));

        using var sent = JsonDocument.Parse(Assert.Single(partner.Sent).Body);
        var data = sent.RootElement.GetProperty("data");
        Assert.Equal(("900", "00000"), (data.GetProperty("ydxz").GetString(), data.GetProperty("gddwbm").GetString()));
        Assert.Equal("""{"ydxz":"299","gddwbm":"659001"}""", data.GetProperty("yz").GetRawText());
    }

    [Fact]
    public async Task What_is_absent_stays_absent()
    {
        var partner = StubPartner.Answering(200, """{"code":"0000"}""");
        var lead = Commands.Lead with
        {
            MissingDemand = true,
            Approval = new ProjectApproval { ProjectName = "项目", RegionCode = "141002", Version = 1 },
            Warnings = [],
            LegalBasisRef = null,
            FirstContactDue = null,
        };

        await partner.DeliverAsync(ConnectorCatalog.SgccCrm, Commands.Create(lead));

        using var sent = JsonDocument.Parse(Assert.Single(partner.Sent).Body);
        Assert.Equal(
            """{"xmbs":"2101-141002-04-01-123450","xh":1,"bglx":"01","xmmc":"项目","xzqh":"141002","gddwbm":"1441001","gdqy":"sgcc-linfen","bbh":1,"dmxs":"01","xqqs":"1"}""",
            sent.RootElement.GetProperty("data").GetRawText());
    }
}
