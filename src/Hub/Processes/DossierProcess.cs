using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>
/// Dossier (材料档): the licence side of a case (一证办电, S1 三.2, S2 二(一)2, S3 三.5–6). It holds the consents, asks the libraries, judges what they say, discloses
/// what the pack allows and nothing else, and puts every disclosure on record. Consent and query are decided under one lock, so nothing is disclosed after a withdrawal.
/// </summary>
internal sealed class DossierProcess() : Process<DossierProcess.Dossier>(DossierJson.Readable.Dossier)
{
    /// <summary>Queries of one case at most.</summary>
    public const int QueriesMax = 200;

    /// <summary>Kinds of the entries it makes in the exchange log.</summary>
    public const string Disclosed = "data.disclosed";
    public const string Refused = "request.refused";

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    public override string Type => "dossier";

    /// <summary>State of one dossier. Holders stand in it as keyed hashes only.</summary>
    internal sealed record Dossier
    {
        /// <summary>As the utilities name the case; null before the first input.</summary>
        public string? Case { get; init; }
        public string? Region { get; init; }

        /// <summary>Of an application; null for the dossier of another case.</summary>
        public string? CustomerClass { get; init; }

        /// <summary>By operator and the number it gave, see <see cref="Key"/>.</summary>
        public IReadOnlyDictionary<string, Given> Consents { get; init; } = new Dictionary<string, Given>(StringComparer.Ordinal);
        public IReadOnlyDictionary<string, Query> Queries { get; init; } = new Dictionary<string, Query>(StringComparer.Ordinal);
        public IReadOnlyDictionary<string, Collection> Collections { get; init; } = new Dictionary<string, Collection>(StringComparer.Ordinal);
    }

    /// <summary>One consent.</summary>
    internal sealed record Given
    {
        public required string Holder { get; init; }
        public required IReadOnlyList<string> Purposes { get; init; }
        public required IReadOnlyList<string> CertTypeCodes { get; init; }
        public required DateTimeOffset ExpiresAt { get; init; }
        public required string Method { get; init; }
        public string? AuthResultRef { get; init; }
        public DateTimeOffset? WithdrawnAt { get; init; }
    }

    /// <summary>One query and what became of it.</summary>
    internal sealed record Query
    {
        public required string QueryId { get; init; }
        public required string Partner { get; init; }
        public required Guid EventId { get; init; }
        public required string CertTypeCode { get; init; }
        public required string Licence { get; init; }
        public required string Holder { get; init; }
        public required string Purpose { get; init; }
        public required string UseCause { get; init; }
        public required string LegalBasisRef { get; init; }

        /// <summary>Key of the consent; null for an organisation.</summary>
        public string? Consent { get; init; }

        /// <summary>What may be disclosed of it.</summary>
        public IReadOnlyList<string> Fields { get; init; } = [];

        /// <summary>The caller waits for it until then; what comes later is sent.</summary>
        public required DateTimeOffset CallerWaitsUntil { get; init; }

        /// <summary>The source has to have answered by then.</summary>
        public required DateTimeOffset DueAt { get; init; }

        /// <summary>Null while the source is asked.</summary>
        public LicenceResult? Result { get; init; }

        /// <summary>When the fields are forgotten; null: there are none.</summary>
        public DateTimeOffset? ForgetAt { get; init; }
        public DateTimeOffset? AnsweredAt { get; init; }

        /// <summary>Business status by the utility's receipt.</summary>
        public string? Receipt { get; init; }
    }

    /// <summary>Documents a utility wants for an application at a stage.</summary>
    internal sealed record Collection
    {
        public required string Partner { get; init; }
        public required string Stage { get; init; }
        public required string HolderTypeCode { get; init; }
        public required IReadOnlyList<Wanted> Documents { get; init; }
    }

