using System.Globalization;
using Hub.Ledger;
using Microsoft.AspNetCore.WebUtilities;

namespace Hub.Console;

/// <summary>The filters of the list of deliveries, as they stand in its address: bound by name, and the whole of what a bulk retry chooses.</summary>
internal sealed record DeliveryQuery
{
    /// <summary>States that a list can be narrowed to.</summary>
    public static IReadOnlyList<string> States { get; } = ["open", WaitRow.Waiting, WaitRow.Parked, WaitRow.Offered, "taken", "skipped"];

    public string? State { get; init; }
    public string? Receiver { get; init; }
    public string? Type { get; init; }

    /// <summary>Class of reasons, as incidents have them.</summary>
    public string? Class { get; init; }

    /// <summary>One raw reason.</summary>
    public string? Reason { get; init; }

    /// <summary>First day, in the city's zone.</summary>
    public string? From { get; init; }

    /// <summary>Last day, in the city's zone.</summary>
    public string? To { get; init; }

    /// <summary><c>yes</c>: only what was attempted more than once.</summary>
    public string? Resent { get; init; }

    /// <summary>A number by which cases are found.</summary>
    public string? Case { get; init; }

    public bool IsEmpty => this == new DeliveryQuery();

    /// <param name="query">As it came; what is not known is no filter.</param>
    public static DeliveryQuery Read(IQueryCollection query)
    {
        return new()
        {
            State = States.Contains(query["state"].ToString()) ? query["state"].ToString() : null,
            Receiver = Text("receiver"),
            Type = Text("type"),
            Class = Schedule.IncidentRules.Classes.Contains(query["class"].ToString()) ? query["class"].ToString() : null,
            Reason = Text("reason"),
            From = Day("from") is null ? null : query["from"].ToString(),
            To = Day("to") is null ? null : query["to"].ToString(),
            Resent = query["resent"] == "yes" ? "yes" : null,
            Case = Text("case")?.Trim() is { Length: > 0 } number ? number : null,
        };

        string? Text(string name) => query[name].ToString() is { Length: > 0 and <= 100 } text ? text : null;
        DateOnly? Day(string name) => DateOnly.TryParseExact(query[name].ToString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
    }

    /// <param name="scope">The partner whose data alone is shown; null: everything.</param>
    /// <param name="cases">Finds cases by their numbers.</param>
    public async Task<DeliveryFilter> FilterAsync(string? scope, CaseFiles cases) => new()
    {
        CaseIds = Case is null ? null : [.. (await cases.FindAsync(Case, Processes.ProcessCatalog.EmptyStates.Keys, Processes.NumberKinds.All, scope)).Select(found => found.CaseId)],
        Resent = Resent is not null,
        State = State,
        Receiver = scope ?? Receiver,
        Type = Type,
        Reasons = Reason is not null ? [Reason] : Class is not null ? Frame.ReasonsOf(Class) : null,
        From = Midnight(From),
        To = Midnight(To)?.AddDays(1),
    };

    /// <summary>The address part that says the same.</summary>
    public string Text => QueryHelpers.AddQueryString("", Pairs).TrimStart('?');

    public IReadOnlyDictionary<string, string?> Pairs => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["state"] = State, ["receiver"] = Receiver, ["type"] = Type, ["class"] = Class, ["reason"] = Reason, ["from"] = From, ["to"] = To, ["resent"] = Resent, ["case"] = Case,
    }.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

    private static DateTimeOffset? Midnight(string? day) =>
        day is null ? null : new DateTimeOffset(DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture).ToDateTime(TimeOnly.MinValue), TimeSpan.FromHours(8)).ToUniversalTime();
}
