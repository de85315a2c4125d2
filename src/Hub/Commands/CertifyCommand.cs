using System.CommandLine;
using Hub.Connectors;
using Hub.Connectors.Certification;

namespace Hub.Commands;

/// <summary><c>certify</c>: the certification kit against a receiver. It needs neither settings nor a database.</summary>
internal static class CertifyCommand
{
    public static Command Command()
    {
        var url = new Argument<string?>("url") { Arity = ArgumentArity.ZeroOrOne, Description = "The receiver's address" };
        var secret = new Option<string?>("--secret") { Description = "whsec_…, for signatures v1" };
        var key = new Option<string?>("--key") { Description = "whsk_…, for signatures v1a; the receiver has the whpk_… of it" };
        var effects = new Option<string?>("--effects") { Description = "Where the receiver shows what it made of a case: GET ?subject=… answers {\"effects\": 1, \"sequence\": 1}. Without it only answers are judged" };
        var timeout = new Option<double>("--timeout") { DefaultValueFactory = _ => 20, Description = "Limit of an answer, seconds" };
        var to = new Option<string?>("--out") { Description = "Write the report to this file (JSON)" };
        var check = new Option<string?>("--check") { Description = "Only read a report and tell whether its digest is right" };
        var language = new Option<string>("--lang") { DefaultValueFactory = _ => "en", Description = "zh or en" };
        language.AcceptOnlyFromAmong("zh", "en");
        var command = new Command("certify", "Test a receiver as a sender would, and worse; everything sent is marked as a test. 0: it passed") { url, secret, key, effects, timeout, to, check, language };
        command.SetAction((parsed, cancellation) => CommandLine.TellingFaultsAsync(async () =>
        {
            var english = parsed.GetValue(language) == "en";
            if (parsed.GetValue(check) is { } file)
                return await CheckAsync(file, english, cancellation);
            var receiver = new ConnectorSettings
            {
                Name = "certified",
                Kind = ConnectorCatalog.Webhook,
                Address = ReadAddress(parsed.GetValue(url)),
                EffectsAddress = parsed.GetValue(effects) is { } shown ? ReadAddress(shown) : null,
                Secret = parsed.GetValue(secret),
                PrivateKey = parsed.GetValue(key),
                TimeoutSeconds = parsed.GetValue(timeout),
                ConnectTimeoutSeconds = Math.Min(5, parsed.GetValue(timeout)),
            };
            if (receiver.Validate() is { Count: > 0 } problems)
                throw new InvalidOperationException(string.Join('\n', problems));
            using var run = new CertificationRun(receiver, receiver.EffectsAddress, TimeProvider.System);
            var report = await run.RunAsync(so => System.Console.Error.WriteLineAsync($"{so.Checks[^1].Verdict}  {so.Checks[^1].Id}"), cancellation);
            System.Console.Write(CertificationSheet.Of(report, english));
            if (parsed.GetValue(to) is { } target)
                await File.WriteAllBytesAsync(target, report.ToJson(), cancellation);
            return report.Passed ? 0 : 1;
        }));
        return command;
    }

    private static Uri ReadAddress(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : throw new InvalidOperationException($"'{text}' is no absolute http or https address.");

    private static async Task<int> CheckAsync(string file, bool english, CancellationToken cancellation)
    {
        var report = CertificationReport.Read(await File.ReadAllBytesAsync(file, cancellation)) ?? throw new InvalidOperationException($"{file} is no report of the certification kit.");
        System.Console.Write(CertificationSheet.Of(report, english));
        System.Console.WriteLine(report.IsWhole() ? "ok: the digest is right" : "NOT ok: the digest is not that of the content");
        return report.IsWhole() && report.Passed ? 0 : 1;
    }
}
