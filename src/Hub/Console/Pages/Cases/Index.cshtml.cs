using Hub.Ledger;
using Hub.Processes;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Cases;

/// <summary>Finds the file of whoever calls, by whatever number they have.</summary>
internal sealed class ListModel(CaseFiles cases, Frame frame) : ConsolePage(frame)
{
    public string? Text { get; private set; }
    public IReadOnlyList<CaseLine> Lines { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(string? q)
    {
        Text = OneLine(q) is { Length: > 0 and <= 200 } text ? text : null;
        Lines = Text is null ? await cases.NewestAsync(Scope, 30) : await cases.FindAsync(Text, ProcessCatalog.EmptyStates.Keys, NumberKinds.All, Scope);
        return Text is not null && Lines.Count == 1 ? Redirect($"/cases/{Lines[0].CaseId}") : Page();
    }
}
