using System.Security.Cryptography;
using System.Text.Json;
using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Ledger;
using Xunit;

namespace Hub.Tests.Engine;

/// <summary>A question has no effect: it ends when it is refused or when its time is over, and its answer carries what was asked for.</summary>
public sealed class QuestionTests
{
    private const string Key = "application:sgcc-linfen/2026-1";

    [Fact]
    public async Task The_answer_reaches_the_decision_and_the_disclosure_stands_in_a_chain_that_verifies()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var engine = await StartAsync(database);
        var question = await AskAsync(engine, "Q-1");

        await engine.AnswerAsync(question, Found());

        Assert.Equal(LicenceResults.Found, (await DossierAsync(engine)).Queries["sgcc-linfen/Q-1"].Result!.ResultCode);
        Assert.Equal(1, await database.ReadAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'data.disclosed' AND ref = @holder", new { holder = DossierProcess.Reference(Holder) }));
        Assert.Equal(0, await database.ReadAsync<long>("SELECT count(*) FROM answers WHERE response IS NOT NULL"));
        Assert.True((await new ExchangeLog(database.Source, engine.Clock, TestDatabase.Bodies).VerifyAsync([], TestContext.Current.CancellationToken)).Ok);
    }

    [Fact]
    public async Task One_that_is_refused_leaves_its_lane_to_the_next_and_no_person_has_to_act()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var engine = await StartAsync(database);
        var first = await AskAsync(engine, "Q-1");
        await SubmitAsync(engine, "Q-2");

        await engine.AnswerAsync(first, Answer.Refused(AnswerReasons.ContentRefused, "2001"));
        await engine.AnswerAsync(await engine.NextAsync(), Found());

        var dossier = await DossierAsync(engine);
        Assert.Equal([LicenceResults.SourceUnavailable, LicenceResults.Found], dossier.Queries.Values.Select(query => query.Result!.ResultCode));
        Assert.Equal(0, await engine.CountAsync("waits"));
    }

    [Fact]
    public async Task One_that_could_only_be_tried_again_too_late_ends_now_and_an_earlier_one_waits()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var engine = await StartAsync(database);
        var question = await AskAsync(engine, "Q-1");

        await engine.AnswerAsync(question, Answer.Unavailable(AnswerReasons.ServerError));
        Assert.NotNull(await engine.WaitOfAsync(question));
        Assert.Null((await DossierAsync(engine)).Queries["sgcc-linfen/Q-1"].Result);
        engine.Clock.Advance(TimeSpan.FromMinutes(9.95));
        await engine.WakeAsync(question.KeyHash, "licence-library");
        await engine.AnswerAsync(await engine.NextAsync(), Answer.Unavailable(AnswerReasons.Throttled) with { Throttle = true });

        Assert.Equal(LicenceResults.RateLimited, (await DossierAsync(engine)).Queries["sgcc-linfen/Q-1"].Result!.ResultCode);
        Assert.Null(await engine.WaitOfAsync(question));
    }

    [Fact]
    public async Task One_that_lapsed_before_it_left_is_settled_without_an_attempt_on_record()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var engine = await StartAsync(database);
        var question = await AskAsync(engine, "Q-1");
        engine.Clock.Advance(TimeSpan.FromMinutes(10));
        await engine.WakeAsync(question.KeyHash);

        await engine.AnswerAsync(await engine.NextAsync(), Answer.Unavailable(AnswerReasons.Lapsed));

        Assert.Equal(LicenceResults.SourceUnavailable, (await DossierAsync(engine)).Queries["sgcc-linfen/Q-1"].Result!.ResultCode);
        Assert.Equal(0, await engine.CountAsync("answers"));
        Assert.Equal(0, await engine.CountAsync("waits"));
    }

    [Fact]
    public async Task One_that_lapsed_on_its_first_release_is_settled_and_leaves_its_lane_to_the_next()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var engine = await StartAsync(database);
        var question = await AskAsync(engine, "Q-1");
        engine.Clock.Advance(TimeSpan.FromMinutes(10));

        await engine.AnswerAsync(question, Answer.Unavailable(AnswerReasons.Lapsed));

        Assert.Equal(LicenceResults.SourceUnavailable, (await DossierAsync(engine)).Queries["sgcc-linfen/Q-1"].Result!.ResultCode);
        Assert.Equal(0, await engine.CountAsync("answers"));
        Assert.Equal(0, await engine.CountAsync("waits"));
        Assert.Equal(CommandTypes.LicenceAnswer, (await engine.NextAsync()).Command.Type);
        await engine.AnswerAsync(await AskAsync(engine, "Q-2"), Found());
        Assert.Equal(LicenceResults.Found, (await DossierAsync(engine)).Queries["sgcc-linfen/Q-2"].Result!.ResultCode);
    }

    private static readonly string Holder = new('a', 64);

    private static async Task<RunningEngine> StartAsync(TestDatabase database)
    {
        var engine = await RunningEngine.StartAsync(database, connectors: ["licence-library", "sgcc-linfen"]);
        var application = new SupplyApplication { ApplicationId = "2026-1", RegionCode = "141002", CustomerClass = CustomerClasses.LowVoltage, AppliedAt = engine.Clock.GetUtcNow() };
        await engine.SubmitAsync(Input(engine, EventTypes.ApplicationOpened, "application-2026-1", new DossierProcess.Opened("application:2026-1", application)));
        return engine;
    }

    private static async Task<LeasedCommand> AskAsync(RunningEngine engine, string number)
    {
        await SubmitAsync(engine, number);
        return await engine.NextAsync();
    }

    private static Task<Accepted> SubmitAsync(RunningEngine engine, string number)
    {
        var query = new LicenceQuery
        {
            QueryId = number, Case = "application:2026-1", HolderTypeCode = HolderTypes.Organisation, HolderCode = "911410020000000191", CertTypeCode = "11100000MB0143028R001", Purpose = "new_connection",
            UseCause = "办理新装用电", LegalBasisRef = "GX-2026-07",
        };
        return engine.SubmitAsync(Input(engine, EventTypes.LicenceRequested, $"licence-query-{number}", new DossierProcess.Asked(query, Holder, TimeSpan.Zero, null)));
    }

    private static EventInput Input(RunningEngine engine, string type, string name, object content)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(name);
        return new(
            new Event
            {
                Id = Guid.CreateVersion7(engine.Clock.GetUtcNow()), Source = "urn:hub:receiver:sgcc-linfen", SourceId = name, Type = type, Subject = Key, Partner = "sgcc-linfen", Region = "141002", Body = body,
                DataStart = 0, DataLength = body.Length,
            },
            content, ProcessCatalog.Dossier.Type, Key, SHA256.HashData(body));
    }

    private static Answer Found() => Answer.Taken() with
    {
        Content = JsonSerializer.SerializeToUtf8Bytes(
            new LicenceFinding { Result = LicenceResults.Found, Status = "valid", Fields = new Dictionary<string, string> { ["holderName"] = "示例产业园管理有限公司" } }, SchemasJson.Readable.LicenceFinding),
    };

    private static async Task<DossierProcess.Dossier> DossierAsync(RunningEngine engine) =>
        ProcessCatalog.Dossier.Read((await engine.CaseAsync(CaseKey.Hash(ProcessCatalog.Dossier.Type, Key))).State);
}
