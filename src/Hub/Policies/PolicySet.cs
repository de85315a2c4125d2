using Hub.Schemas;

namespace Hub.Policies;

/// <summary>All packs of one load: who serves a place, and by which rules. Immutable; a reload makes another one.</summary>
internal sealed class PolicySet
{
    private readonly Dictionary<string, Policy> pinned;
    private readonly Dictionary<string, (Policy Policy, Operator Operator)> operators = [];

    // By utility and served prefix.
    private readonly Dictionary<string, Dictionary<string, Operator>> served = [];
    private readonly IReadOnlyList<CalendarOverlay> overlays;

    /// <param name="policies">Every version loaded; the highest of each id is current. Checked by the loader.</param>
    /// <param name="digest">SHA-256 over the files, lower-case hex.</param>
    public PolicySet(IReadOnlyList<Policy> policies, WorkingCalendar calendar, IReadOnlyList<CalendarOverlay> overlays, string digest)
    {
        pinned = policies.ToDictionary(policy => policy.Pin);
        Policies = [.. policies.GroupBy(policy => policy.Id).Select(versions => versions.MaxBy(policy => policy.Version, PackVersion.Order)!)
            .OrderBy(policy => policy.Id, StringComparer.Ordinal)];
        Calendar = calendar;
        this.overlays = overlays;
        Digest = digest;
        foreach (var policy in Policies)
        {
            foreach (var serving in policy.Operators)
            {
                Add(policy, serving);
            }
        }
    }

    /// <summary>Every version of every pack.</summary>
    public IReadOnlyCollection<Policy> All => pinned.Values;

    /// <summary>The current version of every pack, by id.</summary>
    public IReadOnlyList<Policy> Policies { get; }

    /// <summary>SHA-256 over all pack and calendar files, lower-case hex.</summary>
    public string Digest { get; }

    /// <summary>Id and version of every calendar in force.</summary>
    public IEnumerable<string> CalendarPins => overlays.Select(overlay => overlay.Calendar.Version.Split('+')[^1]).Prepend(Calendar.Version);

    /// <summary>The national calendar.</summary>
    public WorkingCalendar Calendar { get; }

    /// <summary>
    /// Who gets what concerns a place: one operator for each utility, in the order asked. A named operator wins for its utility when
    /// its pack covers the place; otherwise the longest served prefix does. Empty when nobody serves it.
    /// </summary>
    public IReadOnlyList<Operator> Route(string regionCode, string? operatorCode, IReadOnlyCollection<string> utilities)
    {
        var named = operatorCode is not null && operators.TryGetValue(operatorCode, out var found) && found.Policy.Covers(regionCode)
            ? found.Operator
            : null;
        var route = new List<Operator>(utilities.Count);
        foreach (var utility in utilities)
        {
            if ((named?.Utility == utility ? named : ServedBy(utility, regionCode)) is { } serving)
            {
                route.Add(serving);
            }
        }

        return route;
    }

    /// <summary>The pack with the longest region prefix; null when none covers the place.</summary>
    public Policy? For(string regionCode) => Policies.Where(policy => policy.Covers(regionCode)).MaxBy(policy => policy.LongestPrefix(regionCode));

    /// <summary>The pack a case was begun under; null when that version is no longer among the files.</summary>
    public Policy? Pinned(string pin) => pinned.GetValueOrDefault(pin);

    /// <summary>The current operator of that id; null when there is none.</summary>
    public Operator? OperatorById(string id) => operators.TryGetValue(id, out var found) ? found.Operator : null;

    /// <summary>The calendar of a place: the national one, with the regional days laid over it where a file gives some.</summary>
    public WorkingCalendar CalendarFor(string regionCode) =>
        overlays.Where(overlay => regionCode.StartsWith(overlay.Region, StringComparison.Ordinal)).MaxBy(overlay => overlay.Region.Length)?.Calendar ?? Calendar;

    private Operator? ServedBy(string utility, string region)
    {
        if (!served.TryGetValue(utility, out var areas))
        {
            return null;
        }

        var lookup = areas.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var length in RegionCode.PrefixLengths)
        {
            if (region.Length >= length && lookup.TryGetValue(region.AsSpan(0, length), out var serving))
            {
                return serving;
            }
        }

        return null;
    }

    private void Add(Policy policy, Operator serving)
    {
        operators.Add(serving.Id, (policy, serving));
        if (!served.TryGetValue(serving.Utility, out var areas))
        {
            served[serving.Utility] = areas = [];
        }

        foreach (var prefix in serving.Serves)
        {
            areas.Add(prefix, serving);
        }
    }
}

/// <summary>A calendar with regional days, and the prefix of the places it is for.</summary>
internal sealed record CalendarOverlay(string Region, WorkingCalendar Calendar);