    /// <param name="Material">The pack's word.</param>
    /// <param name="QueryId">The query that fetches it; null when no library has it.</param>
    /// <param name="CertTypeCode">Type asked for; null when no library has it.</param>
    internal sealed record Wanted(string Material, string? QueryId, string? CertTypeCode);

    /// <summary>Content of <c>hub.application.opened.v1</c>.</summary>
    internal sealed record Opened(string Case, SupplyApplication Application);

    /// <summary>Content of <c>hub.consent.given.v1</c>.</summary>
    /// <param name="Holder">Keyed hash of the holder.</param>
    /// <param name="Parties">Of the case it belongs to; null for an application, which is a dossier itself.</param>
    internal sealed record Consented(Consent Consent, string Holder, CaseParties? Parties);

    /// <summary>Content of <c>hub.consent.withdrawn.v1</c>.</summary>
    internal sealed record Withdrawn(string ConsentId, ConsentWithdrawal Withdrawal);

    /// <summary>Content of <c>hub.licence.requested.v1</c>.</summary>
    /// <param name="Query">With its legal basis filled in.</param>
    /// <param name="Holder">Keyed hash of the holder.</param>
    /// <param name="Wait">How long the caller waits for the answer.</param>
    /// <param name="Parties">Of the case it belongs to; null for an application.</param>
    internal sealed record Asked(LicenceQuery Query, string Holder, TimeSpan Wait, CaseParties? Parties);

    /// <summary>Content of <c>hub.documents.requested.v1</c>.</summary>
    internal sealed record Collecting(DocumentRequest Request);

    /// <summary>Name of a consent or query in the state: numbers are unique at the utility that gave them.</summary>
    public static string Key(string partner, string number) => $"{partner}/{number}";

    protected override Func<Dossier, Context, IEnumerable<Figure>> Figures => (state, _) => FiguresOf(state);

    protected override Decision Decide(Dossier state, Input input, Context context) => input switch
    {
        Input.Received { Content: Opened opened } => Finish(state with { Case = opened.Case, Region = opened.Application.RegionCode, CustomerClass = opened.Application.CustomerClass }),
        Input.Received { Content: Consented consented } received => Take(state, received.Event, consented),
        Input.Received { Content: Withdrawn withdrawn } received => Withdraw(state, received.Event, withdrawn),
        Input.Received { Content: Asked asked } received => Ask(state, received.Event, asked, context),
        Input.Received { Content: Collecting collecting } received => Collect(state, received.Event, collecting.Request, context),
        Input.Received { Content: Receipt receipt } received => Confirm(state, received.Event, receipt),
        Input.Answered { CommandType: CommandTypes.LicenceQuery } answered => Settle(state, answered, context),
        Input.TimeUp => Expire(state, context),
        _ => Finish(state),
    };

    private Decision Take(Dossier state, Event received, Consented consented)
    {
        var consent = consented.Consent;
        var given = new Given
        {
            Holder = consented.Holder,
            Purposes = consent.Purposes!,
            CertTypeCodes = consent.CertTypeCodes!,
            ExpiresAt = consent.ExpiresAt!.Value,
            Method = consent.Method!,
            AuthResultRef = consent.AuthResultRef,
        };
        return Finish(Begin(state, consent.Case!, consented.Parties) with { Consents = With(state.Consents, Key(received.Partner, consent.ConsentId!), given) });
    }

    private Decision Withdraw(Dossier state, Event received, Withdrawn withdrawn)
    {
        var key = Key(received.Partner, withdrawn.ConsentId);
        return state.Consents.TryGetValue(key, out var consent)
            ? Finish(state with { Consents = With(state.Consents, key, consent with { WithdrawnAt = consent.WithdrawnAt ?? withdrawn.Withdrawal.At }), Queries = Forget(state.Queries, key) })
            : Finish(state) with { Refusal = "not_found" };
    }

    // What was given before the withdrawal was given lawfully and stays on record; its content is no longer handed out.
    private static Dictionary<string, Query> Forget(IReadOnlyDictionary<string, Query> queries, string consent) =>
        queries.ToDictionary(pair => pair.Key, pair => pair.Value.Consent == consent ? Emptied(pair.Value) : pair.Value, StringComparer.Ordinal);

