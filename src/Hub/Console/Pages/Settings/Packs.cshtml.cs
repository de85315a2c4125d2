using Hub.Policies;

namespace Hub.Console.Pages.Settings;

/// <summary>Policy packs in force, and the versions that older cases still go by.</summary>
internal sealed class PacksModel(PolicyStore policies, Frame frame) : ConsolePage(frame)
{
    public PolicySet Set { get; private set; } = null!;

    /// <summary>Kept for the cases that began under them.</summary>
    public IReadOnlyList<Policy> Older { get; private set; } = [];

    public void OnGet()
    {
        Set = policies.Current;
        Older = [.. Set.All.Except(Set.Policies).OrderBy(policy => policy.Pin, StringComparer.Ordinal)];
    }

    /// <summary>Limits whose value is ours, since no source gives one.</summary>
    public static int OwnValues(Policy policy) => policy.Limits.Count(limit => limit.Source == RuleSources.HubDefault);
}
