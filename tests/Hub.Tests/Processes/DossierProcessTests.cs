using System.Text.Json;
using Hub.Processes;
using Hub.Schemas;
using Xunit;
using static Hub.Tests.Processes.DossierCase;

namespace Hub.Tests.Processes;

public sealed class DossierProcessTests
{
    private static LicenceAnswer Sent(Order order) => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.LicenceAnswer)!;

    private static string Why(Decision decision) => Assert.Single(decision.Warnings).Code;

    [Fact]
    public void A_query_with_a_consent_asks_the_library_that_the_pack_names_and_keeps_no_number_in_the_state()
    {
        var dossier = Opened().Consented();

        var order = Assert.Single(dossier.Ask().Orders);

        Assert.Equal(("licence-library", CommandTypes.LicenceQuery, dossier.Now.AddMinutes(10)), (order.Connector, order.Type, order.DueAt));
        var question = JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.LicenceQuestion)!;
        Assert.Equal(("11010519491231002X", Identity, "办理新装用电", "GX-2026-07", "C-1", "sgcc-linfen"), (question.HolderCode, question.CertTypeCode, question.UseCause, question.LegalBasisRef, question.ConsentId, question.Applicant));
        Assert.DoesNotContain("11010519491231002X", JsonSerializer.Serialize(dossier.State), StringComparison.Ordinal);
    }

    // Each result code of field-spec §2 and what leads to it.
    public static TheoryData<string, string> Outcomes => new()
    {
        { "valid", LicenceResults.Found }, { "none", LicenceResults.NotFound }, { "expired", LicenceResults.Expired }, { "stale", LicenceResults.Expired }, { "last_day", LicenceResults.Found },
        { "revoked", LicenceResults.Revoked }, { "revoked_and_stale", LicenceResults.Revoked }, { "other_holder", LicenceResults.HolderMismatch }, { "no_consent", LicenceResults.ConsentRequired },
        { "withdrawn_meanwhile", LicenceResults.ConsentRequired }, { "expired_meanwhile", LicenceResults.ConsentRequired }, { "server_error", LicenceResults.SourceUnavailable }, { "refused", LicenceResults.SourceUnavailable },
        { "unintelligible", LicenceResults.SourceUnavailable }, { "time_up", LicenceResults.SourceUnavailable }, { "no_connector", LicenceResults.SourceUnavailable }, { "throttled", LicenceResults.RateLimited },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void Every_result_code_is_reached_and_only_a_licence_in_force_discloses_anything(string story, string resultCode)
    {
        var dossier = Opened().Consented();
        if (story == "no_connector")
            dossier.Connectors.Remove("licence-library");
        dossier.Ask(change: story == "no_consent" ? query => query with { ConsentId = null } : null);
        switch (story)
        {
            case "valid": dossier.Finding(Valid); break;
            case "none": dossier.Finding(new() { Result = LicenceResults.NotFound }); break;
            case "expired": dossier.Finding(Valid with { Status = "expired" }); break;
            case "stale": dossier.Finding(Valid with { ValidTo = new(2026, 3, 1) }); break;
            case "last_day": dossier.Finding(Valid with { ValidTo = new(2026, 3, 2) }); break;
            case "revoked": dossier.Finding(Valid with { Status = "revoked" }); break;
            case "revoked_and_stale": dossier.Finding(Valid with { Status = "revoked", ValidTo = new(2026, 3, 1) }); break;
            case "other_holder": dossier.Finding(new() { Result = LicenceResults.HolderMismatch }); break;
            case "withdrawn_meanwhile": Between(dossier, () => dossier.Withdraw()); break;
            case "expired_meanwhile": dossier.Now = dossier.Now.AddDays(30); dossier.Finding(Valid); break;
            case "server_error": dossier.Answer(Answer.Unavailable(AnswerReasons.ServerError)); break;
            case "refused": dossier.Answer(Answer.Refused(AnswerReasons.ContentRefused)); break;
            case "unintelligible": dossier.Answer(Answer.Unknown(AnswerReasons.Unintelligible)); break;
            case "throttled": dossier.Answer(Answer.Unavailable(AnswerReasons.Throttled)); break;
            case "time_up": dossier.Now = dossier.Now.AddMinutes(10); dossier.TimeUp(); break;
        }

        var result = dossier.Result()!;
        Assert.Equal((resultCode, true), (result.ResultCode, result.Fallback));
        Assert.Equal(resultCode == LicenceResults.Found, result.Fields.Count > 0 && result.File is not null);
        Assert.Equal(resultCode is LicenceResults.Found or LicenceResults.Expired or LicenceResults.Revoked, result.Issuer is not null);
    }

    // What was asked stays the case's last event.
    private static void Between(DossierCase dossier, Action act)
    {
        var asked = dossier.LastEvent;
        act();
        var late = ProcessCatalog.Dossier.Advance(
            JsonSerializer.Serialize(dossier.State, DossierJson.Readable.Dossier),
            new Input.Answered("licence-library", CommandTypes.LicenceQuery, asked, Answer.Taken() with { Content = JsonSerializer.SerializeToUtf8Bytes(Valid, SchemasJson.Readable.LicenceFinding) }),
            new Context(dossier.Now, Policies.ShippedPacks.Set, null, dossier.Connectors));
        dossier.Take(late);
    }

    [Fact]
    public void All_result_codes_stand_in_the_table() => Assert.Equal(LicenceResults.All.Order(), Outcomes.Select(row => row.Data.Item2).Distinct().Order());

    [Fact]
    public void Only_the_fields_of_receiver_and_purpose_are_disclosed_and_the_entry_names_them_and_no_holder()
    {
        var dossier = Opened().Consented();
        dossier.Ask();

        var note = Assert.Single(dossier.Finding(Valid).Notes, note => note.Kind != Figure.Booked);

        Assert.Equal(["holderName"], dossier.Result()!.Fields.Keys);
        Assert.Equal(("data.disclosed", "sgcc-linfen", DossierProcess.Reference(Holder)), (note.Kind, note.Partner, note.Ref));
        Assert.Equal(
            ["receiver sgcc-linfen", "case application:2026-1", "query Q-1", $"licence {Identity}", "purpose new_connection", "cause-sha256 " + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes("办理新装用电"))), "basis GX-2026-07", "consent C-1", "result FOUND", "fields holderName file"],
            note.Text.Split('\n'));
    }

    [Theory]
    [InlineData("missing", "consent_missing")]
    [InlineData("unknown", "consent_unknown")]
    [InlineData("withdrawn", "consent_withdrawn")]
    [InlineData("expired", "consent_expired")]
    [InlineData("another", "consent_of_another")]
    [InlineData("purpose", "consent_scope")]
    [InlineData("licence", "consent_scope")]
    [InlineData("other_utility", "consent_unknown")]
    public void A_citizens_licence_is_not_asked_for_without_a_consent_that_covers_it(string story, string why)
    {
        var dossier = story switch
        {
            "another" => Opened().Consented(Other),
            "purpose" => Opened().Consented(change: consent => consent with { Purposes = ["account_transfer"] }),
            "licence" => Opened().Consented(change: consent => consent with { CertTypeCodes = [Property] }),
            "other_utility" => Opened().Consented(partner: "slp-puxian"),
            _ => Opened().Consented(),
        };
        if (story == "withdrawn")
            dossier.Withdraw();
        if (story == "expired")
            dossier.Now = dossier.Now.AddDays(30);

        var decision = dossier.Ask(change: query => query with { ConsentId = story switch { "missing" => null, "unknown" => "C-2", _ => "C-1" } });

        Assert.Equal(("consent_required", why), (decision.Refusal, Why(decision)));
        Assert.Empty(decision.Orders);
        Assert.Equal("request.refused", Assert.Single(decision.Notes, note => note.Kind != Figure.Booked).Kind);
    }

    [Fact]
    public void An_organisation_needs_no_consent()
    {
        var decision = Opened().Ask(change: query => query with { HolderTypeCode = HolderTypes.Organisation, HolderCode = "911410020000000191", CertTypeCode = Business, ConsentId = null });

        Assert.Null(decision.Refusal);
        Assert.Single(decision.Orders);
    }

    [Theory]
    [InlineData(Identity, "marketing", "sgcc-linfen", "purpose_not_allowed")]
    [InlineData("x-environment", "account_transfer", "sgcc-linfen", "licence_unknown")]
    [InlineData(Identity, "new_connection", "nobody", "purpose_not_allowed")]
    [InlineData("11100000000000000X999", "new_connection", "sgcc-linfen", "licence_unknown")]
    [InlineData(Business, "new_connection", "sgcc-linfen", "licence_unknown")]
    public void What_the_pack_does_not_share_is_refused_and_on_record(string type, string purpose, string partner, string refusal)
    {
        var decision = Opened().Consented(partner: partner).Ask(change: query => query with { CertTypeCode = type, Purpose = purpose }, partner: partner);

        Assert.Equal(refusal, decision.Refusal);
        Assert.Empty(decision.Orders);
        Assert.Contains($"refused {refusal}", Assert.Single(decision.Notes, note => note.Kind != Figure.Booked).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(5, 5, false)]
    [InlineData(5, 6, true)]
    public void A_result_that_comes_after_the_caller_stopped_waiting_is_sent(int wait, int after, bool sent)
    {
        var dossier = Opened().Consented();
        dossier.Ask(waitSeconds: wait);
        dossier.Now = dossier.Now.AddSeconds(after);

        var orders = dossier.Finding(Valid).Orders;

        Assert.Equal(sent, orders.Count == 1);
        if (sent)
        {
            Assert.Equal(("sgcc-linfen", CommandTypes.LicenceAnswer, EventTypes.LicenceAnswered, dossier.LastEvent), (orders[0].Connector, orders[0].Type, orders[0].CauseType, orders[0].CauseId));
            Assert.Equal("FOUND", Sent(orders[0]).ResultCode);
        }
    }

    [Fact]
    public void What_is_sent_can_wait_beyond_a_withdrawal_because_the_fields_are_fetched_and_not_in_it()
    {
        var dossier = Opened().Consented();
        dossier.Ask();
        dossier.Now = dossier.Now.AddSeconds(1);

        var order = Assert.Single(dossier.Finding(Valid).Orders);

        var text = System.Text.Encoding.UTF8.GetString(order.Data.Span);
        Assert.All(Valid.Fields.Values.Append(Valid.File!.Reference).Append(Valid.File.FileHash), value => Assert.DoesNotContain(value, text, StringComparison.Ordinal));
        Assert.Equal(("Q-1", "valid", new DateOnly(2044, 1, 1), "/api/v1/licence-queries/Q-1"), (Sent(order).QueryId, Sent(order).CertStatus, Sent(order).ValidTo, Sent(order).Self));
        Assert.NotEmpty(dossier.Result()!.Fields);
    }

    [Fact]
    public void A_utility_without_a_connector_is_sent_nothing_and_reads_the_result()
    {
        var dossier = Opened().Consented();
        dossier.Connectors.Remove("sgcc-linfen");
        dossier.Ask();
        dossier.Now = dossier.Now.AddSeconds(1);

        Assert.Empty(dossier.Finding(Valid).Orders);
        Assert.Equal("FOUND", dossier.Result()!.ResultCode);
    }

    [Fact]
    public void When_the_time_is_over_the_utility_is_told_once_and_what_comes_late_is_dropped()
    {
        var dossier = Opened().Consented();
        dossier.Ask();
        dossier.Now = dossier.Now.AddMinutes(10);

        Assert.Equal("SOURCE_UNAVAILABLE", Sent(Assert.Single(dossier.TimeUp().Orders)).ResultCode);
        var late = dossier.Finding(Valid);

        Assert.Empty(late.Orders);
        Assert.Empty(late.Notes);
        Assert.Equal("SOURCE_UNAVAILABLE", dossier.Result()!.ResultCode);
    }

    [Fact]
    public void Fields_are_forgotten_when_the_packs_time_is_over_and_when_the_consent_is_withdrawn()
    {
        var kept = Opened().Consented();
        kept.Ask();
        var deadline = kept.Finding(Valid).Deadline;
        Assert.Equal(kept.Now.AddHours(24), deadline);
        kept.Now = deadline!.Value;
        Assert.Null(kept.TimeUp().Deadline);
        Assert.Equal(("FOUND", 0), (kept.Result()!.ResultCode, kept.Result()!.Fields.Count));

        var withdrawn = Opened().Consented();
        withdrawn.Ask();
        withdrawn.Finding(Valid);
        withdrawn.Withdraw();
        Assert.Empty(withdrawn.Result()!.Fields);
        Assert.Null(withdrawn.Result()!.File);
    }

    [Theory]
    [InlineData("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U", false)]
    [InlineData("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V", true)]
    public void A_wrong_check_character_of_the_identifier_warns(string identifier, bool warns)
    {
        var dossier = Opened().Consented();
        dossier.Ask();

        dossier.Finding(Valid with { CertIdentifier = identifier });

        Assert.Equal("FOUND", dossier.Result()!.ResultCode);
        Assert.Equal(warns ? [WarningCodes.CheckDigit] : [], dossier.Result()!.Warnings);
    }

    [Fact]
    public void A_withdrawal_of_what_was_never_given_is_refused() => Assert.Equal("not_found", Opened().Withdraw().Refusal);

    [Fact]
    public void A_case_has_no_more_queries_than_it_may()
    {
        var dossier = Opened().Consented();
        for (var i = 0; i < DossierProcess.QueriesMax; i++)
            Assert.Null(dossier.Ask($"Q-{i}").Refusal);

        Assert.Equal("case_full", dossier.Ask("Q-more").Refusal);
    }

    [Fact]
    public void The_dossier_of_another_case_takes_its_place_from_that_case()
    {
        var dossier = new DossierCase();

        var decision = dossier.Ask(change: query => query with { Case = "project_approval:X", HolderTypeCode = HolderTypes.Organisation, CertTypeCode = Business }, parties: new("141002", new HashSet<string> { "sgcc-linfen" }));

        Assert.Single(decision.Orders);
        Assert.Equal(("project_approval:X", "141002"), (dossier.State.Case, dossier.State.Region));
    }

    [Theory]
    [InlineData("141002", "low_voltage", "application", "111", "identity=" + Identity + " property=" + Property)]
    [InlineData("141002", "low_voltage", "application", "001", "identity=" + Business + " property=" + Property)]
    [InlineData("141002", "high_voltage", "application", "001", "identity=" + Business + " property=" + Property + " project-approval=x-project-approval")]
    [InlineData("141002", "high_voltage", "design_review", "001", "designer-qualification= design=")]
    [InlineData("141002", "high_voltage", "completion", "001", "completion-report=")]
    [InlineData("140702", "low_voltage", "application", "111", "identity=" + Identity + " property=" + Property)]
    [InlineData("320706", "low_voltage", "application", "111", "identity=" + Identity + " property=" + Property)]
    [InlineData("150105", "low_voltage", "application", "111", "application-form= identity= property=")]
    [InlineData("141002", "low_voltage", "completion", "111", "")]
    public void The_rule_of_the_place_says_which_documents_are_wanted_and_which_a_library_has(string region, string customerClass, string stage, string holderType, string wanted)
    {
        var dossier = Opened(region, customerClass);

        Assert.Null(dossier.Collect(stage, holderType: holderType).Refusal);

        Assert.Equal(wanted, string.Join(' ', dossier.State.Collections["R-1"].Documents.Select(one => $"{one.Material}={one.CertTypeCode}")));
    }

    [Fact]
    public void Queries_for_documents_have_numbers_of_their_own_for_each_application_and_request()
    {
        static IEnumerable<string> Numbers(string named, string request)
        {
            var dossier = Opened(named: named);
            dossier.Collect(request: request);
            return dossier.State.Collections[request].Documents.Select(wanted => wanted.QueryId!);
        }

        List<string> numbers = [.. Numbers("application:1", "R-1"), .. Numbers("application:2", "R-1"), .. Numbers("application:1", "R-2"), .. Numbers("application:1", new string('R', 24))];

        Assert.Equal((8, 8), (numbers.Count, numbers.Distinct().Count()));
        Assert.All(numbers, number => Assert.Matches("^[A-Za-z0-9._-]{1,40}$", number));
        Assert.Equal(numbers.Take(2), Numbers("application:1", "R-1"));
    }

    [Fact]
    public void A_document_outside_the_rule_is_refused_by_its_place_and_on_record()
    {
        var decision = Opened().Collect(materials: ["identity", "bank-statement"]);

        Assert.Equal(("document_not_allowed", "/materials/1"), (decision.Refusal, Assert.Single(decision.Warnings).Pointer));
        Assert.Contains("materials bank-statement", Assert.Single(decision.Notes, note => note.Kind != Figure.Booked).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Receipts_end_where_they_may_not_go_on()
    {
        var dossier = Opened().Consented();
        dossier.Ask();
        dossier.Finding(Valid);

        Assert.Null(dossier.Report("accepted").Refusal);
        Assert.Null(dossier.Report("done").Refusal);
        Assert.Equal("receipt_move", dossier.Report("accepted").Refusal);
    }
}
