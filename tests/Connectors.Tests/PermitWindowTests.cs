using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Connectors.ApprovalPlatform;
using Hub.Schemas;
using Hub.Simulators;

namespace Hub.Connectors.Tests;

/// <summary>What the hub may rely on from a city's permit system, against its simulator over real HTTP: items and withdrawals taken once, wrong answers told for what they are, results read from a list.</summary>
public sealed class PermitWindowTests
{
    private static readonly PermitOrder Order = new()
    {
        CaseNo = "WX-1", OperatorCode = "hohhot-power", RegionCode = "150102", Item = PermitItems.Excavation, DepartmentZh = "市城管执法局", DepartmentEn = "City management", Version = 1,
        Application = new()
        {
            CaseNo = "WX-1", OperatorCode = "hohhot-power", RegionCode = "150102", Version = 1, AppliedAt = "2026-01-05T09:00:00+08:00", CustomerClass = "LV_NONRES", Purpose = "OTHER", LengthM = 300.5m,
            Applicant = "示例便利店", Occupies = [Occupied.Sidewalk, Occupied.Green], GreenOwner = "PRIVATE", Attachments = [new() { Name = "路径图.pdf", Reference = "https://files.example/1" }],
        },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Command Distribute(PermitOrder? order = null) => Commands.Create() with
    {
        Type = CommandTypes.PermitDistribute, CauseType = EventTypes.PermitApplied, Subject = "hohhot-power:WX-1", Data = JsonSerializer.SerializeToUtf8Bytes(order ?? Order, SchemasJson.Readable.PermitOrder),
    };

    [Fact]
    public async Task An_item_is_taken_once_in_the_windows_own_words()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.PermitWindow);
        var command = Distribute();

        var first = await partnership.DeliverAsync(command);
        var second = await partnership.DeliverAsync(command with { Attempt = 2 });

