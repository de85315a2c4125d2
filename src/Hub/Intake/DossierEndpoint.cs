using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Intake;

/// <summary>一证办电: applications, consents, licence queries, documents and who saw what. Everything a utility says here is an event of a dossier.</summary>
internal sealed class DossierEndpoint(
    PartnerAuthentication authentication, PublisherRate rate, EventAcceptance acceptance, LedgerQueries queries, Dossiers dossiers, HolderHash holders, PolicyStore policies, TimeProvider time)
{
    /// <summary>A publisher's key reads holders' lists only when this stands among its types.</summary>
    public const string DisclosuresScope = "hub.disclosures.read";

    private const int BodyBytesMax = 16 * 1024;
    private const int DisclosuresMax = 200;
    private const int WaitSecondsMax = 30;

    // Each waiting caller looks at its case a few times a second.
    private const int WaitersMax = 64;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    // The answer may be committed by another node, whose clock is a little behind: what it takes for in time must be waited for.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim waiters = new(WaitersMax, WaitersMax);

    /// <summary>A customer's application: the case in which licences may be asked for.</summary>
    public Task OpenAsync(HttpContext http) => ForUtilityAsync(http, async key =>
    {
        var (application, body, problem) = await ReadAsync(http, SchemasJson.Default.SupplyApplication, LicenceRules.Check, "appliedAt");
        if (problem is not null)
            return problem;
        if (!key.AllowsRegion(application!.RegionCode!))
            return new Problem("region_not_allowed", [new("/regionCode", "region_not_allowed", "密钥范围之外的行政区划", "Outside the regions of the key")]);
        if (policies.Current.For(application.RegionCode!) is null)
            return new Problem("invalid_request", [new("/regionCode", ErrorCodes.NotAllowed, "该地没有规则包", "No policy pack covers the place")]);
        var named = $"application:{application.ApplicationId}";
        var place = new Place(DossierKey(key, named), application.RegionCode!, null);
        return await TakeAsync(http, key, EventTypes.ApplicationOpened, $"application-{application.ApplicationId}", body, new DossierProcess.Opened(named, application), place, application.AppliedAt);
    });

    public Task ConsentAsync(HttpContext http) => ForUtilityAsync(http, async key =>
    {
        var (consent, body, problem) = await ReadAsync(http, SchemasJson.Default.Consent, LicenceRules.Check, "givenAt", "expiresAt");
        if (problem is not null)
            return problem;
        if (await FindAsync(key, consent!.Case!) is not { } place)
            return CaseNotFound();
        var content = new DossierProcess.Consented(consent, holders.Of(consent.HolderTypeCode!, consent.HolderCode!), place.Parties);
        return await TakeAsync(http, key, EventTypes.ConsentGiven, $"consent-{consent.ConsentId}", body, content, place, consent.GivenAt);
    });

    public Task WithdrawAsync(HttpContext http, string id) => ForUtilityAsync(http, async key =>
    {
        var (withdrawal, body, problem) = await ReadAsync(http, SchemasJson.Default.ConsentWithdrawal, LicenceRules.Check, "at");
        if (problem is not null)
            return problem;
        if (id.Length > 64 || await FindAsync(key, withdrawal!.Case!) is not { } place)
            return CaseNotFound();
        return await TakeAsync(http, key, EventTypes.ConsentWithdrawn, $"withdrawal-{id}", body, new DossierProcess.Withdrawn(id, withdrawal), place, withdrawal.At);
    });

    /// <summary>200 with the result when the library is quick enough for the caller, else 202 and later a command <c>licence.answer.v1</c>.</summary>
    public Task AskAsync(HttpContext http) => ForUtilityAsync(http, async key =>
    {
        var warnings = new List<Warning>();
        var (query, body, problem) = await ReadAsync(http, SchemasJson.Default.LicenceQuery, (read, errors) => LicenceRules.Check(read, errors, warnings));
        if (problem is not null)
            return problem;
        if (query!.LegalBasisRef is null && key.LegalBasis is null)
            return NoBasis();
        if (await FindAsync(key, query.Case!) is not { } place)
            return CaseNotFound();

        var waiting = WaitOf(http.Request);
        var mayWait = waiting > TimeSpan.Zero && await waiters.WaitAsync(TimeSpan.Zero);
        try
        {
            var wait = mayWait ? waiting : TimeSpan.Zero;
            var asked = await AskAsync(http, key, query, body, place, wait, warnings);
            if (RefusalOf(asked) is { } refusal)
                return refusal;
            await AnswerAsync(http, key, place, asked, query.QueryId!, wait);
            return null;
        }
        finally
        {
            if (mayWait)
                waiters.Release();
        }
    });

    public Task GetAsync(HttpContext http, string id) => ForUtilityAsync(http, async key =>
    {
        if (id.Length > 40 || (await queries.EventsAsync([CaseKey.Digest(SourceOf(key), $"licence-query-{id}")])).FirstOrDefault() is not { } row
            || ProcessCatalog.Dossier.Read(row.State).Queries.GetValueOrDefault(DossierProcess.Key(key.Partner, id)) is not { } query)
            return new Problem("not_found");
        var view = View(query) with { Position = row.Position, Hash = Convert.ToHexStringLower(row.Hash), Warnings = AcceptedBody.WarningsOf(row) };
        await Answers.WriteAsync(http, 200, view, DossierEndpointJson.Readable.LicenceQueryView);
        return null;
    });

    /// <summary>What may be asked of a customer of this class, and nothing else.</summary>
    public Task RequirementsAsync(HttpContext http) => GuardAsync(http, async _ =>
    {
        var query = http.Request.Query;
        var (region, customerClass, stage) = (query["region"].ToString(), query["class"].ToString(), query.ContainsKey("stage") ? query["stage"].ToString() : null);
        if (region.Length != 6 || !region.All(char.IsAsciiDigit) || !CustomerClasses.All.Contains(customerClass) || (stage is not null && !DocumentStages.All.Contains(stage)))
            return new Problem("bad_query");
        if (policies.Current.For(region) is not { Documents: { } documents } policy)
            return new Problem("not_found");
        var rules = documents.Where(rule => rule.Class == customerClass && (stage is null || rule.Stage == stage)).Select(rule => Requirement(rule, policy)).ToList();
        var body = new RequirementsView(region, customerClass, policy.Pin, policy.Document.ShortName, policy.Document.Title, policy.Document.Number, rules);
        await Answers.WriteAsync(http, 200, body, DossierEndpointJson.Readable.RequirementsView);
        return null;
    });

    /// <summary>Fetches what a library has and says what is owed. Asking for a document outside the rule is refused and on record.</summary>
    public Task CollectAsync(HttpContext http, string id) => ForUtilityAsync(http, async key =>
    {
        var (request, body, problem) = await ReadAsync(http, SchemasJson.Default.DocumentRequest, LicenceRules.Check);
        if (problem is not null)
            return problem;
        if (request!.LegalBasisRef is null && key.LegalBasis is null)
            return NoBasis();
        if (await FindAsync(key, $"application:{id}") is not { } place)
            return CaseNotFound();
        var collecting = await SubmitAsync(http, key, EventTypes.DocumentsRequested, $"documents-{id}/{request.RequestId}", body, new DossierProcess.Collecting(request), place, null, []);
        if (RefusalOf(collecting) is { } refusal)
            return refusal;

        // A query each: they have names of their own, so what a crash leaves undone is done when the request is made again.
        var dossier = await DossierAsync(place);
        foreach (var wanted in dossier.Collections[request.RequestId!].Documents.Where(wanted => wanted.QueryId is not null))
        {
            var query = new LicenceQuery
            {
                QueryId = wanted.QueryId, Case = $"application:{id}", HolderTypeCode = request.HolderTypeCode, HolderCode = request.HolderCode, CertTypeCode = wanted.CertTypeCode,
                Purpose = request.Purpose, UseCause = request.UseCause, LegalBasisRef = request.LegalBasisRef, ConsentId = request.ConsentId,
            };
            var asked = await AskAsync(http, key, query, JsonSerializer.SerializeToUtf8Bytes(query, SchemasJson.Readable.LicenceQuery), place, TimeSpan.Zero, []);

            // Without a consent, or for another purpose, the library is not asked: the document is owed and can be handed in.
            if (RefusalOf(asked) is { Code: not ("consent_required" or "purpose_not_allowed") } trouble)
                return trouble;
        }

        await Answers.WriteAsync(http, 202, Documents(id, await DossierAsync(place)), DossierEndpointJson.Readable.DocumentsView);
        return null;
    });

    public Task DocumentsAsync(HttpContext http, string id) => ForUtilityAsync(http, async key =>
    {
        if (id.Length > 40 || await FindAsync(key, $"application:{id}") is not { } place)
            return CaseNotFound();
        await Answers.WriteAsync(http, 200, Documents(id, await DossierAsync(place)), DossierEndpointJson.Readable.DocumentsView);
        return null;
    });

    /// <summary>Who saw this holder's data. The holder stands in the body, because addresses end up in logs. A utility is told what it saw itself.</summary>
    public Task DisclosuresAsync(HttpContext http) => GuardAsync(http, async key =>
    {
        if (key.Direction == ApiKey.Publish && !key.Types.Contains(DisclosuresScope))
            return new Problem("type_not_allowed");
        var (request, _, problem) = await ReadAsync(http, DossierEndpointJson.Readable.DisclosuresRequest, DisclosuresRequest.Check);
        if (problem is not null)
            return problem;
        var holder = DossierProcess.Reference(holders.Of(request!.HolderTypeCode!, request.HolderCode!));
        var rows = await dossiers.DisclosuresAsync(holder, key.Direction == ApiKey.Publish ? null : key.Partner, request.Before ?? long.MaxValue, DisclosuresMax, $"key {key.KeyId}", time.GetUtcNow());
        http.Response.Headers.CacheControl = "no-store";
        await Answers.WriteAsync(http, 200, new DisclosuresView([.. rows.Select(DisclosureView.Of)], rows.Count == DisclosuresMax ? rows[^1].Seq : null), DossierEndpointJson.Readable.DisclosuresView);
        return null;
    });

    private sealed record Place(string Key, string Region, CaseParties? Parties);

    private Task<Acceptance> AskAsync(HttpContext http, ApiKey key, LicenceQuery query, byte[] body, Place place, TimeSpan wait, IReadOnlyList<Warning> warnings)
    {
        var content = new DossierProcess.Asked(query with { LegalBasisRef = query.LegalBasisRef ?? key.LegalBasis }, holders.Of(query.HolderTypeCode!, query.HolderCode!), wait, place.Parties);
        return SubmitAsync(http, key, EventTypes.LicenceRequested, $"licence-query-{query.QueryId}", body, content, place, null, warnings);
    }

    private async Task AnswerAsync(HttpContext http, ApiKey key, Place place, Acceptance asked, string queryId, TimeSpan wait)
    {
        var until = time.GetUtcNow() + wait + (wait > TimeSpan.Zero ? ClockTolerance : TimeSpan.Zero);
        DossierProcess.Query query;
        while ((query = (await DossierAsync(place)).Queries[DossierProcess.Key(key.Partner, queryId)]).Result is null && time.GetUtcNow() < until)
            await Task.Delay(Look, time, http.RequestAborted);

        if (asked.Repeated)
            http.Response.Headers["Idempotency-Replayed"] = "true";
        if (wait > TimeSpan.Zero)
            http.Response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds:0}");
        var view = View(query) with { Position = asked.Accepted!.Position, Hash = asked.Accepted.Hash, Warnings = asked.Accepted.Warnings };
        http.Response.Headers.Location = view.Self;
        http.Response.Headers.CacheControl = "no-store";
        await Answers.WriteAsync(http, query.Result is null ? 202 : 200, view, DossierEndpointJson.Readable.LicenceQueryView);
    }

    // RFC 7240: what is not understood is passed over.
    private static TimeSpan WaitOf(HttpRequest request)
    {
        var wait = request.Headers["Prefer"].ToString().Split([',', ';'], StringSplitOptions.TrimEntries).FirstOrDefault(part => part.StartsWith("wait=", StringComparison.OrdinalIgnoreCase));
        return wait is not null && int.TryParse(wait[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, WaitSecondsMax)) : TimeSpan.Zero;
    }

    private LicenceQueryView View(DossierProcess.Query query) => new()
    {
        QueryId = query.QueryId,
        Status = query.Result is null ? "pending" : "answered",
        AnswerBy = query.DueAt,
        Result = Current(query.Result),
        Self = LicenceAnswer.AddressOf(query.QueryId),
    };

    // A licence that was good when it was read may have run out since: it is not shown as if it had not.
    private LicenceResult? Current(LicenceResult? result) => result is { ResultCode: LicenceResults.Found, ValidTo: { } last } && last < DossierProcess.Today(time.GetUtcNow())
        ? result with { ResultCode = LicenceResults.Expired, CertStatus = "expired", Fields = new Dictionary<string, string>(), File = null }
        : result;

    private DocumentsView Documents(string id, DossierProcess.Dossier dossier)
    {
        var policy = policies.Current.For(dossier.Region!);
        var items = dossier.Collections.SelectMany(pair => pair.Value.Documents.Select(wanted => Document(pair.Key, pair.Value, wanted, dossier, policy))).ToList();
        return new(id, dossier.Region!, dossier.CustomerClass!, items.Exists(item => item.Status == "owed"), items);
    }

    private DocumentView Document(string request, DossierProcess.Collection collection, DossierProcess.Wanted wanted, DossierProcess.Dossier dossier, Policy? policy)
    {
        var rule = policy?.Documents?.FirstOrDefault(rule => rule.Class == dossier.CustomerClass && rule.Stage == collection.Stage && rule.Material == wanted.Material);
        var query = wanted.QueryId is null ? null : dossier.Queries.GetValueOrDefault(DossierProcess.Key(collection.Partner, wanted.QueryId));
        var result = Current(query?.Result)?.ResultCode;
        var status = result == LicenceResults.Found ? "have" : query is { Result: null } ? "pending" : "owed";
        return new(request, collection.Stage, wanted.Material, rule?.Title.Zh, rule?.Title.En, status, wanted.QueryId, result, status == "owed" ? Ways(rule) : [], rule?.Clause ?? rule?.Source);
    }

    // What a library does not have is handed in; on paper always (S1 三.5).
    private static IReadOnlyList<string> Ways(DocumentRule? rule) => rule is null ? [DocumentWays.Paper] : [.. rule.SatisfiedBy.Where(way => way != DocumentWays.ELicence)];

    private static RequirementView Requirement(DocumentRule rule, Policy policy) => new(
        rule.Stage, rule.Material, rule.Title.Zh, rule.Title.En,
        [.. rule.Licences.Select(id => policy.Licences!.TypeById(id)!).Select(type => new LicenceTypeView(type.Id, type.Code, type.Title.Zh, type.Title.En))],
        rule.SatisfiedBy, rule.Clause, rule.Source, rule.Note?.Zh, rule.Note?.En);

    /// <summary>The case a utility names, when it is a party; others' cases are not found.</summary>
    private async Task<Place?> FindAsync(ApiKey key, string reference)
    {
        if (reference.Split(':', 2) is not [var type, { Length: > 0 } name])
            return null;
        if (type == "application")
        {
            var own = DossierKey(key, reference);
            return await dossiers.CaseAsync(CaseKey.Hash(ProcessCatalog.Dossier.Type, own)) is { } dossier ? new(own, ProcessCatalog.Dossier.Read(dossier.State).Region!, null) : null;
        }

        return ProcessCatalog.Find(type) is { } process && await dossiers.CaseAsync(CaseKey.Hash(type, name)) is { } found
            && process.Parties(found.State) is { } parties && parties.Partners.Contains(key.Partner) && key.AllowsRegion(parties.Region)
            ? new(reference, parties.Region, parties)
            : null;
    }

    private static string DossierKey(ApiKey key, string reference) => $"application:{key.Partner}/{reference["application:".Length..]}";

    private async Task<DossierProcess.Dossier> DossierAsync(Place place) =>
        ProcessCatalog.Dossier.Read((await dossiers.CaseAsync(CaseKey.Hash(ProcessCatalog.Dossier.Type, place.Key)))!.State);

    private async Task<Problem?> TakeAsync(HttpContext http, ApiKey key, string type, string name, byte[] body, object content, Place place, DateTimeOffset? at)
    {
        var taken = await SubmitAsync(http, key, type, name, body, content, place, at, []);
        if (RefusalOf(taken) is { } refusal)
            return refusal;
        if (taken.Repeated)
            http.Response.Headers["Idempotency-Replayed"] = "true";
        await Answers.WriteAsync(http, 202, taken.Accepted! with { Self = http.Request.Path }, IntakeJson.Readable.AcceptedBody);
        return null;
    }

    private Task<Acceptance> SubmitAsync(HttpContext http, ApiKey key, string type, string name, byte[] body, object content, Place place, DateTimeOffset? at, IReadOnlyList<Warning> warnings)
    {
        var stored = new Event
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()),
            Source = SourceOf(key),
            SourceId = name,
            Type = type,
            Subject = place.Key,
            Partner = key.Partner,
            Region = place.Region,
            OccurredAt = at?.ToUniversalTime(),
            Body = body,
            DataStart = 0,
            DataLength = body.Length,
            Warnings = warnings,
        };
        var input = new EventInput(stored, content, ProcessCatalog.Dossier.Type, place.Key, SHA256.HashData(body));
        return acceptance.SubmitAsync(new ReadResult(input, null), key, EventReader.TraceParent(http.Request));
    }

    private static string SourceOf(ApiKey key) => $"urn:hub:receiver:{key.Partner}";

    // What was refused by a rule is on record as an event all the same.
    private static Problem? RefusalOf(Acceptance taken) => taken.Problem
        ?? (taken.Accepted is { Status: not "accepted" } refused ? new Problem(refused.Status, [.. refused.Warnings.Select(why => new FieldError(why.Pointer, why.Code, why.MessageZh, why.MessageEn))]) : null);

    private static Problem CaseNotFound() => new("case_not_found");

    private static Problem NoBasis() => new("invalid_request", [new("/legalBasisRef", ErrorCodes.Required, "密钥未登记共享依据，须在报文中给出", "The key has no sharing basis: give one here")]);

    private static async Task<(T? Value, byte[] Body, Problem? Problem)> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type, Action<T, List<FieldError>> check, params string[] instants)
        where T : class
    {
        if (!ReceiptEndpoint.IsJson(http.Request.ContentType))
            return (null, [], new Problem("unsupported_media_type"));
        if (await EventEndpoint.ReadBodyAsync(http, BodyBytesMax) is not { } body)
            return (null, [], new Problem("too_large"));
        var (value, problem) = EventReader.ReadPlain(body, type, "invalid_request");
        if (value is null)
            return (null, body, problem);
        var errors = new List<FieldError>();
        check(value, errors);
        EventReader.CheckInstants(body, errors, instants);
        return errors.Count == 0 ? (value, body, null) : (null, body, new Problem("invalid_request", errors));
    }

    private Task ForUtilityAsync(HttpContext http, Func<ApiKey, Task<Problem?>> answer) =>
        GuardAsync(http, key => key.Direction == ApiKey.Receive ? answer(key) : Task.FromResult<Problem?>(new Problem("direction_not_allowed")));

    private Task GuardAsync(HttpContext http, Func<ApiKey, Task<Problem?>> answer) => Answers.GuardAsync(http, async () =>
        await authentication.AuthenticateAsync(http) is not { } key ? new Problem("unauthorised")
        : !rate.TryTake(key.KeyId, http.Response) ? new Problem("rate_limited", RetryAfterSeconds: 1)
        : !holders.IsSetUp ? new Problem("not_set_up")
        : await answer(key));
}

