using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>
/// A ledger (工作台账; S1 四, S2 三(二)3, 四): one case for each period of a reporting duty. Its figures are taken once and stay; people add their words, and submit it
/// under their name to whoever receives it. It is never closed: retention takes nothing of it.
/// </summary>
internal sealed class LedgerReportProcess() : Process<LedgerReportProcess.Case>(LedgerReportJson.Readable.Case)
{
    /// <summary>Of each of the words people say.</summary>
    public const int WordsMax = 2000;

    private const int NotesMax = 100;

    // A message stays below what a feed or a broker carries at once.
    private const int AttachmentBytesMax = 48 * 1024;

    public override string Type => "ledger_report";

    public static string Key(string pack, string report, string period) => $"{pack}:{report}:{period}";

    /// <summary>State of one ledger.</summary>
    internal sealed record Case
    {
        /// <summary>Its key; null before the first event.</summary>
        public string? Ledger { get; init; }

        /// <summary>Version of the pack.</summary>
        public string Policy { get; init; } = "";

        /// <summary>Id of the duty.</summary>
        public string Report { get; init; } = "";
        public DateTimeOffset? From { get; init; }
        public DateTimeOffset? To { get; init; }
        public DateTimeOffset? DueAt { get; init; }
        public Snapshot? Snapshot { get; init; }

        /// <summary>SHA-256 of the snapshot as recorded, hex.</summary>
        public string? Digest { get; init; }
        public Words Words { get; init; } = new();
        public IReadOnlyList<Said> Notes { get; init; } = [];
        public bool Overdue { get; init; }
        public DateTimeOffset? SubmittedAt { get; init; }
        public string? SubmittedBy { get; init; }
        public bool Late { get; init; }

        /// <summary>Connectors it went to.</summary>
        public IReadOnlyList<string> Sent { get; init; } = [];

        /// <summary>Those that have it, with when.</summary>
        public IReadOnlyDictionary<string, DateTimeOffset> Taken { get; init; } = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);

        /// <summary>Business status by the receivers' receipts.</summary>
        public IReadOnlyDictionary<string, string> Receipts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