        Assert.Equal((Outcome.Taken, "0000", Outcome.Taken, "1002"), (first.Outcome, first.PartnerCode, second.Outcome, second.PartnerCode));
        Assert.Equal((1, 1), (partnership.Stats.Book.Effects, partnership.Stats.Book.Repeats));
        Assert.Equal(partnership.Book.List(null, 1).Single().LeadNo, first.PartnerReference);
        var sent = Fields(partnership);
        Assert.Equal(("02", "[\"1\",\"4\"]", "2", "9"), ((string?)sent["sxlx"], sent["zylx"]!.ToJsonString(), (string?)sent["ldqs"], (string?)sent["yt"]));
        Assert.Equal(("示例便利店", 300.5m, "市城管执法局", "路径图.pdf"), ((string?)sent["sqr"], (decimal)sent["cd"]!, (string?)sent["bmmc"], (string?)sent["fj"]![0]!["name"]));
        Assert.Null(sent["yz"]);
    }

    [Fact]
    public async Task A_withdrawal_and_a_warning_have_their_own_services()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.PermitWindow);
        await partnership.DeliverAsync(Distribute());

        var withdrawn = await partnership.DeliverAsync(Distribute(Order with { Application = null, Reason = "改用地下通道" }) with { Type = CommandTypes.PermitWithdraw, LaneSeq = 2 });
        Assert.Equal("改用地下通道", (string?)Fields(partnership)["chyy"]);
        var warning = new DeadlineWarning { CaseType = "permit_case", Case = "hohhot-power:WX-1", Rule = "survey", TitleZh = "踏勘", TitleEn = "Survey", Percent = 80, DaysLeft = 1, Unit = "working_days", To = "responsible" };
        var warned = await partnership.DeliverAsync(Distribute() with { Type = CommandTypes.DeadlineWarn, LaneSeq = 3, Data = JsonSerializer.SerializeToUtf8Bytes(warning, SchemasJson.Readable.DeadlineWarning) });

        Assert.Equal((Outcome.Taken, Outcome.Taken, 80), (withdrawn.Outcome, warned.Outcome, (int)Fields(partnership)["xxnr"]!["percent"]!));
    }

    [Fact]
    public async Task The_citys_own_codes_are_laid_over_ours()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.PermitWindow, settings => settings with { Codes = ["item EXCAVATION=01", "occupies GREEN=LD"] });

        await partnership.DeliverAsync(Distribute());

        Assert.Equal(("01", "[\"1\",\"LD\"]"), ((string?)Fields(partnership)["sxlx"], Fields(partnership)["zylx"]!.ToJsonString()));
    }

    [Theory]
    [InlineData("item EXCAVATION")]
    [InlineData("EXCAVATION=1")]
    [InlineData("")]
    public void A_code_that_cannot_be_read_stops_the_start(string line) =>
        Assert.Contains(Partnership.SettingsFor(ConnectorCatalog.PermitWindow) with { Codes = [line] } is var settings ? settings.Validate() : [], problem => problem.Contains("Codes", StringComparison.Ordinal));

    [Fact]
    public void A_table_that_there_is_not_stops_the_start_too() => Assert.Contains(
        "colour", Assert.Throws<InvalidOperationException>(() => ConnectorCatalog.Create(Partnership.SettingsFor(ConnectorCatalog.PermitWindow) with { Codes = ["colour RED=1"] }, new FakeClock())).Message, StringComparison.Ordinal);

    // R26: what comes instead of an answer is never taken for one.
    [Theory]
    [InlineData("window_no_number", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("window_duplicate_key", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("window_bom", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("window_gbk", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("window_drift", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("html", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("empty", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("huge", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("window_busy", Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData("window_down", Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData("http500", Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData("http429", Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData("http503", Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData("http4xx", Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData("refuse", Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData("unauthorised", Outcome.Unavailable, AnswerReasons.Unauthorised)]
    [InlineData("not_found", Outcome.Unavailable, AnswerReasons.NotFound)]
    [InlineData("redirect", Outcome.Unavailable, AnswerReasons.Redirected)]
    [InlineData("gone", Outcome.Unavailable, AnswerReasons.Gone)]
    [InlineData("reset", Outcome.Unknown, AnswerReasons.ConnectionLost)]
    [InlineData("reset_mid_body", Outcome.Unknown, AnswerReasons.ConnectionLost)]
    [InlineData("effect_then_reset", Outcome.Unknown, AnswerReasons.ConnectionLost)]
    public async Task A_wrong_answer_is_told_for_what_it_is(string fault, Outcome outcome, string reason)
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.PermitWindow);
        partnership.Strike(fault);

        var answer = await partnership.DeliverAsync(Distribute());

        Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason));
        Assert.Equal(reason == AnswerReasons.Throttled, answer.Throttle);
        Assert.Equal(fault == "gone", answer.StopConnector);
    }

    [Fact]
    public async Task After_a_doubt_the_window_is_asked_about_this_very_request()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.PermitWindow);
        var command = Distribute();
        Assert.Equal(AnswerReasons.NotSeen, (await partnership.AskAsync(command)).Reason);
        partnership.Strike(new Fault { Mode = "effect_then_timeout", Count = 1 });
        Assert.Equal(Outcome.Unknown, (await partnership.TimeOutAsync(() => partnership.DeliverAsync(command))).Outcome);

        Assert.Equal((Outcome.Taken, 1), ((await partnership.AskAsync(command)).Outcome, partnership.Stats.Book.Effects));
        partnership.Strike("window_other_request");
        Assert.Equal(Outcome.Unknown, (await partnership.AskAsync(command)).Outcome);
        partnership.Strike("html");
        Assert.Equal(Outcome.Unknown, (await partnership.AskAsync(command)).Outcome);
    }

    [Fact]
    public async Task A_wrong_key_is_our_trouble_and_another_command_our_fault()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.PermitWindow, settings => settings with { Secret = "another" });

        Assert.Equal(AnswerReasons.Unauthorised, (await partnership.DeliverAsync(Distribute())).Reason);
        await Assert.ThrowsAsync<InvalidOperationException>(() => partnership.DeliverAsync(Commands.Create()));
        Assert.Equal(0, partnership.Stats.Book.Effects);
    }

    // --- results that are read ------------------------------------------------------------------------------------------

    private static readonly PublisherSettings Polled = new()
    {
        Name = "window", Kind = PublisherSettings.Permits, Address = new Uri("http://127.0.0.1:9/"), AppKey = "hub", Secret = "a shared secret", Source = "urn:test", PageSize = 9,
    };

    [Theory]
    [InlineData("APPROVED")]
    [InlineData("REFUSED")]
    [InlineData("SURVEYED")]
    [InlineData("OWNER_CONSENTED")]
    [InlineData("MATERIAL_MISSING")]
    [InlineData("RESUMED")]
    [InlineData("RETURNED")]
    [InlineData("FILED")]
    [InlineData("EXEMPT")]
    [InlineData("RECEIVED")]
    public async Task A_result_comes_through_the_list_as_it_was(string status)
    {
        var data = $$"""
            {"caseNo":"WX-1","operatorCode":"hohhot-power","regionCode":"150102","item":"EXCAVATION","status":"{{status}}","at":"2026-01-06T10:00:00+08:00","version":2,"permitNo":"示例许1号","reason":"示例","survey":"可行","feeYuan":12.5,"by":"窗口王"}
            """;

        var row = Assert.Single((await ListAsync(data)).Rows);

        Assert.Equal((EventTypes.PermitItemReported, false), (row.EventType, row.IsPending));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(data), JsonNode.Parse(row.Data.Span)), Encoding.UTF8.GetString(row.Data.Span));
        var errors = new List<FieldError>();
        PermitRules.Check(JsonSerializer.Deserialize(row.Data.Span, SchemasJson.Default.PermitItemReport)!, FakeClock.Start, errors);
        Assert.Empty(errors);
    }

    [Fact]
    public async Task What_is_not_taken_in_yet_is_passed_over_and_an_unknown_status_is_not()
    {
        const string Head = """{"caseNo":"WX-1","operatorCode":"o","regionCode":"150102","item":"GREEN","at":"2026-01-06T10:00:00+08:00","status":""";

        Assert.True(Assert.Single((await ListAsync(Head + "\"PENDING\"}")).Rows).IsPending);
        Assert.Null(Assert.Single((await ListAsync(Head + "\"77\"}")).Rows).EventType);
    }

    [Fact]
    public async Task The_citys_own_codes_are_read_too()
    {
        const string Data = """{"caseNo":"WX-1","operatorCode":"o","regionCode":"150102","item":"ZLWJ","at":"2026-01-06T10:00:00+08:00","status":"TY","version":1}""";

        var row = Assert.Single((await ListAsync(Data, Polled with { Codes = ["item ZLWJ=EXCAVATION", "status TY=hub.permit.item_reported.v1", "result TY=APPROVED"] })).Rows);

        Assert.Equal((EventTypes.PermitItemReported, "EXCAVATION", "APPROVED"), (row.EventType, (string?)JsonNode.Parse(row.Data.Span)!["item"], (string?)JsonNode.Parse(row.Data.Span)!["status"]));
    }

    private static async Task<PlatformPage> ListAsync(string data, PublisherSettings? settings = null)
    {
        await using var host = await SimulatorHost.StartAsync(
            new() { Partners = [new() { Name = "window", Kind = PublisherSettings.Permits, AppKey = "hub", Secret = "a shared secret" }] }, Cancellation, new FakeClock());
        ((Simulators.ApprovalPlatform)host.Partner("window")).Add(new JsonObject { ["type"] = EventTypes.PermitItemReported, ["data"] = JsonNode.Parse(data) });
        var chosen = (settings ?? Polled) with { Address = host.AddressOf("window") };
        using var handler = ApprovalPlatformReader.CreateHandler(chosen);
        var (page, answer) = await new ApprovalPlatformReader(chosen, handler, new FakeClock()).ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation);
        return page ?? throw new InvalidOperationException(answer.Reason);
    }

    private static JsonNode Fields(Partnership partnership) => JsonNode.Parse(partnership.Book.List("hohhot-power:WX-1", 1).Single().Fields)!;
}