/// <summary>A query as its utility reads it.</summary>
internal sealed record LicenceQueryView
{
    public required string QueryId { get; init; }

    /// <summary>pending or answered.</summary>
    public required string Status { get; init; }

    /// <summary>By then there is a result, of whichever kind.</summary>
    public required DateTimeOffset AnswerBy { get; init; }
    public LicenceResult? Result { get; init; }

    /// <summary>Position of the query in the exchange log.</summary>
    public long Position { get; init; }
    public string Hash { get; init; } = "";
    public IReadOnlyList<Warning> Warnings { get; init; } = [];
    public required string Self { get; init; }
}

internal sealed record RequirementsView(string Region, string CustomerClass, string Policy, string Document, string DocumentTitle, string? DocumentNumber, IReadOnlyList<RequirementView> Requirements);

internal sealed record RequirementView(
    string Stage, string Material, string TitleZh, string TitleEn, IReadOnlyList<LicenceTypeView> Licences, IReadOnlyList<string> SatisfiedBy, string? Clause, string Source, string? NoteZh, string? NoteEn);

internal sealed record LicenceTypeView(string Id, string CertTypeCode, string TitleZh, string TitleEn);

/// <summary>An application's documents; <c>Owed</c> says whether any is.</summary>
internal sealed record DocumentsView(string ApplicationId, string Region, string CustomerClass, bool Owed, IReadOnlyList<DocumentView> Documents);