        /// <summary>open, frozen or submitted.</summary>
        [JsonIgnore] public string Status => SubmittedAt is not null ? "submitted" : Snapshot is not null ? "frozen" : "open";
    }

    /// <summary>What people say beside the figures (进度、成效、问题、措施); null: nothing.</summary>
    internal sealed record Words
    {
        public string? Progress { get; init; }
        public string? Results { get; init; }
        public string? Problems { get; init; }
        public string? Measures { get; init; }

        /// <summary>What is given replaces what was said before; the rest stays.</summary>
        public Words With(Words other) => new()
        {
            Progress = other.Progress ?? Progress, Results = other.Results ?? Results, Problems = other.Problems ?? Problems, Measures = other.Measures ?? Measures,
        };
    }

    internal sealed record Said(DateTimeOffset At, string By, string Reason);

    /// <summary>The figures of a period, counted from the exchange log's entries of that time: the same entries always give the same text.</summary>
    internal sealed record Snapshot
    {
        public required string Ledger { get; init; }
        public required IReadOnlyList<string> Regions { get; init; }
        public required DateTimeOffset From { get; init; }
        public required DateTimeOffset To { get; init; }

        /// <summary>Last entry before the period, and last one of it.</summary>
        public required long After { get; init; }
        public required long Position { get; init; }
        public required IReadOnlyList<Line> Figures { get; init; }
    }

    /// <param name="Part">Null for the whole.</param>
    internal sealed record Line(string Name, string? Part, decimal Value);

    /// <summary>Content of <c>hub.ledger.due.v1</c>.</summary>
    internal sealed record Due(string Ledger, string Policy, string Report, DateTimeOffset From, DateTimeOffset To, DateTimeOffset? DueAt);

    /// <summary>Content of <c>hub.ledger.noted.v1</c>.</summary>
    internal sealed record Noted(Words Words, string By, string Reason);

    /// <summary>Content of <c>hub.ledger.submitted.v1</c>.</summary>
    internal sealed record Submitted(string By, string Reason);

    /// <summary>Content of <c>hub.ledger.told.v1</c>.</summary>
    internal sealed record Told(string Ledger, string Policy, string Report, Words Words, string By, string Reason);

    /// <summary>Canonical: members in the order of the record, no blanks. Its SHA-256 is the ledger's digest.</summary>
    public static byte[] Bytes(Snapshot snapshot) => JsonSerializer.SerializeToUtf8Bytes(snapshot, LedgerReportJson.Readable.Snapshot);

    protected override Decision Decide(Case state, Input input, Context context) => input switch
    {
        Input.Received { Content: Due due } when state.Ledger is null => Finish(new Case { Ledger = due.Ledger, Policy = due.Policy, Report = due.Report, From = due.From, To = due.To, DueAt = due.DueAt }),
        Input.Received { Content: Snapshot snapshot } received when state is { Ledger: not null, Snapshot: null } => Freeze(state, received.Event, snapshot),
        Input.Received { Content: Noted noted } => Note(state, noted, context),
        Input.Received { Content: Submitted submitted } received => Submit(state, received.Event, submitted, context),
        Input.Received { Content: Told told } received => Tell(state, received.Event, told, context),
        Input.Received { Content: Receipt receipt } received => Confirm(state, received.Event, receipt),
        Input.Received => Finish(state) with { Refusal = "ledger_begun" },
        Input.Answered { Answer.Outcome: Outcome.Taken } answered => Finish(state with { Taken = new Dictionary<string, DateTimeOffset>(state.Taken) { [answered.Connector] = context.Now } }),
        Input.TimeUp => Finish(state with { Overdue = state.SubmittedAt is null && state.DueAt <= context.Now }),
        _ => Finish(state),
    };

    private Decision Freeze(Case state, Event received, Snapshot snapshot)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(received.Body.Span));
        return Finish(state with { Snapshot = snapshot, Digest = digest }) with
        {
            Notes = [new("ledger.frozen", "hub", received.Id, $"ledger {state.Ledger}\nposition {snapshot.Position}\ndigest {digest}")],
        };
    }

    private Decision Note(Case state, Noted noted, Context context) =>
        state.Ledger is null ? Finish(state) with { Refusal = "not_found" }
        : state.SubmittedAt is not null ? Finish(state) with { Refusal = "ledger_submitted" }
        : Finish(state with { Words = state.Words.With(noted.Words), Notes = [.. state.Notes.TakeLast(NotesMax - 1), new(context.Now, noted.By, noted.Reason)] });

    private Decision Submit(Case state, Event received, Submitted submitted, Context context) =>
        state.Ledger is null ? Finish(state) with { Refusal = "not_found" }
        : state.SubmittedAt is not null ? Finish(state) with { Refusal = "ledger_submitted" }
        : state.Snapshot is null ? Finish(state) with { Refusal = "ledger_not_counted" }
        : Send(state, received, submitted.By, submitted.Reason, context);

    private Decision Tell(Case state, Event received, Told told, Context context) => state.Ledger is not null
        ? Finish(state) with { Refusal = "ledger_submitted" }
        : Send(new Case { Ledger = told.Ledger, Policy = told.Policy, Report = told.Report, Words = told.Words }, received, told.By, told.Reason, context);

    private Decision Send(Case state, Event received, string by, string reason, Context context)
    {
        var policy = PolicyOf(state, context.Policies);
        var next = state with
        {
            SubmittedAt = context.Now,
            SubmittedBy = by,
            Late = state.DueAt <= context.Now,
            Overdue = false,
            Notes = [.. state.Notes, new(context.Now, by, reason)],
            Sent = [.. Receivers(state, policy).Where(context.Connectors.Contains).Distinct(StringComparer.Ordinal)],
        };
        var report = Of(next, policy);
        var table = LedgerSheet.Csv(report);
        if (table.Length * 4 / 3 <= AttachmentBytesMax)
            report = report with { Attachment = new(LedgerSheet.FileName(report, "csv"), LedgerSheet.CsvType, Convert.ToBase64String(table)) };
        var data = JsonSerializer.SerializeToUtf8Bytes(report, SchemasJson.Readable.LedgerReport);
        return Finish(next) with
        {
            Orders = [.. next.Sent.Select(connector => new Order(connector, CommandTypes.LedgerReport, received.Id, received.Type, context.Now, data, state.DueAt))],
            Notes = [new("ledger.submitted", "hub", received.Id, $"ledger {next.Ledger}\ndigest {next.Digest}\nby {by}\nlate {(next.Late ? "yes" : "no")}\nto {string.Join(' ', next.Sent)}")],
        };
    }

    private Decision Confirm(Case state, Event received, Receipt receipt) => state.Sent.Contains(received.Partner)
        ? Finish(state with { Receipts = new Dictionary<string, string>(state.Receipts) { [received.Partner] = receipt.Status! } })
        : Finish(state) with { Refusal = "not_a_receiver" };

    /// <summary>Names of the connectors of whoever the duty names; a receiver without one reads the pages.</summary>
    public static IEnumerable<string> Receivers(Case state, Policy? policy) => policy?.Reports.FirstOrDefault(rule => rule.Id == state.Report) is { } rule
        ? rule.Receivers.Select(id => policy.Authorities.FirstOrDefault(authority => authority.Id == id)?.Connector).OfType<string>()
        : [];

    /// <summary>The version it was begun under, else the one in force: a duty's words hardly change.</summary>
    public static Policy? PolicyOf(Case state, PolicySet policies) =>
        policies.Pinned(state.Policy) ?? policies.Policies.FirstOrDefault(policy => state.Policy.StartsWith(policy.Id + "@", StringComparison.Ordinal));

    /// <summary>The ledger as it is read.</summary>
    public static LedgerReport Of(Case state, Policy? policy)
    {
        var rule = policy?.Reports.FirstOrDefault(rule => rule.Id == state.Report);
        return new()
        {
            Ledger = state.Ledger!,
            Policy = state.Policy,
            Report = state.Report,
            TitleZh = rule?.Title.Zh ?? state.Report,
            TitleEn = rule?.Title.En ?? state.Report,
            ReporterZh = rule?.Reporter.Zh ?? "",
            ReporterEn = rule?.Reporter.En ?? "",
            Clause = rule?.Clause,
            PeriodType = rule?.Period ?? ReportPeriods.OnEvent,
            From = state.From,
            To = state.To,
            DueAt = state.DueAt,
            Status = state.Status,
            Progress = state.Words.Progress,
            Results = state.Words.Results,
            Problems = state.Words.Problems,
            Measures = state.Words.Measures,
            Figures = state.Snapshot is null ? [] : [.. Shown(state.Snapshot.Figures, policy).Select(line => new LedgerFigure
            {
                Name = line.Name, Part = line.Part, Value = line.Value, TitleZh = Joined(LedgerTexts.Title(line.Name).Zh, LedgerTexts.Part(line.Part).Zh), TitleEn = Joined(LedgerTexts.Title(line.Name).En, LedgerTexts.Part(line.Part).En),
            })],
            Digest = state.Digest,
            Position = state.Snapshot?.Position,
            SubmittedAt = state.SubmittedAt,
            SubmittedBy = state.SubmittedBy,
            Late = state.Late,
            Self = $"/api/v1/ledgers/{state.Ledger}",
        };
    }

    // The snapshot has what was counted and nothing else, so that a later version of Hub still counts the same; what people read has noughts, sums and averages too.
    private static IEnumerable<Line> Shown(IReadOnlyList<Line> counted, Policy? policy)
    {
        var sums = counted.GroupBy(line => line.Name, StringComparer.Ordinal).ToDictionary(lines => lines.Key, lines => lines.Sum(line => line.Value), StringComparer.Ordinal);
        foreach (var name in LedgerTexts.All.Concat(sums.Keys.Except(LedgerTexts.All).Where(name => name != LedgerTexts.WorkingDays).Order(StringComparer.Ordinal)))
        {
            switch (name)
            {
                case LedgerTexts.AverageDays when sums.GetValueOrDefault(LedgerTexts.Energised) is > 0 and var energised:
                    yield return new(name, null, Math.Round(sums.GetValueOrDefault(LedgerTexts.WorkingDays) / energised, 1));
                    break;
                case LedgerTexts.AverageLimit when policy?.Limits.FirstOrDefault(limit => limit is { Measure: "average", Applied: true, Span: LimitSpans.Whole }) is { } limit:
                    yield return new(name, null, limit.Limit);
                    break;
                case LedgerTexts.AverageDays or LedgerTexts.AverageLimit:
                    break;
                default:
                    yield return new(name, null, sums.GetValueOrDefault(name));
                    foreach (var line in counted.Where(line => line.Name == name && line.Part is not null))
                        yield return line;
                    break;
            }
        }
    }

    private static string Joined(string title, string part) => part.Length == 0 ? title : $"{title} · {part}";

    private Decision Finish(Case state) => To(state) with
    {
        Deadline = state is { SubmittedAt: null, Overdue: false } ? state.DueAt : null,
        Unserved = state.Overdue ? "overdue" : null,
        Pin = state.Policy.Length > 0 ? state.Policy : null,

        // It has the names of those who submit, and their words.
        Private = true,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LedgerReportProcess.Case))]
[JsonSerializable(typeof(LedgerReportProcess.Snapshot))]
[JsonSerializable(typeof(LedgerReportProcess.Due))]
[JsonSerializable(typeof(LedgerReportProcess.Noted))]
[JsonSerializable(typeof(LedgerReportProcess.Submitted))]
[JsonSerializable(typeof(LedgerReportProcess.Told))]
internal sealed partial class LedgerReportJson : JsonSerializerContext
{
    private static LedgerReportJson? readable;

    public static LedgerReportJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
