using System.Security.Cryptography;
using System.Text;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Engine;
using Hub.Tests.Policies;
using Xunit;

namespace Hub.Tests.Ledger;

/// <summary>Ledgers of a running engine: what is over begins, once and in order, and its figures come from the exchange log and stay.</summary>
public sealed class FiguresTests : IAsyncLifetime
{
    private const string Week10 = "linfen:county-week:2026-W10";
    private const string Person = "张示例";

    private readonly PolicyStore policies = PolicyStore.Open(ShippedPacks.Folder);
    private TestDatabase database = null!;
    private RunningEngine hub = null!;
    private LedgerReports reports = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        hub = await RunningEngine.StartAsync(database, policies: policies, connectors: ["sgcc-linfen", "sgcc-lianyungang"]);
        reports = Another();
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_week_is_counted_when_it_is_over_and_for_its_place_alone()
    {
        await WeekAsync();
        await reports.RunAsync(Cancellation);
        Assert.Empty(await KeysAsync());

        Go("2026-03-09T00:00");
        await reports.RunAsync(Cancellation);

        Assert.Equal([Week10], await KeysAsync());
        var state = await StateAsync(Week10);
        Assert.Equal(
            ["applications.received/HV_SINGLE 1", "projects.matched/code 1", "projects.received/amended 1", "projects.received/created 2", "projects.taken/ 2"],
            state.Snapshot!.Figures.Select(line => FormattableString.Invariant($"{line.Name}/{line.Part} {line.Value}")));
        Assert.Equal(("frozen", ReportPeriodsTests.City("2026-03-12T00:00")), (state.Status, state.DueAt));
    }

    [Fact]
    public async Task The_digest_and_the_position_stand_in_the_exchange_log()
    {
        await CountedAsync();
        var state = await StateAsync(Week10);

        var digest = await database.ReadAsync<byte[]>("SELECT l.digest FROM exchange_log l JOIN events e ON e.event_id = l.ref WHERE l.kind = 'event.accepted' AND e.type = 'hub.ledger.figures_taken.v1'");
        Assert.Equal(state.Digest, Convert.ToHexStringLower(digest!));
        var note = Encoding.UTF8.GetString((await database.ReadAsync<byte[]>("SELECT content FROM exchange_log WHERE kind = 'ledger.frozen'"))!);
        Assert.Equal($"ledger {Week10}\nposition {state.Snapshot!.Position}\ndigest {state.Digest}", note);
        Assert.True((await new ExchangeLog(database.Source, hub.Clock, TestDatabase.Bodies).VerifyAsync([], Cancellation)).Ok);
    }

    [Fact]
    public async Task Counted_again_it_is_the_same_whatever_came_later_and_after_retention_took_every_body()
    {
        await CountedAsync();
        var digest = (await StateAsync(Week10)).Digest;

        // What comes later, also about the cases of that week, belongs to the next one.
        await hub.AcceptAsync(project: 1, version: 3, type: EventTypes.ProjectApprovalAmended);
        await ReportAsync("later", ConnectionStages.Accepted, "PAUSE");
        await AnswerAllAsync();
        Assert.Equal(digest, await RecountAsync());

        await ReportAsync("cancelled", ConnectionStages.Accepted, "CANCEL");
        hub.Clock.Advance(TimeSpan.FromDays(400));
        var removed = await new Bodies(database.Source, TestDatabase.Bodies, ProcessCatalog.EmptyStates).RemoveAsync(hub.Clock.GetUtcNow(), hub.Clock.GetUtcNow(), Cancellation);

        Assert.True(removed is { Events: > 5, Commands: > 2, States: > 0 }, $"{removed}");
        Assert.Equal(0, await database.ReadAsync<long>("SELECT count(*) FROM events WHERE content IS NOT NULL"));
        Assert.Equal(digest, await RecountAsync());
        Assert.Equal(digest, (await StateAsync(Week10)).Digest);
    }

    [Fact]
    public async Task What_is_put_right_later_is_a_figure_of_the_next_week()
    {
        await CountedAsync();
        await ApplyAsync(version: 2, application => application with { Supplies = 2 });
        Go("2026-03-16T00:00");
        await reports.RunAsync(Cancellation);

        Assert.Equal(["applications.received/HV_DUAL 1", "applications.received/HV_SINGLE -1"], (await StateAsync("linfen:county-week:2026-W11")).Snapshot!.Figures.Select(line => FormattableString.Invariant($"{line.Name}/{line.Part} {line.Value}")));
    }