/// <param name="RequestId">The request it was asked with.</param>
/// <param name="Stage">Stage.</param>
/// <param name="Material">The pack's word.</param>
/// <param name="TitleZh">Title, Chinese.</param>
/// <param name="TitleEn">Title, English.</param>
/// <param name="Status">have, pending, owed.</param>
/// <param name="QueryId">The query that fetches it; null when no library has it.</param>
/// <param name="ResultCode">What became of that query; null while it is open.</param>
/// <param name="Ways">How an owed one can be handed in.</param>
/// <param name="Clause">Clause of the rule, or that it is our default.</param>
internal sealed record DocumentView(
    string RequestId, string Stage, string Material, string? TitleZh, string? TitleEn, string Status, string? QueryId, string? ResultCode, IReadOnlyList<string> Ways, string? Clause);

/// <summary>Body of a question for a holder's list.</summary>
internal sealed record DisclosuresRequest
{
    public string? HolderTypeCode { get; init; }
    public string? HolderCode { get; init; }

    /// <summary>Goes on before this position; null: from the newest.</summary>
    public long? Before { get; init; }

    public static void Check(DisclosuresRequest request, List<FieldError> errors)
    {
        if (request.HolderTypeCode is not (HolderTypes.Citizen or HolderTypes.Organisation))
            errors.Add(new("/holderTypeCode", request.HolderTypeCode is null ? ErrorCodes.Required : ErrorCodes.NotAllowed, "须为 111 或 001", "Must be 111 or 001"));
        if (request.HolderCode is not { Length: > 0 and <= 32 })
            errors.Add(new("/holderCode", request.HolderCode is null ? ErrorCodes.Required : ErrorCodes.TooLong, "须为 1 至 32 个字符", "1 to 32 characters"));
    }
}

