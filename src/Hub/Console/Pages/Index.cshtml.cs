using System.Globalization;
using System.Text.Json;
using Hub.Dispatch;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Npgsql;

namespace Hub.Console.Pages;

/// <summary>The first page: what came in, what went out, who is well.</summary>
internal sealed class IndexModel(LedgerQueries queries, Dossiers dossiers, ILanes lanes, PolicyStore policies, TimeProvider time) : PageModel
{
    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    public bool English { get; private set; }
    public bool Away { get; private set; }
    public LogTotals Totals { get; private set; } = new(0, [], default, 0, 0, 0);
    public IReadOnlyList<ConnectorTotals> Connectors { get; private set; } = [];
    public IReadOnlyList<RecentReceipt> Receipts { get; private set; } = [];
    public IReadOnlyList<WaitView> Waits { get; private set; } = [];
    public IReadOnlyList<DisclosureRow> Disclosures { get; private set; } = [];
    public IReadOnlyList<(string Unit, CoTransferProcess.Case Case)> Transfers { get; private set; } = [];

    public IReadOnlyList<(string Key, PermitProcess.Case Case)> Permits { get; private set; } = [];

    public long Delivered => Connectors.Sum(row => row.Taken);
    public long Open => Connectors.Sum(row => row.Queued - row.Taken - row.Skipped);
    public long Parked => Connectors.Sum(row => row.Parked);