    private Decision Ask(Dossier state, Event received, Asked asked, Context context)
    {
        var query = asked.Query;
        state = Begin(state, query.Case!, asked.Parties);
        var rule = PolicyOf(state, context)?.Licences;
        var type = rule?.TypeByCode(query.CertTypeCode!);
        var disclosure = type is null ? null : rule!.Purposes.FirstOrDefault(purpose => purpose.Id == query.Purpose)?.To(UtilityOf(received.Partner, context), type.Id);
        if (state.Queries.Count >= QueriesMax)
            return Refuse(state, received, query, "case_full", new("", "case_full", $"一个业务至多 {QueriesMax} 次查询", $"A case has at most {QueriesMax} queries"));
        if (type is null || !type.IsOf(query.HolderTypeCode!))
            return Refuse(state, received, query, "licence_unknown", new("/certTypeCode", "not_allowed", "该地规则包没有此类证照，或此类持证主体没有该证照", "The place's pack has no such licence, or not for this kind of holder"));
        if (disclosure is null)
            return Refuse(state, received, query, "purpose_not_allowed", new("/purpose", "not_allowed", "规则包不允许为此用途向本单位提供该证照", "The pack does not let this utility have the licence for this purpose"));

        var consent = query.HolderTypeCode == HolderTypes.Citizen ? Key(received.Partner, query.ConsentId ?? "") : null;
        var entry = new Query
        {
            QueryId = query.QueryId!,
            Partner = received.Partner,
            EventId = received.Id,
            CertTypeCode = type.Code,
            Licence = type.Id,
            Holder = asked.Holder,
            Purpose = query.Purpose!,
            UseCause = query.UseCause!,
            LegalBasisRef = query.LegalBasisRef!,
            Consent = consent,
            Fields = disclosure.Fields,
            CallerWaitsUntil = context.Now + asked.Wait,
            DueAt = context.Now.AddMinutes(rule!.AnswerWithinMinutes),
        };
        if (Objection(state, entry, query.ConsentId, context.Now) is { } objection)
        {
            entry = entry with { Result = Of(state, entry, LicenceResults.ConsentRequired, context.Now), AnsweredAt = context.Now };
            return Refuse(With(state, entry), received, query, "consent_required", objection);
        }

        if (!context.Connectors.Contains(type.Connector))
            return Conclude(state, entry, LicenceResults.SourceUnavailable, context);
        var question = new LicenceQuestion
        {
            HolderTypeCode = query.HolderTypeCode!,
            HolderCode = query.HolderCode!,
            CertTypeCode = type.Code,
            CertNo = query.CertNo,
            CertIdentifier = query.CertIdentifier,
            UseCause = query.UseCause!,
            Applicant = received.Partner,
            Case = state.Case!,
            LegalBasisRef = query.LegalBasisRef!,
            ConsentId = query.ConsentId,
        };
        return Finish(With(state, entry)) with
        {
            Orders = [new(type.Connector, CommandTypes.LicenceQuery, received.Id, received.Type, received.OccurredAt ?? context.Now, JsonSerializer.SerializeToUtf8Bytes(question, SchemasJson.Readable.LicenceQuestion), entry.DueAt)],
            Pin = PolicyOf(state, context)?.Pin,
        };
    }

