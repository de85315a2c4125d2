using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Deliveries;

/// <summary>A bulk retry on its way, and what became of each of its deliveries.</summary>
internal sealed class JobModel(BulkJobs jobs, Frame frame) : ConsolePage(frame)
{
    public const int PageSize = 200;

    private IReadOnlyDictionary<string, long> counts = new Dictionary<string, long>(StringComparer.Ordinal);

    public BulkJob Job { get; private set; } = null!;
    public IReadOnlyList<BulkItem> Items { get; private set; } = [];
    public long Total => counts.Values.Sum();

    public long Count(string state) => counts.GetValueOrDefault(state);

    public async Task<IActionResult> OnGetAsync(long id, int after = 0)
    {
        if (await jobs.FindAsync(id, Scope) is not { } found)
            return NotFound();
        Job = found;
        counts = await jobs.CountsAsync(id);
        Items = await jobs.ItemsAsync(id, state: null, after, PageSize);
        return Page();
    }

    public async Task<IActionResult> OnPostStopAsync(long id)
    {
        if (!F.Can(Roles.Operator))
            return Missing(Roles.Operator);
        if (await jobs.FindAsync(id, Scope) is null)
            return NotFound();
        if (await jobs.StopAsync(id, Me.Name, HttpContext.TraceIdentifier, F.Now))
            return Done("stopped");
        await OnGetAsync(id);
        return Failed("fail_job_over");
    }
}