    [Fact]
    public async Task A_command_counts_in_the_week_in_which_it_was_taken_however_early_it_was_tried()
    {
        await hub.AcceptAsync(project: 1);
        var first = await hub.NextAsync();
        await hub.AnswerAsync(first, Answer.Unavailable(AnswerReasons.Unreachable));
        Go("2026-03-09T00:00");
        await reports.RunAsync(Cancellation);
        var digest = (await StateAsync(Week10)).Digest;
        await hub.WakeAsync(first.KeyHash, first.Command.Connector);
        await hub.AnswerAsync(await hub.NextAsync(), Answer.Taken("L-1"));
        Go("2026-03-16T00:00");
        await reports.RunAsync(Cancellation);

        Assert.Equal(digest, await RecountAsync());
        Assert.DoesNotContain((await StateAsync(Week10)).Snapshot!.Figures, line => line.Name == "projects.taken");
        Assert.Equal(1, (await StateAsync("linfen:county-week:2026-W11")).Snapshot!.Figures.Single(line => line.Name == "projects.taken").Value);
    }

    [Fact]
    public async Task Missed_weeks_are_caught_up_in_order_and_nodes_together_begin_each_once()
    {
        await CountedAsync();
        Go("2026-03-31T10:00");
        await Task.WhenAll(reports.RunAsync(Cancellation), Another().RunAsync(Cancellation), Another().RunAsync(Cancellation));

        Assert.Equal(["linfen:county-week:2026-W10", "linfen:county-week:2026-W11", "linfen:county-week:2026-W12", "linfen:county-week:2026-W13"], await KeysAsync());
        Assert.Equal(4, await database.ReadAsync<long>("SELECT count(*) FROM events WHERE type = 'hub.ledger.figures_taken.v1'"));
        Assert.Equal(4, await database.ReadAsync<long>("SELECT count(*) FROM events WHERE type = 'hub.ledger.due.v1'"));
        await Another().RunAsync(Cancellation);
        Assert.Equal(4, (await KeysAsync()).Count);
    }

    [Fact]
    public async Task A_duty_that_is_new_begins_with_its_last_period_and_not_with_years_of_them()
    {
        await WeekAsync();
        Go("2026-03-31T10:00");
        await reports.RunAsync(Cancellation);

        Assert.Equal(["linfen:county-week:2026-W13"], await KeysAsync());
    }

    [Fact]
    public async Task Nothing_is_counted_while_an_entry_may_still_fall_into_the_period()
    {
        await WeekAsync();
        var figures = new Figures(database.Source);

        Assert.Null(await figures.StretchAsync(ReportPeriodsTests.City("2026-03-02T00:00"), ReportPeriodsTests.City("2026-03-09T00:00"), Cancellation));
        Go("2026-03-09T00:00");
        await hub.AcceptAsync(project: 7);
        var entries = await database.ReadAsync<long>("SELECT count(*) FROM exchange_log WHERE at < '2026-03-08T16:00:00Z'");
        Assert.Equal((0, entries), await figures.StretchAsync(ReportPeriodsTests.City("2026-03-02T00:00"), ReportPeriodsTests.City("2026-03-09T00:00"), Cancellation));
    }

    [Fact]
    public async Task No_form_of_a_ledger_names_an_applicant()
    {
        await CountedAsync();
        await reports.SubmitAsync(Week10, new("李示例", "报送"));
        var state = await StateAsync(Week10);
        var report = LedgerReportProcess.Of(state, LedgerReportProcess.PolicyOf(state, policies.Current));

        string[] forms =
        [
            System.Text.Json.JsonSerializer.Serialize(report, SchemasJson.Readable.LedgerReport), Encoding.UTF8.GetString(LedgerSheet.Csv(report)), string.Join(' ', LedgerSheet.Rows(report).SelectMany(row => row)),
            Encoding.UTF8.GetString(LedgerReportProcess.Bytes(state.Snapshot!)),
            .. (await database.ReadAllAsync<byte[]>("SELECT content FROM exchange_log WHERE content IS NOT NULL")).Select(Encoding.UTF8.GetString),
        ];
        Assert.All(forms, form => Assert.False(form.Contains(Person, StringComparison.Ordinal) || form.Contains("A-1", StringComparison.Ordinal) || form.Contains("13800000000", StringComparison.Ordinal), form));
        Assert.Equal(("submitted", false), (state.Status, state.Late));
    }

