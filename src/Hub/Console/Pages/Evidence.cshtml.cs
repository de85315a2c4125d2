using System.Globalization;
using Hub.Ledger;
using Hub.Policies;
using Hub.Schedule;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages;

/// <summary>The exchange log: does it hold, what one entry proves, who did and who saw what.</summary>
internal sealed class EvidenceModel(LedgerQueries queries, CaseFiles cases, Dossiers dossiers, ExchangeLog log, ChainWatch watch, PolicyStore policies, Frame frame) : ConsolePage(frame)
{
    public LogTotals Totals { get; private set; } = new(0, [], default, 0, 0, 0);
    public (DateTimeOffset At, long Entries)? Verified => watch.LastGood;

    /// <summary>The verification under way on this node.</summary>
    public ChainRun? Run => watch.Run;

    /// <summary>What the last one found that a person asked for.</summary>
    public ChainReport? Report => watch.Asked;
    public string? Text { get; private set; }
    public LogProof? Proof { get; private set; }
    public bool ProofHolds { get; private set; }
    public string Stamp => ExchangeLog.Stamp(new DateTimeOffset(Proof!.At, TimeSpan.Zero));
    public IReadOnlyList<ActLine> Acts { get; private set; } = [];
    public IReadOnlyList<DisclosureRow> Disclosures { get; private set; } = [];

    public async Task OnGetAsync(string? q, long? before)
    {
        if (Scope is not null)
            return;
        Totals = await queries.TotalsAsync();
        Text = OneLine(q) is { Length: > 0 } text ? text : null;
        Proof = Text is null ? null : await cases.ProofAsync(Text.Replace(",", "", StringComparison.Ordinal));
        if (Proof is { } proof)
            ProofHolds = ExchangeLog.Hash(proof.Previous ?? new byte[32], new(proof.Seq, Stamp, proof.Kind, proof.Partner, proof.Ref, proof.Alg, proof.Digest, proof.Hash, null, null)).AsSpan().SequenceEqual(proof.Hash);
        if (MayRead)
            Acts = await cases.RecentActsAsync(before ?? long.MaxValue, 50);
        Disclosures = await dossiers.RecentAsync(20);
    }

    public async Task<IActionResult> OnPostVerifyAsync()
    {
        if (!MayRead)
            return Missing(Roles.Auditor);
        await log.NoteAsync($"act Verify\nby {Me.Name}\nreason \nrequest {HttpContext.TraceIdentifier}");
        return watch.Begin(Me.Name) ? Done("verifying") : Failed("fail_verifying");
    }

    public async Task<IActionResult> OnPostStopAsync()
    {
        if (!MayRead)
            return Missing(Roles.Auditor);
        await log.NoteAsync($"act StopVerify\nby {Me.Name}\nreason \nrequest {HttpContext.TraceIdentifier}");
        watch.Stop();
        return Done("verify_stopped");
    }

    /// <summary>The log without bodies, for an independent verifier; that it was taken out is its last entry.</summary>
    public async Task<IActionResult> OnPostExportAsync()
    {
        if (!MayRead)
            return Missing(Roles.Auditor);
        await log.NoteAsync($"act Export\nby {Me.Name}\nreason without bodies\nrequest {HttpContext.TraceIdentifier}");
        Response.ContentType = "application/jsonl; charset=utf-8";
        Response.Headers.ContentDisposition = $"attachment; filename=\"exchange-log-{F.Now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}.jsonl\"";
        await log.ExportAsync(Response.Body, withBodies: false, HttpContext.RequestAborted);
        return new EmptyResult();
    }

    /// <summary>Title of a licence type by its code; the code itself where no pack knows it.</summary>
    public string Licence(string code) =>
        policies.Current.Policies.Select(policy => policy.Licences?.TypeByCode(code)).FirstOrDefault(type => type is not null) is { } known ? Titled(known.Title) : code;

    public string Purpose(string id) =>
        policies.Current.Policies.SelectMany(policy => policy.Licences?.Purposes ?? []).FirstOrDefault(purpose => purpose.Id == id) is { } known ? Titled(known.Title) : id;

    private bool MayRead => Scope is null && (F.Can(Roles.Auditor) || F.Can(Roles.SecurityOfficer));

    private string Titled(Bilingual title) => F.English ? title.En : title.Zh;
}
