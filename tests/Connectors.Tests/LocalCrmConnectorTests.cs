using System.Text;
using System.Text.Json;
using Hub.Connectors.UtilityCrm;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

public sealed class LocalCrmConnectorTests
{
    [Theory]
    [InlineData(201, """{"lead_no":"L1"}""", Outcome.Taken, null, null)]
    [InlineData(200, """{"lead_no":"L1","repeated":true}""", Outcome.Taken, null, null)]
    [InlineData(200, """{"lead_no":""}""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData(200, """{"lead_no":7}""", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData(200, "{}", Outcome.Unknown, AnswerReasons.Unintelligible, "200")]
    [InlineData(204, "", Outcome.Unknown, AnswerReasons.Unintelligible, "204")]
    [InlineData(404, """{"error":{"code":"LEAD_NOT_FOUND"}}""", Outcome.Refused, AnswerReasons.ContentRefused, "LEAD_NOT_FOUND")]
    [InlineData(404, "<h1>Not Found</h1>", Outcome.Unavailable, AnswerReasons.NotFound, "404")]
    [InlineData(422, """{"error":{"code":"NAME_TOO_LONG"}}""", Outcome.Refused, AnswerReasons.ContentRefused, "NAME_TOO_LONG")]
    [InlineData(500, """{"lead_no":"L1"}""", Outcome.Unavailable, AnswerReasons.ServerError, "500")]
    public async Task The_status_decides_and_a_success_needs_a_number(int status, string body, Outcome outcome, string? reason, string? partnerCode)
    {
        var answer = await StubPartner.Answering(status, body).DeliverAsync(ConnectorCatalog.LocalCrm);

        Assert.Equal((outcome, reason, partnerCode), (answer.Outcome, answer.Reason, answer.PartnerCode));
    }

    [Theory]
    [InlineData(200, """{"request_id":"x","lead_no":"L1"}""", Outcome.Taken, null)]
    [InlineData(200, """{"lead_no":"L1"}""", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData(404, """{"error":{"code":"REQUEST_NOT_FOUND"}}""", Outcome.Unavailable, AnswerReasons.NotSeen)]
    [InlineData(404, """{"error":{"code":"ROUTE_NOT_FOUND"}}""", Outcome.Unknown, AnswerReasons.NotFound)]
    [InlineData(404, "", Outcome.Unknown, AnswerReasons.NotFound)]
    public async Task Only_a_clear_word_about_the_request_ends_a_doubt(int status, string body, Outcome outcome, string? reason)
    {
        var answer = await StubPartner.Answering(status, body).AskAsync(ConnectorCatalog.LocalCrm);

        Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason));
    }

    [Fact]
    public async Task The_snapshot_goes_out_nested_in_words_whole_days_and_kVA()
    {
        var partner = StubPartner.Answering(201, """{"lead_no":"L1"}""");
        var command = Commands.Create();

        await partner.DeliverAsync(ConnectorCatalog.LocalCrm, command);

        var (message, body) = Assert.Single(partner.Sent);
        Assert.Equal($"PUT http://127.0.0.1:9/api/leads/{command.Id:D}", $"{message.Method} {message.RequestUri}");
        Assert.Equal($"{command.Id:D}", Assert.Single(message.Headers.GetValues("X-Request-Id")));
        Assert.Equal(
            """{"case_ref":"2101-141002-04-01-123450","sequence":1,"change":"NEW","project":{"code":"2101-141002-04-01-123450","code_form":"NATIONAL","name":"尧都区北外环路面改造及配套\"暖心\"工程","description":"道路长1.2公里 <改扩建> & 路灯 120 盏","investment_yuan":12345000.0,"industry":"4812","planned_finish":"20211231","land_area_m2":12000.5,"floor_area_m2":300,"site":{"address":"临汾市尧都区北外环路","address_code":"141002001","region":"141002","geometry":"POINT(111.5 36.1)"}},"developer":{"name":"临汾市尧都区住房和城乡建设局","credit_code":"11141002012345678X","contact":{"name":"王五","phone":"0357-0000000"}},"approval":{"kind":"VERIFIED","stage":"PLANNING_PERMIT","document_no":"尧发改审批〔2021〕12号","replaces_document_no":"尧发改审批〔2020〕88号","date":"20210305","valid_until":"20230305","authority":"尧都区发展和改革局","version":2,"change_reason":"规模调整","changed_fields":["scaleContent"],"continues_as":"FILED"},"demand":{"capacity_kva":350,"load_kw":315,"power_factor":0.9,"usage":"GENERAL","wanted_by":"20210901","construction_from":"20210601","incomplete":false},"service":{"operator":"sgcc-linfen","legal_basis":"GX-2021-07","first_contact_due":"20210309","notes":["partial_date"]},"source_values":{"project.planned_start":"2021-05"}}""",
            Encoding.UTF8.GetString(body));
    }

    [Fact]
    public async Task A_withdrawal_carries_its_reason()
    {
        var partner = StubPartner.Answering(200, """{"lead_no":"L1"}""");
        var command = Commands.Withdraw(3);

        await partner.DeliverAsync(ConnectorCatalog.LocalCrm, command);

        var (message, body) = Assert.Single(partner.Sent);
        Assert.Equal($"POST http://127.0.0.1:9/api/leads/{command.Id:D}/withdrawal", $"{message.Method} {message.RequestUri}");
        Assert.Equal(
            """{"case_ref":"2101-141002-04-01-123450","sequence":3,"version":2,"reason":"规模调整","document_no":"尧发改审批〔2021〕12号","continues_as":"FILED"}""",
            Encoding.UTF8.GetString(body));
    }

    [Theory]
    [InlineData(315, 0.9, 350)]
    [InlineData(100, 0.9, 111.12)]
    [InlineData(100, 1.0, 100)]
    [InlineData(0, 0.9, 0)]
    public void A_capacity_is_the_load_over_the_power_factor_and_never_too_small(double loadKw, double powerFactor, double capacityKva) =>
        Assert.Equal((decimal)capacityKva, LocalDemand.CapacityOf((decimal)loadKw, (decimal)powerFactor));

    [Fact]
    public async Task Without_a_load_no_capacity_is_made_up()
    {
        var partner = StubPartner.Answering(201, """{"lead_no":"L1"}""");
        var lead = Commands.Lead with { MissingDemand = true, Approval = Commands.Approval with { LoadKw = null } };

        await partner.DeliverAsync(ConnectorCatalog.LocalCrm, Commands.Create(lead));

        using var sent = JsonDocument.Parse(Assert.Single(partner.Sent).Body);
        var demand = sent.RootElement.GetProperty("demand");
        Assert.False(demand.TryGetProperty("capacity_kva", out _));
        Assert.True(demand.GetProperty("incomplete").GetBoolean());
    }

    [Fact]
    public async Task What_has_no_code_or_no_whole_date_is_kept_raw_beside()
    {
        var partner = StubPartner.Answering(201, """{"lead_no":"L1"}""");
        var lead = Commands.Lead with { Approval = Commands.Approval with { UsageType = "299", ApprovalDate = "2021", PlannedStart = null } };

        await partner.DeliverAsync(ConnectorCatalog.LocalCrm, Commands.Create(lead));

        using var sent = JsonDocument.Parse(Assert.Single(partner.Sent).Body);
        Assert.Equal("OTHER", sent.RootElement.GetProperty("demand").GetProperty("usage").GetString());
        Assert.Equal("""{"demand.usage":"299","approval.date":"2021"}""", sent.RootElement.GetProperty("source_values").GetRawText());
    }
}