    /// <summary>What speaks against reading a citizen's licence now; null: nothing.</summary>
    private static Warning? Objection(Dossier state, Query query, string? consentId, DateTimeOffset now)
    {
        if (query.Consent is null)
            return null;
        if (consentId is null)
            return new("/consentId", "consent_missing", "查询个人证照须有本人授权", "A citizen's licence is read only with the citizen's consent");
        return state.Consents.GetValueOrDefault(query.Consent) switch
        {
            null => new("/consentId", "consent_unknown", "本业务中没有此授权", "This case has no such consent"),
            { WithdrawnAt: not null } => new("/consentId", "consent_withdrawn", "授权已撤回", "The consent was withdrawn"),
            var consent when consent.ExpiresAt <= now => new("/consentId", "consent_expired", "授权已过期", "The consent has expired"),
            var consent when consent.Holder != query.Holder => new("/consentId", "consent_of_another", "授权人与持证主体不一致", "The consent is of another holder"),
            var consent when !consent.Purposes.Contains(query.Purpose) || !consent.CertTypeCodes.Contains(query.CertTypeCode) => new("/consentId", "consent_scope", "授权范围不含此用途或证照", "The consent does not cover this purpose or licence"),
            _ => null,
        };
    }

    private Decision Settle(Dossier state, Input.Answered answered, Context context)
    {
        // Late: the time was over before, and the utility was told so.
        if (state.Queries.Values.FirstOrDefault(query => query.EventId == answered.CauseId) is not { Result: null } query)
            return Finish(state);
        if (answered.Answer.Outcome != Outcome.Taken)
            return Conclude(state, query, answered.Answer.Reason == AnswerReasons.Throttled ? LicenceResults.RateLimited : LicenceResults.SourceUnavailable, context);

        // The consent may have been taken back while the library was asked: then nothing of its answer is kept.
        if (Objection(state, query, query.Consent, context.Now) is not null)
            return Conclude(state, query, LicenceResults.ConsentRequired, context);
        var finding = JsonSerializer.Deserialize(answered.Answer.Content.Span, SchemasJson.Default.LicenceFinding)!;
        return Conclude(state, query, Judge(finding, context.Now), context, finding);
    }

    /// <summary>Whether what the library has is still in force is judged by its word and by the day, whichever is worse.</summary>
    private static string Judge(LicenceFinding finding, DateTimeOffset now) => finding switch
    {
        { Result: not LicenceResults.Found } => finding.Result,
        { Status: "revoked" } => LicenceResults.Revoked,
        { Status: "expired" } => LicenceResults.Expired,
        { ValidTo: { } last } when last < Today(now) => LicenceResults.Expired,
        _ => LicenceResults.Found,
    };

    public static DateOnly Today(DateTimeOffset now) => DateOnly.FromDateTime(now.ToOffset(CityOffset).DateTime);

    private Decision Conclude(Dossier state, Query query, string resultCode, Context context, LicenceFinding? finding = null)
    {
        var result = Of(state, query, resultCode, context.Now);
        var identified = resultCode is LicenceResults.Found or LicenceResults.Revoked or LicenceResults.Expired ? finding : null;
        if (identified is not null)
        {
            result = result with
            {
                CertStatus = resultCode switch { LicenceResults.Revoked => "revoked", LicenceResults.Expired => "expired", _ => "valid" },
                ValidFrom = identified.ValidFrom,
                ValidTo = identified.ValidTo,
                Issuer = identified.Issuer,
                Warnings = identified.CertIdentifier is { } identifier && !LicenceIdentifier.Parse(identifier).Ok ? [WarningCodes.CheckDigit] : [],
            };
        }

        if (identified is not null && resultCode == LicenceResults.Found)
        {
            result = result with
            {
                Fields = query.Fields.Where(identified.Fields.ContainsKey).ToDictionary(field => field, field => identified.Fields[field], StringComparer.Ordinal),
                File = identified.File,
            };
        }

        var rule = PolicyOf(state, context)?.Licences;
        query = query with
        {
            Result = result,
            AnsweredAt = context.Now,
            ForgetAt = result.Fields.Count > 0 ? context.Now.AddHours(rule?.KeepHours ?? 1) : null,
        };
        return Finish(With(state, query)) with { Notes = [Entry(query)], Orders = Send(state, query, context) };
    }