    public async Task OnGetAsync(string? lang)
    {
        English = lang == "en" || (lang is null && Intake.Answers.PrefersEnglish(HttpContext));
        try
        {
            Totals = await queries.TotalsAsync();
            Connectors = await queries.ConnectorsAsync();
            Receipts = await queries.RecentReceiptsAsync(10);
            Disclosures = await dossiers.RecentAsync(10);
            Waits = await queries.WaitsAsync(state: null, receiver: null, 12);
            Permits = [.. (await queries.CasesAsync(ProcessCatalog.Permit.Type, 12)).Select(row => (row.Key, ProcessCatalog.Permit.Read(row.State)))];
            Transfers = [.. (await queries.CasesAsync(ProcessCatalog.CoTransfer.Type, 12)).Select(row => (row.Key, ProcessCatalog.CoTransfer.Read(row.State)))];
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
        {
            Away = true;
            Response.StatusCode = 503;
        }
    }

    public string Word(string key) => Labels.Of(key, English);

    public string Name(string receiver)
    {
        if (policies.Current.OperatorById(receiver) is not { } known)
            return lanes.Find(receiver)?.Settings.Title is { Length: > 0 } title ? title : receiver;
        return English ? known.TitleEn : known.TitleZh;
    }

    /// <summary>Title of a licence type by its code; the code itself where no pack knows it.</summary>
    public string Licence(string code) =>
        policies.Current.Policies.Select(policy => policy.Licences?.TypeByCode(code)).FirstOrDefault(type => type is not null) is { } known ? Titled(known.Title) : code;

    public string Purpose(string id) =>
        policies.Current.Policies.SelectMany(policy => policy.Licences?.Purposes ?? []).FirstOrDefault(purpose => purpose.Id == id) is { } known ? Titled(known.Title) : id;

    private string Titled(Bilingual title) => English ? title.En : title.Zh;

    /// <summary>Icon, word and colour class: never colour alone.</summary>
    public (string Icon, string Word, string Class) Health(ConnectorTotals row)
    {
        if (row.PausedReason is { } reason)
            return ("⏸", $"{Word("paused")}（{reason}）", "warn");
        var breaker = lanes.Find(row.Name)?.BreakerState;
        if (breaker is not null and not Hub.Connectors.BreakerState.Closed)
            return ("✖", Word($"breaker_{breaker}"), "bad");
        if (row.Parked > 0)
            return ("!", $"{Word("parked")} {row.Parked}", "warn");
        return row.Waiting > 0 ? ("…", $"{Word(IsFetched(row) ? "state_offered" : "waiting")} {row.Waiting}", "warn") : ("✔", Word("breaker_Closed"), "good");
    }

    public string Sentence()
    {
        if (Away)
            return Word("database_away");
        if (Connectors.FirstOrDefault(row => Health(row).Class == "bad") is { } bad)
            return English
                ? $"{Name(bad.Name)} is not reachable, {bad.Waiting:N0} waiting"
                : $"{Name(bad.Name)} 接口不通，{bad.Waiting:N0} 条等待";
        if (Connectors.FirstOrDefault(row => row.Parked > 0 || row.PausedReason is not null) is { } parked)
            return English ? $"{Name(parked.Name)}: {Health(parked).Word}" : $"{Name(parked.Name)}：{Health(parked).Word}";
        if (Connectors.Where(row => row.Waiting > 0).MinBy(row => row.OldestWaiting) is { } late)
        {
            var open = late.Queued - late.Taken - late.Skipped;
            if (IsFetched(late))
                return English ? $"{Name(late.Name)}: {open:N0} not fetched yet" : $"{Name(late.Name)} {open:N0} 条尚未取走";
            return English
                ? $"{Name(late.Name)}: {open:N0} not delivered, retrying ({Reason(late.LastReason)})"
                : $"{Name(late.Name)} {open:N0} 条未送达，正在重试（{Reason(late.LastReason)}）";
        }

        var last = Connectors.Max(row => row.LastTakenAt);
        return $"{Word("all_well")}{(English ? ", " : "，")}{Word("last_delivery")} {Ago(last)}";
    }

    private bool IsFetched(ConnectorTotals row) => lanes.Find(row.Name) is { Pulls: true };

    /// <summary>The sentence for a reason word; the word itself where there is none.</summary>
    public string Reason(string? reason) => reason is null ? "" : Word($"reason_{reason}") is var word && word.StartsWith("reason_", StringComparison.Ordinal) ? Word(reason) : word;

    /// <summary>Icon, word and colour class of a step or of one utility's side.</summary>
    public (string Icon, string Word, string Class) Standing(string state) => state switch
    {
        "DONE" => ("✔", Word("transfer_DONE"), "good"),
        "REVERSED" or "CANCELLED" or "NO_CONSENT" => ("↩", Word($"transfer_{state}"), "warn"),
        "NOT_DONE" or "REJECTED" => ("✖", Word($"transfer_{state}"), "bad"),
        "PARTLY_DONE" or "SETTLING" or "ASKING" or "UNKNOWN" or "WAITING_CUSTOMER" or "REVERSING" => ("!", Word($"transfer_{state}"), "warn"),
        _ => ("…", Word($"transfer_{state}"), ""),
    };

    /// <summary>Icon, word and colour class of a permit case's step, or of one item.</summary>
    public (string Icon, string Word, string Class) Permit(string state) => state switch
    {
        "GRANTED" or "FINISHED" or "APPROVED" or "FILED" or "EXEMPT" => ("✔", Word($"permit_{state}"), "good"),
        "REFUSED" or "BROKEN" => ("✖", Word($"permit_{state}"), "bad"),
        "ASKING" or "CORRECTING" or "PROMISING" or "HELD" or "UNSERVED" or "PAUSED" or "RETURNED" => ("!", Word($"permit_{state}"), "warn"),
        "WITHDRAWN" or "DROPPED" => ("↩", Word($"permit_{state}"), "warn"),
        _ => ("…", Word($"permit_{state}"), ""),
    };

    /// <summary>The day that comes first among the clocks that run, and how it stands.</summary>
    public string Due(PermitProcess.Case permits)
    {
        var open = permits.Items.Values.SelectMany(item => item.Clocks).Concat(permits.Clocks).Where(clock => clock.Open && clock.Due is not null).MinBy(clock => clock.Due);
        return open is null ? "—" : $"{open.Due!.Value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} {(open.Status == "overdue" ? Word("clock_overdue") : "")}";
    }

    public string Ago(DateTime? instant)
    {
        if (instant is not { } known)
            return Word("never");
        var span = time.GetUtcNow().UtcDateTime - known;
        var (count, zh, en) = span.TotalSeconds < 90 ? (span.TotalSeconds, "秒", "s") : span.TotalMinutes < 90 ? (span.TotalMinutes, "分钟", "min") : span.TotalHours < 48 ? (span.TotalHours, "小时", "h") : (span.TotalDays, "天", "d");
        var number = Math.Max(0, Math.Floor(count)).ToString("N0", CultureInfo.InvariantCulture);
        return English ? $"{number} {en} ago" : $"{number} {zh}前";
    }

    /// <summary>Wall-clock time of the city.</summary>
    public static string Local(DateTime instant) =>
        new DateTimeOffset(DateTime.SpecifyKind(instant, DateTimeKind.Utc)).ToOffset(CityOffset).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public string Now() => Local(time.GetUtcNow().UtcDateTime);

    public static Receipt Read(RecentReceipt row) => JsonSerializer.Deserialize(row.Content, SchemasJson.Default.Receipt)!;
}
