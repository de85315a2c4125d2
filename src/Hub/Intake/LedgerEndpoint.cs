using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Intake;

/// <summary>The ledgers (工作台账) for who receives them, and for offices that look after them: as JSON, CSV or a workbook. They name no customer.</summary>
internal sealed class LedgerEndpoint(PartnerAuthentication authentication, PublisherRate rate, Ledgers ledgers, PolicyStore policies)
{
    /// <summary>A publisher's key reads ledgers, those not submitted yet too, only when this stands among its types.</summary>
    public const string LedgersScope = "hub.ledgers.read";

    private const int LimitMax = 200;

    public Task ListAsync(HttpContext http) => GuardAsync(http, async key =>
    {
        var query = http.Request.Query;
        var (before, limit) = (long.MaxValue, 50);
        if ((query.ContainsKey("before") && !long.TryParse(query["before"], NumberStyles.None, CultureInfo.InvariantCulture, out before))
            || (query.ContainsKey("limit") && (!int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > LimitMax)))
            return new Problem("bad_query");
        var rows = await ledgers.ListAsync(before, limit);
        var lines = rows.Select(row => ProcessCatalog.LedgerReport.Read(row.State)).Where(state => MayRead(key, state)).Select(state => LedgerLine.Of(Report(state))).ToList();
        var next = rows.Count == limit ? rows[^1].CaseId.ToString(CultureInfo.InvariantCulture) : null;
        await Answers.WriteAsync(http, 200, new LedgerPage(lines, next), LedgerEndpointJson.Readable.LedgerPage);
        return null;
    });

    public Task GetAsync(HttpContext http, string id) => GuardAsync(http, async key =>
    {
        if (id.Length > 200 || await ledgers.FindAsync(id) is not { } row || ProcessCatalog.LedgerReport.Read(row.State) is var state && !MayRead(key, state))
            return new Problem("not_found");
        var report = Report(state);
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers.Vary = "Accept";
        var wanted = http.Request.GetTypedHeaders().Accept.OrderByDescending(type => type.Quality ?? 1).Select(type => type.MediaType.Value).FirstOrDefault(type => type is "application/json" or "text/csv" or LedgerWorkbook.ContentType);
        switch (wanted)
        {
            case "text/csv":
                await SendAsync(http, report, LedgerSheet.CsvType, "csv", LedgerSheet.Csv(report));
                break;
            case LedgerWorkbook.ContentType:
                await SendAsync(http, report, LedgerWorkbook.ContentType, "xlsx", LedgerWorkbook.Of(LedgerSheet.Rows(report)));
                break;
            default:
                await Answers.WriteAsync(http, 200, report, SchemasJson.Readable.LedgerReport);
                break;
        }

        return null;
    });

    // A receiver sees what was submitted to it. An office sees those of the places of its key.
    private bool MayRead(ApiKey key, LedgerReportProcess.Case state) => key.Direction == ApiKey.Receive
        ? state.SubmittedAt is not null && state.Sent.Contains(key.Partner)
        : LedgerReportProcess.PolicyOf(state, policies.Current) is { } policy && policy.Regions.All(key.AllowsRegion);

    private LedgerReport Report(LedgerReportProcess.Case state) => LedgerReportProcess.Of(state, LedgerReportProcess.PolicyOf(state, policies.Current));

    private static async Task SendAsync(HttpContext http, LedgerReport report, string type, string extension, byte[] file)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = file.Length;
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{LedgerSheet.FileName(report, extension)}\"";
        await http.Response.Body.WriteAsync(file, http.RequestAborted);
    }

    private Task GuardAsync(HttpContext http, Func<ApiKey, Task<Problem?>> answer) => Answers.GuardAsync(http, async () =>
        await authentication.AuthenticateAsync(http) is not { } key ? new Problem("unauthorised")
        : !rate.TryTake(key.KeyId, http.Response) ? new Problem("rate_limited", RetryAfterSeconds: 1)
        : key.Direction == ApiKey.Publish && !key.Types.Contains(LedgersScope) ? new Problem("type_not_allowed")
        : await answer(key));
}

/// <summary>A page of ledgers, the newest first; a page may be short and still have a <c>Next</c>, null at the end.</summary>
internal sealed record LedgerPage(IReadOnlyList<LedgerLine> Items, string? Next);

internal sealed record LedgerLine(
    string Ledger, string Report, string TitleZh, string TitleEn, string PeriodType, DateTimeOffset? From, DateTimeOffset? To, DateTimeOffset? DueAt, string Status, DateTimeOffset? SubmittedAt,
    string? SubmittedBy, bool Late, string? Digest, string Self)
{
    public static LedgerLine Of(LedgerReport report) => new(
        report.Ledger, report.Report, report.TitleZh, report.TitleEn, report.PeriodType, report.From, report.To, report.DueAt, report.Status, report.SubmittedAt, report.SubmittedBy, report.Late,
        report.Digest, report.Self);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LedgerPage))]
internal sealed partial class LedgerEndpointJson : JsonSerializerContext
{
    private static LedgerEndpointJson? readable;

    public static LedgerEndpointJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
