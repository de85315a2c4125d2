using Hub.Verifier;

// Exit codes: 0 whole, 1 something was found, 2 the question could not be asked (usage, file).
if (!Arguments.TryParse(args, out var arguments))
{
    Console.Error.WriteLine("usage: verifier FILE [--expect-head SEQ:HASH]");
    Console.Error.WriteLine("  SEQ:HASH is a head or a receipt you noted earlier; the entry SEQ must still carry that hash.");
    return 2;
}

try
{
    using var export = File.OpenRead(arguments.File);
    return Print(ExportVerifier.Verify(export, arguments.ExpectedHead));
}
catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(unreadable.Message);
    return 2;
}

static int Print(VerifyReport report)
{
    foreach (var finding in report.Findings)
    {
        Console.WriteLine(finding);
    }

    if (report.FindingsInAll > report.Findings.Count)
    {
        Console.WriteLine($"... and {report.FindingsInAll - report.Findings.Count} more");
    }

    if (report.ContentsRemoved > 0)
    {
        Console.WriteLine($"{report.ContentsRemoved} contents were removed by retention; their digests stand unchecked in the chain");
    }

    Console.WriteLine(report.Ok
        ? $"ok: {report.Entries} entries, head {report.Head}"
        : $"not ok: {report.FindingsInAll} findings in {report.Entries} entries");
    return report.Ok ? 0 : 1;
}
