using Hub.Ledger;

namespace Hub.Console.Pages.Incidents;

/// <summary>What is wrong, the greatest legal harm first, and what was.</summary>
internal sealed class ListModel(Hub.Ledger.Incidents incidents, Frame frame) : ConsolePage(frame)
{
    public IReadOnlyList<Incident> Open { get; private set; } = [];
    public IReadOnlyList<Incident> Closed { get; private set; } = [];

    public async Task OnGetAsync()
    {
        Open = await incidents.OpenAsync(Scope);
        Closed = await incidents.ClosedAsync(Scope, 30);
    }
}