    private async Task CountedAsync()
    {
        await WeekAsync();
        Go("2026-03-09T00:00");
        await reports.RunAsync(Cancellation);
    }

    /// <summary>A week in Linfen, and something elsewhere.</summary>
    private async Task WeekAsync()
    {
        await hub.AcceptAsync(project: 1);
        await hub.AcceptAsync(project: 2);
        await hub.AcceptAsync(project: 1, version: 2, type: EventTypes.ProjectApprovalAmended);
        await hub.AcceptAsync(project: 3, region: "320706");
        await AnswerAllAsync();
        await ApplyAsync(version: 1, application => application);
        await AnswerAllAsync();
    }

    // Every command is taken at its second attempt.
    private async Task AnswerAllAsync()
    {
        while (await hub.ReleasedAsync() is { Count: > 0 } released)
        {
            foreach (var leased in released)
                await hub.AnswerAsync(leased, leased.Command.Attempt == 1 ? Answer.Unavailable(AnswerReasons.Unreachable) : Answer.Taken("L-1"));
            foreach (var leased in released.Where(leased => leased.Command.Attempt == 1))
                await hub.WakeAsync(leased.KeyHash, leased.Command.Connector);
        }
    }

    private Task<Accepted> ApplyAsync(int version, Func<ConnectionApplication, ConnectionApplication> change)
    {
        var application = change(new ConnectionApplication
        {
            ApplicationNo = "A-1", Version = version, RegionCode = "141002", BusinessType = "NEW", Channel = "COUNTER", AppliedAt = "2026-03-02T09:00:00+08:00", Capacity = 800, CapacityUnit = "kVA",
            VoltageLevel = "AC00101", Supplies = 1, UsageType = "400", HasExternalLine = false, NeedsExcavation = false, ApplicantName = Person,
        });
        ConnectionProcess.KnownProject project = new() { Key = Approvals.Code(1), MatchedBy = "code", Confidence = 100 };
        return hub.SubmitAsync(Input($"apply-{version}", EventTypes.ConnectionApplied, new ConnectionProcess.Applied(application, "sgcc-linfen", [project], [])));
    }

    private Task<Accepted> ReportAsync(string id, string stage, string action) => hub.SubmitAsync(Input(id, EventTypes.ConnectionStage, new StageReport
    {
        ApplicationNo = "A-1", RegionCode = "141002", Stage = stage, Action = action, OccurredAt = "2026-03-09T00:00:00+08:00", PauseKind = action == "PAUSE" ? "APPLICANT" : null, Reason = Person,
    }));

    private EventInput Input(string id, string type, object content)
    {
        var (key, body) = (ConnectionProcess.Key("sgcc-linfen", "A-1"), Encoding.UTF8.GetBytes($"{{\"applicantName\":\"{Person}\",\"id\":\"{id}\"}}"));
        return new(
            new Event
            {
                Id = Guid.CreateVersion7(hub.Clock.GetUtcNow()), Source = "urn:test", SourceId = id, Type = type, Subject = key, Partner = "sgcc-linfen", Region = "141002", OccurredAt = hub.Clock.GetUtcNow(),
                Body = body, DataStart = 0, DataLength = body.Length,
            },
            content, ProcessCatalog.Connection.Type, key, SHA256.HashData(body));
    }

    private LedgerReports Another() => new(hub.Engine, new Figures(database.Source), new Ledgers(database.Source, TestDatabase.Bodies), policies, hub.Clock);

    private void Go(string at) => hub.Clock.Set(ReportPeriodsTests.City(at));

    private async Task<IReadOnlyList<string>> KeysAsync() => [.. (await new Ledgers(database.Source, TestDatabase.Bodies).KeysAsync(Cancellation)).Order(StringComparer.Ordinal)];

    private async Task<LedgerReportProcess.Case> StateAsync(string key) => ProcessCatalog.LedgerReport.Read((await new Ledgers(database.Source, TestDatabase.Bodies).FindAsync(key))!.State);

    private async Task<string> RecountAsync() => Convert.ToHexStringLower(SHA256.HashData(LedgerReportProcess.Bytes((await Another().RecountAsync(Week10, Cancellation))!)));
}