    // Whoever still waits gets it as the answer to the request and need not be sent it. What is sent may wait for days, or be kept: a withdrawal must find nothing in it.
    private static IReadOnlyList<Order> Send(Dossier state, Query query, Context context)
    {
        var connector = context.Policies.OperatorById(query.Partner)?.Connector ?? query.Partner;
        if (context.Now <= query.CallerWaitsUntil && context.Now < query.DueAt || !context.Connectors.Contains(connector))
            return [];
        return [new(connector, CommandTypes.LicenceAnswer, query.EventId, EventTypes.LicenceAnswered, context.Now, JsonSerializer.SerializeToUtf8Bytes(LicenceAnswer.Of(query.Result!), SchemasJson.Readable.LicenceAnswer), DueAt: null)];
    }

    /// <summary>
    /// Who saw what of whom, why and on which basis. The holder stands in it as the entry's reference, a keyed hash; of the cause, which is free text and may name
    /// anybody, its digest: the text is in the event.
    /// </summary>
    private static Note Entry(Query query) => new(Disclosed, query.Partner, Reference(query.Holder), string.Join('\n',
        $"receiver {query.Partner}",
        $"case {query.Result!.Case}",
        $"query {query.QueryId}",
        $"licence {query.CertTypeCode}",
        $"purpose {query.Purpose}",
        $"cause-sha256 {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(query.UseCause)))}",
        $"basis {query.LegalBasisRef}",
        $"consent {query.Consent?[(query.Partner.Length + 1)..]}",
        $"result {query.Result.ResultCode}",
        $"fields {string.Join(' ', query.Result.Fields.Keys)}{(query.Result.File is null ? "" : " file")}"));

    /// <summary>The first 16 bytes of a holder's keyed hash, as the exchange log refers to it.</summary>
    public static Guid Reference(string holder) => new(Convert.FromHexString(holder).AsSpan(0, 16), bigEndian: true);

    private static LicenceResult Of(Dossier state, Query query, string resultCode, DateTimeOffset now) => new()
    {
        QueryId = query.QueryId,
        Case = state.Case!,
        CertTypeCode = query.CertTypeCode,
        ResultCode = resultCode,
        RetrievedAt = now,
        Fallback = true,
    };

    private Decision Refuse(Dossier state, Event received, LicenceQuery query, string code, Warning why) => Finish(state) with
    {
        Refusal = code,
        Warnings = [why],
        Notes = [new(Refused, received.Partner, received.Id, $"receiver {received.Partner}\ncase {query.Case}\nquery {query.QueryId}\nlicence {query.CertTypeCode}\npurpose {query.Purpose}\nrefused {code}\nreason {why.Code}")],
    };

    /// <summary>The rule decides what may be asked of the customer; what a library has is fetched by queries of their own.</summary>
    private Decision Collect(Dossier state, Event received, DocumentRequest request, Context context)
    {
        var policy = PolicyOf(state, context);
        var rules = policy?.Documents?.Where(rule => rule.Class == state.CustomerClass && rule.Stage == request.Stage).ToList() ?? [];
        var outside = (request.Materials ?? []).Where(material => rules.TrueForAll(rule => rule.Material != material)).ToList();
        if (outside.Count > 0)
        {
            return Finish(state) with
            {
                Refusal = "document_not_allowed",
                Warnings = [.. outside.Select(material => new Warning($"/materials/{request.Materials!.ToList().IndexOf(material)}", "not_allowed", "规则包没有此材料：不得要求客户提供（S1 三.6）", "Not in the pack's list: it may not be asked of the customer (S1 三.6)"))],
                Notes = [new(Refused, received.Partner, received.Id, $"receiver {received.Partner}\ncase {state.Case}\nrequest {request.RequestId}\nstage {request.Stage}\nmaterials {string.Join(' ', outside)}\nrefused document_not_allowed")],
            };
        }

        var wanted = rules.Where(rule => request.Materials is null || request.Materials.Contains(rule.Material)).Select(rule => Wish(rule, state.Case!, request, policy!));
        var collection = new Collection { Partner = received.Partner, Stage = request.Stage!, HolderTypeCode = request.HolderTypeCode!, Documents = [.. wanted] };
        return Finish(state with { Collections = With(state.Collections, request.RequestId!, collection) }) with { Pin = policy?.Pin };
    }