/// <summary>A holder's list, newest first; <c>Next</c> is the position to go on before, null at the end.</summary>
internal sealed record DisclosuresView(IReadOnlyList<DisclosureView> Items, long? Next);

internal sealed record DisclosureView(
    long Position, string Hash, DateTimeOffset At, string Receiver, string? Case, string? CertTypeCode, string? Purpose, string? LegalBasisRef, string? ConsentId, string? ResultCode, IReadOnlyList<string> Fields)
{
    public static DisclosureView Of(DisclosureRow row)
    {
        var lines = row.Lines;
        string? Line(string name) => lines.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
        return new(
            row.Seq, Convert.ToHexStringLower(row.Hash), new DateTimeOffset(row.At, TimeSpan.Zero), row.Partner, Line("case"), Line("licence"), Line("purpose"), Line("basis"), Line("consent"), Line("result"),
            Line("fields")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? []);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(LicenceQueryView))]
[JsonSerializable(typeof(RequirementsView))]
[JsonSerializable(typeof(DocumentsView))]
[JsonSerializable(typeof(DisclosuresRequest))]
[JsonSerializable(typeof(DisclosuresView))]
internal sealed partial class DossierEndpointJson : JsonSerializerContext
{
    private static DossierEndpointJson? readable;

    public static DossierEndpointJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
