using System.Globalization;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;

namespace Hub.Console;

/// <summary>A chart and the table behind it: the table is there without scripts, and is the chart's data.</summary>
/// <param name="Id">Within its page.</param>
/// <param name="Kind"><c>line</c>, <c>bar</c>, or <c>stack</c> (bars upon one another).</param>
/// <param name="Title">Key of its title.</param>
/// <param name="Note">Key of what has to be known to read it; null: nothing.</param>
/// <param name="RowHead">What a row stands for, in words.</param>
/// <param name="Heads">What the columns are, in words.</param>
/// <param name="Drawn">How many of the columns are drawn; the others stand in the table alone.</param>
internal sealed record ChartTable(string Id, string Kind, string Title, string? Note, string RowHead, IReadOnlyList<string> Heads, IReadOnlyList<ChartRow> Rows, int Drawn)
{
    /// <summary>As it stands in the table, and as the chart reads it.</summary>
    public static string Text(double? value) => value?.ToString("0.#", CultureInfo.InvariantCulture) ?? "";
}

/// <summary>One row; null: there is no figure.</summary>
internal sealed record ChartRow(string Label, IReadOnlyList<double?> Values);

/// <summary>The charts' figures, pure but for what they are given.</summary>
internal static class Charts
{
    private const int LagReceivers = 6;

    public static IReadOnlyList<string> Bands { get; } = ["overdue", "today", "one", "three", "later", "paused"];

    public static ChartTable Latency(Frame frame, IReadOnlyList<LatencyRow> rows, DateTimeOffset from) => new(
        "latency", "line", "chart_latency", "chart_latency_more", frame.W("hour"), [frame.W("p50"), frame.W("p95"), frame.W("p99"), frame.W("sampled"), frame.W("not_yet")],
        [.. rows.Select(row => new ChartRow(Hour(from.UtcDateTime.AddHours(row.Hour)), [row.P50, row.P95, row.P99, row.Sampled, row.Open]))], Drawn: 3);

    /// <summary>What was not delivered, by receiver and hour: the difference of running totals that are kept anyway.</summary>
    /// <param name="samples">Running totals by quarters of an hour.</param>
    /// <param name="now">The totals as they are.</param>
    public static ChartTable Lag(Frame frame, IReadOnlyList<TrafficRow> samples, IReadOnlyList<ConnectorTotals> now)
    {
        var names = now.OrderByDescending(row => row.Queued - row.Taken - row.Skipped).ThenBy(row => row.Name, StringComparer.Ordinal).Take(LagReceivers).Select(row => row.Name).ToList();
        var rows = samples.Where(row => row.Quarter.Minute == 0).GroupBy(row => row.Quarter).OrderBy(group => group.Key)
            .Select(group => new ChartRow(Hour(group.Key), [.. names.Select(name => group.FirstOrDefault(row => row.Receiver == name) is { } row ? row.Queued - row.Taken - row.Skipped : (double?)null)]))
            .Append(new(frame.W("now"), [.. names.Select(name => now.First(row => row.Name == name)).Select(row => (double?)(row.Queued - row.Taken - row.Skipped))]));
        return new("lag", "line", "chart_lag", "chart_lag_more", frame.W("hour"), [.. names.Select(frame.Name)], [.. rows], names.Count);
    }

    public static ChartTable Oldest(Frame frame, IReadOnlyList<ConnectorTotals> now, IReadOnlyDictionary<string, TimeSpan> ages) => new(
        "oldest", "bar", "chart_oldest", null, frame.W("receiver"), [frame.W("minutes")],
        [.. now.Select(row => new ChartRow(frame.Name(row.Name), [Math.Round(ages.GetValueOrDefault(row.Name).TotalMinutes, 1)])).OrderByDescending(row => row.Values[0]).Take(12)], Drawn: 1);

    /// <param name="deadlines">The clocks that run.</param>
    /// <param name="today">In the city's zone.</param>
    /// <param name="policies">Whose calendars count.</param>
    public static ChartTable Load(Frame frame, IEnumerable<Deadline> deadlines, DateOnly today, PolicySet policies) => new(
        "load", "stack", "chart_load", "chart_load_more", frame.W("class_of_customer"), [.. Bands.Select(band => frame.W($"band_{band}"))],
        [.. deadlines.GroupBy(one => one.Class ?? one.CaseType, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => new ChartRow(
            ClassWord(frame, group.Key),
            [.. Bands.Select(band => (double?)group.Count(one => BandOf(one, today, policies.CalendarFor(one.Region)) == band))]))], Bands.Count);

    /// <summary>The one band a clock is in.</summary>
    public static string BandOf(Deadline one, DateOnly today, WorkingCalendar calendar) =>
        new[] { "overdue", "paused", "today", "one", "three" }.FirstOrDefault(near => DeadlineQuery.Is(near, one, today, calendar)) ?? "later";

    /// <param name="transfers">The last co-transfers.</param>
    public static ChartTable Funnel(Frame frame, IReadOnlyList<CoTransferProcess.Transfer> transfers) => new(
        "funnel", "bar", "chart_funnel", "chart_funnel_more", frame.W("step"), [frame.W("funnel_reached"), frame.W("funnel_out"), frame.W("funnel_here")],
        transfers.Count == 0 ? [] : [.. TransferBoard.Steps.Select(step => (Step: step, Figures: TransferBoard.FunnelOf(step, transfers)))
            .Select(one => new ChartRow(frame.W($"board_{one.Step}"), [one.Figures.Reached, one.Figures.Out, one.Figures.Here]))], Drawn: 2);

    private static string ClassWord(Frame frame, string word) => Labels.Find($"process_{word}", frame.English) ?? frame.B(LedgerTexts.Part(word));

    private static string Hour(DateTime instant) => Frame.City(instant).ToString("MM-dd HH:mm", CultureInfo.InvariantCulture);
}
