using Hub.Ledger;
using Hub.Policies;

namespace Hub.Console.Pages.Settings;

/// <summary>Organisations, and the people who work here. Accounts are changed by <c>./hub operators</c>.</summary>
internal sealed class PeopleModel(Operators operators, PolicyStore policies, ConnectorsInForce inForce, Frame frame) : ConsolePage(frame)
{
    public static IReadOnlyList<(string Path, string Word)> Tabs { get; } =
        [("/settings", "people"), ("/settings/packs", "packs"), ("/settings/events", "event_catalogue"), ("/settings/alerts", "alerts"), ("/settings/about", "about")];

    public IReadOnlyList<HubOperator> People { get; private set; } = [];
    public IReadOnlyList<(Policy Policy, Operator Operator, bool Connected)> Utilities { get; private set; } = [];
    public IReadOnlyList<(Policy Policy, Authority Authority, bool Connected)> Authorities { get; private set; } = [];

    public async Task OnGetAsync()
    {
        People = [.. (await operators.ListAsync()).Where(one => Scope is null || one.Partner == Scope)];
        var connected = inForce.All.Select(connector => connector.Name).ToHashSet(StringComparer.Ordinal);
        Utilities = [.. policies.Current.Policies.SelectMany(policy => policy.Operators.Select(one => (policy, one, connected.Contains(one.Connector)))).Where(one => Scope is null || one.one.Connector == Scope)];
        if (Scope is null)
            Authorities = [.. policies.Current.Policies.Where(policy => policy.Regions.Count > 0).SelectMany(policy => policy.Authorities.Select(one => (policy, one, one.Connector is not null && connected.Contains(one.Connector))))];
    }
}