    private static Wanted Wish(DocumentRule rule, string named, DocumentRequest request, Policy policy)
    {
        var licence = rule.Licences.Select(id => policy.Licences?.TypeById(id)).FirstOrDefault(type => type?.IsOf(request.HolderTypeCode!) == true);
        return licence is null ? new(rule.Material, null, null) : new(rule.Material, QueryIdOf(named, request.RequestId!, policy.Documents!.ToList().IndexOf(rule)), licence.Code);
    }

    // Queries are numbered per utility, requests per application: the number is made of both.
    private static string QueryIdOf(string named, string requestId, int index) =>
        $"doc-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{named}\n{requestId}")).AsSpan(0, 8))}.{index}";

    private Decision Confirm(Dossier state, Event received, Receipt receipt)
    {
        var query = state.Queries.Values.FirstOrDefault(query => query.EventId == received.About && query.Partner == received.Partner);
        return query is null
            ? Finish(state) with { Refusal = "not_a_receiver" }
            : query.Receipt is "done" or "rejected"
                ? Finish(state) with { Refusal = "receipt_move" }
                : Finish(With(state, query with { Receipt = receipt.Status }));
    }

    private Decision Expire(Dossier state, Context context)
    {
        var orders = new List<Order>();
        var notes = new List<Note>();
        foreach (var query in state.Queries.Values.Where(query => query.Result is null && query.DueAt <= context.Now).ToList())
        {
            var told = Conclude(state, query, LicenceResults.SourceUnavailable, context);
            state = Read(told.State);
            orders.AddRange(told.Orders);
            notes.AddRange(told.Notes);
        }

        foreach (var query in state.Queries.Values.Where(query => query.ForgetAt <= context.Now).ToList())
            state = With(state, Emptied(query));
        return Finish(state) with { Orders = orders, Notes = notes };
    }

    private static Query Emptied(Query query) =>
        query with { ForgetAt = null, Result = query.Result is { } result ? result with { Fields = new Dictionary<string, string>(), File = null } : null };

    private static IEnumerable<Figure> FiguresOf(Dossier state)
    {
        foreach (var query in state.Queries.Values)
        {
            yield return new("licences.asked", "", state.Region ?? "", query.Partner);
            if (query.Result is { } result)
                yield return new("licences.answered", result.ResultCode, state.Region ?? "", query.Partner);
        }
    }

    private static Dossier Begin(Dossier state, string named, CaseParties? parties) => state with { Case = state.Case ?? named, Region = state.Region ?? parties?.Region };

    // The version the case began under, as long as it is at hand.
    private static Policy? PolicyOf(Dossier state, Context context) =>
        (context.Pinned is { } pin ? context.Policies.Pinned(pin) : null) ?? (state.Region is { } region ? context.Policies.For(region) : null);

    private static string UtilityOf(string partner, Context context) => context.Policies.OperatorById(partner)?.Utility ?? "";

    private Decision Finish(Dossier state) => To(state) with
    {
        Deadline = state.Queries.Values.Min(query => query.Result is null ? query.DueAt : query.ForgetAt),

        // What a library answered stands in it until it is forgotten.
        Private = true,
    };

    private static Dossier With(Dossier state, Query query) => state with { Queries = With(state.Queries, Key(query.Partner, query.QueryId), query) };

    private static Dictionary<string, T> With<T>(IReadOnlyDictionary<string, T> before, string key, T value) => new(before, StringComparer.Ordinal) { [key] = value };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DossierProcess.Dossier))]
internal sealed partial class DossierJson : JsonSerializerContext
{
    private static DossierJson? readable;

    public static DossierJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
