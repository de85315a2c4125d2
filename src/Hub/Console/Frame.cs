using System.Globalization;
using System.Text.Encodings.Web;
using Hub.Dispatch;
using Hub.Ledger;
using Hub.Policies;
using Hub.Schedule;
using Hub.Telemetry;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.WebUtilities;

namespace Hub.Console;

/// <summary>What every page shares: language, words, names, times, states, and the one sentence.</summary>
internal sealed class Frame(
    IHttpContextAccessor context, LedgerQueries queries, Incidents incidents, ApprovalRequests approvals, CaseFiles cases, DeadlineCounts deadlines, OldestWaiting oldest, ILanes lanes, PolicyStore policies, TimeProvider time)
{
    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(System.Text.Unicode.UnicodeRanges.All);

    private IReadOnlyList<ConnectorTotals>? connectors;

    public HttpContext Http => context.HttpContext!;

    public bool English => Preferences.English(Http);

    public string Theme => Preferences.Theme(Http);

    /// <summary>Null on the pages before sign-in.</summary>
    public HubOperator? Me => SessionAuthentication.Find(Http);

    /// <summary>The partner whose data alone is shown; null: everything.</summary>
    public string? Scope => Me?.Partner;

    public DateTimeOffset Now => time.GetUtcNow();

    public bool Can(string role) => Me?.Has(role) == true;

    public string W(string key) => Labels.Of(key, English);

    /// <summary>A sentence with places <c>{0}</c>, <c>{1}</c>…</summary>
    public string W(string key, params object[] values) => string.Format(CultureInfo.InvariantCulture, W(key), values);

    public string B(Bilingual? text) => text is null ? "" : English ? text.En : text.Zh;

    public static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "—";

    public string N(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>This page with one part of its query changed; an empty value takes it away.</summary>
    public string Here(params (string Name, string? Value)[] changes)
    {
        var query = Http.Request.Query.Where(pair => pair.Key is not ("done" or "handler")).ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString(), StringComparer.Ordinal);
        foreach (var (name, value) in changes)
            query[name] = value;
        return QueryHelpers.AddQueryString(Http.Request.Path, query.Where(pair => !string.IsNullOrEmpty(pair.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    public IHtmlContent Icon(string name) => new HtmlString($"<svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"/lib/icons.svg#{name}\"></use></svg>");

    /// <summary>Icon, word and colour: never colour alone.</summary>
    public IHtmlContent State(string state, string? word = null)
    {
        var (icon, tone) = Look(state);
        return new HtmlString($"<span class=\"st st-{tone}\">{Text(Icon(icon))}{Encoder.Encode(word ?? W($"state_{state}"))}</span>");
    }

    /// <summary>Icon and tone of a state.</summary>
    internal static (string Icon, string Tone) Look(string state) => state switch
    {
        "taken" or "done" or "well" or "closed" or "granted" or "Closed" => ("circle-check", "good"),
        "parked" or "unserved" or "paused" or "Isolated" or "stopped" or "skipped" or "declined" or "refused" => ("hand-stop", "warn"),
        "waiting" or "HalfOpen" or "asked" or "unknown" or "unavailable" => ("hourglass", "warn"),
        "failed" or "again" or "Open" or "open_incident" or "bad" => ("circle-x", "bad"),
        "offered" => ("inbox", "calm"),
        "ended" => ("ban", "calm"),
        _ => ("loader", "calm"),
    };

    /// <summary>The state of a delivery, as people call it.</summary>
    public static string StateOf(DeliveryLine line) => line.WaitState
        ?? (line.Outcome is "taken" or "skipped" ? line.Outcome : Schemas.CommandTypes.IsQuestion(line.Type) && line.Outcome is not null ? "ended" : "open");

    public string Reason(string? reason) => reason is null ? "" : Labels.Find($"reason_{reason}", English) ?? Labels.Find(reason, English) ?? reason;

    /// <summary>The word for a type of event or command.</summary>
    public string Type(string type) => Labels.Find($"type_{type}", English) ?? type;

    public string Name(string? receiver) => receiver is null ? "—" : NameOf(receiver, policies.Current, lanes, English);

    /// <summary>What people call a partner: its name in the packs, else the title of its connector, else its id.</summary>
    public static string NameOf(string receiver, PolicySet policies, ILanes lanes, bool english)
    {
        if (policies.OperatorById(receiver) is { } known)
            return english ? known.TitleEn : known.TitleZh;
        var settings = lanes.Find(receiver)?.Settings;
        return (english ? settings?.TitleEn : settings?.Title) is { Length: > 0 } title ? title : settings?.Title is { Length: > 0 } other ? other : receiver;
    }

    public string Role(string role) => W($"role_{role}");

    /// <summary>Wall-clock time of the city.</summary>
    public static DateTimeOffset City(DateTime instant) => new DateTimeOffset(DateTime.SpecifyKind(instant, DateTimeKind.Utc)).ToOffset(CityOffset);

    public static string Local(DateTime instant) => City(instant).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>How long ago; the moment itself when pointed at.</summary>
    public IHtmlContent Ago(DateTime? instant) => instant is { } known ? TimeTag(known, AgoText(known)) : new HtmlString(Encoder.Encode(W("never")));

    /// <summary>The moment, short.</summary>
    public IHtmlContent At(DateTime? instant) => instant is { } known ? TimeTag(known, City(known).ToString(City(known).Date == City(Now.UtcDateTime).Date ? "HH:mm:ss" : "MM-dd HH:mm", CultureInfo.InvariantCulture)) : new HtmlString("—");

    /// <summary>A deadline, with the working days that are left.</summary>
    public IHtmlContent Due(DateTime? instant)
    {
        if (instant is not { } known)
            return new HtmlString("—");
        var today = DateOnly.FromDateTime(City(Now.UtcDateTime).DateTime);
        var days = policies.Current.Calendar.WorkingDaysBetween(today, DateOnly.FromDateTime(City(known).DateTime));
        var late = known < Now.UtcDateTime;
        var words = late ? W("due_over") : days == 0 ? W("due_today") : W("due_days", days);
        return new HtmlString($"<span class=\"{(late ? "text-bad" : days <= 1 ? "text-warn" : "")}\">{Text(TimeTag(known, $"{City(known):MM-dd HH:mm}"))} {Encoder.Encode(words)}</span>");
    }

    public string AgoText(DateTime instant) => W("ago", Span(Now.UtcDateTime - instant));

    public string Span(TimeSpan span)
    {
        var (count, unit) = span.TotalSeconds < 90 ? (Math.Max(0, span.TotalSeconds), "unit_s") : span.TotalMinutes < 90 ? (span.TotalMinutes, "unit_min") : span.TotalHours < 48 ? (span.TotalHours, "unit_h") : (span.TotalDays, "unit_d");
        return $"{Math.Floor(count).ToString("N0", CultureInfo.InvariantCulture)} {W(unit)}";
    }

    /// <summary>Every connector that the operator may see.</summary>
    public async Task<IReadOnlyList<ConnectorTotals>> ConnectorsAsync() => connectors ??= [.. (await queries.ConnectorsAsync()).Where(row => Scope is null || row.Name == Scope)];

    public async Task<int> ApprovalsAsync() => Scope is null ? await approvals.CountAsync() : 0;

    public static string ConnectorState(ConnectorTotals row, IPartnerLane? lane) =>
        row.PausedReason is not null ? "paused"
        : lane is not null && lane.BreakerState != Connectors.BreakerState.Closed ? lane.BreakerState.ToString()
        : row.Parked > 0 ? "parked"
        : row.Waiting > 0 ? lane is { Pulls: true } ? "offered" : "waiting"
        : "well";

    /// <summary>The one sentence, how serious it is, and where to go.</summary>
    public async Task<(string Text, string Tone, string? Link)> SentenceAsync()
    {
        var open = await incidents.OpenAsync(Scope);
        if (open.Count > 0)
        {
            var top = open[0];
            var (soon, overdue) = Scope is null ? await cases.DueAsync(Now, WorkingDayEnd(1)) : default;
            var text = W($"sentence_{top.Class}", Name(top.Receiver), Span(Now.UtcDateTime - top.OpenedAt), N(top.Affected))
                + (soon + overdue > 0 && top.DueAt is not null ? W("sentence_due", N(soon + overdue)) : "")
                + (open.Count > 1 ? W("sentence_more", open.Count - 1) : "");
            return (text, "bad", $"/incidents/{top.Id}");
        }

        var rows = await ConnectorsAsync();
        if (rows.FirstOrDefault(row => row.PausedReason is not null) is { } paused)
            return (W("sentence_paused", Name(paused.Name), paused.PausedReason!), "warn", $"/connectors/{paused.Name}");
        if (rows.FirstOrDefault(row => row.Parked > 0) is { } parked)
            return (W("sentence_parked", Name(parked.Name), N(parked.Parked)), "warn", $"/deliveries?state=parked&receiver={parked.Name}");
        if (rows.Where(row => row.Waiting > 0).MaxBy(row => row.Waiting) is { } waiting)
        {
            return lanes.Find(waiting.Name) is { Pulls: true }
                ? (W("sentence_offered", Name(waiting.Name), N(waiting.Waiting)), "calm", $"/deliveries?state=offered&receiver={waiting.Name}")
                : (W("sentence_waiting", Name(waiting.Name), N(waiting.Waiting), Reason(waiting.LastReason)), "warn", $"/deliveries?state=waiting&receiver={waiting.Name}");
        }

        // What is over by law is never "all well", whatever the connectors say.
        if (Scope is null && await deadlines.GetAsync() is { Overdue: > 0 } pressing)
            return (W("sentence_overdue", N(pressing.Overdue)), "warn", "/deadlines?near=overdue");
        return (rows.Max(row => row.LastTakenAt) is { } last ? W("sentence_well", AgoText(last)) : W("sentence_well_never"), "good", null);
    }

    public async Task<IReadOnlyDictionary<string, TimeSpan>> AgesAsync() => await oldest.AgesAsync();

    /// <summary>The end of the n-th working day from today, by the general calendar.</summary>
    public DateTimeOffset WorkingDayEnd(int n)
    {
        var today = DateOnly.FromDateTime(City(Now.UtcDateTime).DateTime);
        return new DateTimeOffset(policies.Current.Calendar.AddWorkingDays(today, n).Due.AddDays(1).ToDateTime(TimeOnly.MinValue), CityOffset).ToUniversalTime();
    }

    /// <summary>Every class of incidents with the raw reasons that belong to it.</summary>
    public static string[] ReasonsOf(string incidentClass) => IncidentRules.ReasonsOf(incidentClass, Labels.Reasons);

    private HtmlString TimeTag(DateTime instant, string words) => new($"<time datetime=\"{DateTime.SpecifyKind(instant, DateTimeKind.Utc):O}\" title=\"{Local(instant)} (UTC+8)\">{Encoder.Encode(words)}</time>");

    private static string Text(IHtmlContent content)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture);
        content.WriteTo(writer, Encoder);
        return writer.ToString();
    }
}
