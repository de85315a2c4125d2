using Hub.Connectors.Certification;
using Hub.Simulators;
using static Hub.Connectors.Certification.CertificationChecks;

namespace Hub.Connectors.Tests;

/// <summary>Each check is seen to fail on a receiver that is wrong in that way, and on no other.</summary>
public sealed class CertificationTests
{
    private static readonly string[] Refusals = [RejectsWrongSignature, RejectsMissingSignature, RejectsTamperedBody, RejectsChangedId, RejectsOldTimestamp];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<Flaw, string[]> Flaws => new()
    {
        { Flaw.None, [] },
        { Flaw.Throttles, [] },
        { Flaw.AnswersNothing, [Reachable] },
        { Flaw.RefusesAll, [AcceptsSigned] },
        { Flaw.ChecksNoSignature, [RejectsWrongSignature, RejectsMissingSignature, RejectsTamperedBody, RejectsChangedId] },
        { Flaw.ChecksFormOnly, [RejectsWrongSignature, RejectsTamperedBody, RejectsChangedId] },
        { Flaw.TakesUnsigned, [RejectsMissingSignature] },
        { Flaw.SignsWhatItKnows, [RejectsTamperedBody, TakesUnknownFields] },
        { Flaw.SignsIdOfBody, [RejectsChangedId] },
        { Flaw.ChecksNoTime, [RejectsOldTimestamp] },
        { Flaw.ErrorInsteadOfRefusal, Refusals },
        { Flaw.ActsBeforeChecking, Refusals },
        { Flaw.ActsOnRepeats, [DropsRepeats, KeepsOrder, SurvivesLostAnswer] },
        { Flaw.RefusesRepeats, [DropsRepeats, KeepsOrder, SurvivesLostAnswer] },
        { Flaw.OlderOverwrites, [KeepsOrder] },
        { Flaw.RefusesOlder, [KeepsOrder] },
        { Flaw.RefusesUnknownTypes, [TakesUnknownType] },
        { Flaw.RefusesUnknownFields, [TakesUnknownFields] },
        { Flaw.ShortBodies, [TakesLargeBody] },
        { Flaw.RemembersBeforeReading, [SurvivesCutRequest] },
        { Flaw.RemembersAfterAnswering, [SurvivesLostAnswer] },
        { Flaw.BreaksUnderLoad, [SurvivesBurst] },
        { Flaw.ThrottlesForEver, [SurvivesBurst] },
        { Flaw.Slow, [AnswersPromptly] },
    };

    [Theory]
    [MemberData(nameof(Flaws))]
    public async Task A_flaw_fails_the_checks_it_concerns_and_no_other(Flaw flaw, string[] failing)
    {
        await using var receiver = await FaultyReceiver.StartAsync(flaw);
        using var run = new CertificationRun(SettingsOf(receiver.Address, flaw switch { Flaw.AnswersNothing => 1, Flaw.Slow => 4, _ => 60 }), new Uri(receiver.Address, "effects"), TimeProvider.System);

        var report = await run.RunAsync(_ => Task.CompletedTask, Cancellation);

        Assert.Equal(failing, report.Checks.Where(check => check.Verdict == CertificationVerdicts.Fail).Select(check => check.Id));
        Assert.Equal(failing is [] or [AnswersPromptly], report.Passed);
        Assert.Equal(All.Select(check => check.Id), report.Checks.Select(check => check.Id));
        Assert.Equal(failing is [Reachable] or [AcceptsSigned], report.Checks.Any(check => check.Verdict == CertificationVerdicts.Skip));
        Assert.Equal(0, receiver.TooSoon);
        Assert.All(receiver.Subjects, subject => Assert.StartsWith(CertificationRun.SubjectPrefix, subject, StringComparison.Ordinal));
        if (flaw == Flaw.None)
            Assert.Equal(64 * 1024, receiver.Longest);
        if (flaw == Flaw.Throttles)
            Assert.Contains("slow down", report.Checks.Single(check => check.Id == SurvivesBurst).Reason.En, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_view_of_effects_a_report_says_what_cannot_be_seen()
    {
        await using var receiver = await FaultyReceiver.StartAsync(Flaw.ActsOnRepeats);
        using var run = new CertificationRun(SettingsOf(receiver.Address), effects: null, TimeProvider.System);

        var report = await run.RunAsync(_ => Task.CompletedTask, Cancellation);

        Assert.True(report.Passed);
        Assert.False(report.EffectsSeen);
        Assert.All(new[] { DropsRepeats, KeepsOrder, SurvivesLostAnswer }, id => Assert.Contains("cannot be seen", report.Checks.Single(check => check.Id == id).Reason.En, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_pretended_utility_is_certified_by_secret_and_by_key(bool bySecret)
    {
        var secret = FaultyReceiver.Secret;
        var seed = new byte[32];
        var partner = new PartnerSettings { Name = "gas", Kind = "webhook", Secret = bySecret ? secret : null, PublicKey = bySecret ? null : WebhookSignature.PublicKeyOf(seed) };
        await using var host = await SimulatorHost.StartAsync(new() { Partners = [partner] }, Cancellation);
        var settings = SettingsOf(host.AddressOf("gas")) with { Secret = bySecret ? secret : null, PrivateKey = bySecret ? null : "whsk_" + Convert.ToBase64String(seed) };
        using var run = new CertificationRun(settings, new Uri(host.AdminAddress, "gas/effects"), TimeProvider.System);

        var report = await run.RunAsync(_ => Task.CompletedTask, Cancellation);

        Assert.True(report.Passed, CertificationSheet.Of(report, english: true));
        Assert.Equal(bySecret ? "v1" : "v1a", report.Signatures);
    }

    [Fact]
    public async Task A_report_that_was_changed_is_not_whole_and_names_no_secret()
    {
        await using var receiver = await FaultyReceiver.StartAsync(Flaw.TakesUnsigned);
        var told = 0;
        using var run = new CertificationRun(SettingsOf(new Uri(receiver.Address, "?token=hidden")), effects: null, TimeProvider.System);

        var report = await run.RunAsync(
            so =>
            {
                told = so.Checks.Count;
                return Task.CompletedTask;
            },
            Cancellation);
        var read = CertificationReport.Read(report.ToJson())!;
        var text = System.Text.Encoding.UTF8.GetString(report.ToJson());

        Assert.Equal(All.Count, told);
        Assert.True(read.IsWhole());
        Assert.False((read with { Passed = true }).IsWhole());
        Assert.DoesNotContain("hidden", text, StringComparison.Ordinal);
        Assert.DoesNotContain(FaultyReceiver.Secret, text, StringComparison.Ordinal);
        Assert.Contains("未通过", CertificationSheet.Of(read, english: false), StringComparison.Ordinal);
    }

    // Long, since nothing here is about the machine's speed but what says so.
    private static ConnectorSettings SettingsOf(Uri address, double timeout = 60) =>
        new() { Name = "tested", Kind = ConnectorCatalog.Webhook, Address = address, Secret = FaultyReceiver.Secret, TimeoutSeconds = timeout, ConnectTimeoutSeconds = 1 };
}
