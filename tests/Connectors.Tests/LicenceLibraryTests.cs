using System.Text;
using System.Text.Json;
using Hub.Schemas;
using Library = Hub.Simulators.LicenceLibrary;

namespace Hub.Connectors.Tests;

/// <summary>What the hub may rely on from a library of licences, against its simulator over real HTTP: every wrong answer is told for what it is, and none is kept.</summary>
public sealed class LicenceLibraryTests
{
    private const string Identity = "11100000000013127D001";

    private static Command Question(string holder = Library.Citizen, string type = Identity, string holderType = "111") => Commands.Create() with
    {
        Type = CommandTypes.LicenceQuery,
        Data = JsonSerializer.SerializeToUtf8Bytes(
            new LicenceQuestion
            {
                HolderTypeCode = holderType, HolderCode = holder, CertTypeCode = type, UseCause = "办理新装用电", Applicant = "sgcc-linfen", Case = "application:1", LegalBasisRef = "GX-2026-07", ConsentId = "C-1",
            },
            SchemasJson.Readable.LicenceQuestion),
    };

    private static LicenceFinding? Finding(Answer answer) => answer.Content.IsEmpty ? null : JsonSerializer.Deserialize(answer.Content.Span, SchemasJson.Default.LicenceFinding);

    [Fact]
    public async Task A_licence_is_found_with_its_fields_and_its_file_by_reference()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);

        var answer = await partnership.DeliverAsync(Question());

        Assert.Equal((Outcome.Taken, "0000"), (answer.Outcome, answer.PartnerCode));
        var finding = Finding(answer)!;
        Assert.Equal((LicenceResults.Found, "valid", "张示例", null), (finding.Result, finding.Status, finding.Fields["holderName"], finding.ValidTo));
        Assert.Equal(("sha-256", 64), (finding.File!.HashAlg, finding.File.FileHash.Length));
        Assert.True(LicenceIdentifier.Parse(finding.CertIdentifier!).Ok);
        Assert.Equal(32, answer.RequestDigest.Length);
    }

    [Theory]
    [InlineData(Library.OtherCitizen, Identity, "none", LicenceResults.NotFound)]
    [InlineData(Library.Citizen, Identity, "library_none", LicenceResults.NotFound)]
    [InlineData(Library.Citizen, Identity, "library_other_holder", LicenceResults.HolderMismatch)]
    public async Task Nothing_of_a_record_that_is_not_the_holders_goes_on(string holder, string type, string fault, string result)
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);
        partnership.Strike(fault);

        var answer = await partnership.DeliverAsync(Question(holder, type));

        Assert.Equal(Outcome.Taken, answer.Outcome);
        var finding = Finding(answer)!;
        Assert.Equal((result, 0, null, null), (finding.Result, finding.Fields.Count, finding.Issuer, finding.File));
        Assert.DoesNotContain("示例", Encoding.UTF8.GetString(answer.Content.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("library_revoked", "revoked")]
    [InlineData("library_expired", "expired")]
    [InlineData("library_stale", "valid")]
    public async Task The_librarys_word_about_its_state_goes_on_as_it_is(string fault, string status)
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);
        partnership.Strike(fault);

        Assert.Equal(status, Finding(await partnership.DeliverAsync(Question()))!.Status);
    }

    [Fact]
    public async Task An_identifier_with_a_wrong_check_character_is_found_all_the_same()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);
        partnership.Strike("library_check_digit");

        Assert.False(LicenceIdentifier.Parse(Finding(await partnership.DeliverAsync(Question()))!.CertIdentifier!).Ok);
    }

    // R26: whatever comes instead of an answer, nothing of it is stored.
    [Theory]
    [InlineData("library_other_type", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("library_no_status", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("library_bad_day", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("library_bad_digest", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("library_duplicate_key", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("library_bom", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("library_gbk", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("library_drift", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("html", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("empty", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("huge", Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData("library_busy", Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData("library_down", Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData("http500", Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData("http429", Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData("http503", Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData("http4xx", Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData("refuse", Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData("unauthorised", Outcome.Unavailable, AnswerReasons.Unauthorised)]
    [InlineData("not_found", Outcome.Unavailable, AnswerReasons.NotFound)]
    [InlineData("redirect", Outcome.Unavailable, AnswerReasons.Redirected)]
    [InlineData("gone", Outcome.Unavailable, AnswerReasons.Gone)]
    [InlineData("reset", Outcome.Unknown, AnswerReasons.ConnectionLost)]
    [InlineData("reset_mid_body", Outcome.Unknown, AnswerReasons.ConnectionLost)]
    public async Task A_wrong_answer_is_told_for_what_it_is_and_carries_nothing(string fault, Outcome outcome, string reason)
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);
        partnership.Strike(fault);

        var answer = await partnership.DeliverAsync(Question());

        Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason));
        Assert.True(answer.Content.IsEmpty && answer.ResponseBody.IsEmpty);
        Assert.Equal(reason == AnswerReasons.Throttled, answer.Throttle);
    }

    [Fact]
    public async Task Of_the_answers_bytes_only_the_digest_is_kept()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);

        var answer = await partnership.DeliverAsync(Question());

        Assert.True(answer.ResponseBody.IsEmpty);
        Assert.Matches("^sha-256 [0-9a-f]{64}$", answer.PartnerReference);
    }

    [Fact]
    public async Task A_timeout_is_no_answer()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);
        partnership.Strike("timeout");

        var answer = await partnership.TimeOutAsync(() => partnership.DeliverAsync(Question()));

        Assert.Equal((Outcome.Unknown, AnswerReasons.TimedOut), (answer.Outcome, answer.Reason));
    }

    [Fact]
    public async Task What_nobody_waits_for_any_more_is_not_asked()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);

        var answer = await partnership.DeliverAsync(Question() with { DueAt = partnership.Clock.GetUtcNow() });

        Assert.Equal((Outcome.Unavailable, AnswerReasons.Lapsed), (answer.Outcome, answer.Reason));
        Assert.Equal(0, partnership.Stats.Requests);
    }

    [Fact]
    public async Task A_wrong_key_is_our_trouble()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary, settings => settings with { Secret = "another" });

        Assert.Equal(AnswerReasons.Unauthorised, (await partnership.DeliverAsync(Question())).Reason);
    }

    [Fact]
    public async Task A_command_of_another_type_is_our_fault_and_named()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.LicenceLibrary);

        await Assert.ThrowsAsync<InvalidOperationException>(() => partnership.DeliverAsync(Commands.Create()));
    }

    [Theory]
    [InlineData(ConnectorCatalog.SgccCrm)]
    [InlineData(ConnectorCatalog.LocalCrm)]
    [InlineData(ConnectorCatalog.Webhook)]
    public async Task A_result_reaches_the_utility_that_asked_in_its_own_dialect(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        var result = new LicenceAnswer
        {
            QueryId = "Q-1", Case = "application:1", CertTypeCode = Identity, ResultCode = LicenceResults.Found, RetrievedAt = FakeClock.Start, Fallback = true, Self = LicenceAnswer.AddressOf("Q-1"),
        };
        var command = Commands.Create() with
        {
            Type = CommandTypes.LicenceAnswer, CauseType = EventTypes.LicenceAnswered, Subject = "application:partner/1", Data = JsonSerializer.SerializeToUtf8Bytes(result, SchemasJson.Readable.LicenceAnswer),
        };

        var answer = await partnership.DeliverAsync(command);

        Assert.Equal(Outcome.Taken, answer.Outcome);
        Assert.Contains("/api/v1/licence-queries/Q-1", Encoding.UTF8.GetString(Assert.Single(partnership.Book.List("application:partner/1", 10)).Fields), StringComparison.Ordinal);
    }
}
