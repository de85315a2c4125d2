using System.Globalization;
using System.Text;
using Hub.Schemas;
using Hub.Simulators;

namespace Hub.Connectors.Tests;

/// <summary>What the hub may rely on from every connector: run for each line of the catalog that calls its partner, against its simulator, over real HTTP.</summary>
public sealed class ConnectorContract
{
    public static TheoryData<string> Kinds => [.. Partnership.HttpKinds];

    /// <summary>The kinds whose dialect gives a 200 a content: only that content is a success.</summary>
    public static TheoryData<string> KindsThatReadTheBody => [.. Partnership.HttpKinds.Where(kind => kind is not ConnectorCatalog.Webhook)];

    public static TheoryData<string, string, Outcome, string> Failures()
    {
        (string Fault, Outcome Outcome, string Reason)[] failures =
        [
            ("http500", Outcome.Unavailable, AnswerReasons.ServerError),
            ("http502", Outcome.Unavailable, AnswerReasons.ServerError),
            ("http503", Outcome.Unavailable, AnswerReasons.Throttled),
            ("http429", Outcome.Unavailable, AnswerReasons.Throttled),
            ("http4xx", Outcome.Refused, AnswerReasons.ContentRefused),
            ("refuse", Outcome.Refused, AnswerReasons.ContentRefused),
            ("unauthorised", Outcome.Unavailable, AnswerReasons.Unauthorised),
            ("not_found", Outcome.Unavailable, AnswerReasons.NotFound),
            ("redirect", Outcome.Unavailable, AnswerReasons.Redirected),
            ("gone", Outcome.Unavailable, AnswerReasons.Gone),
            ("abort_message", Outcome.Refused, AnswerReasons.Aborted),
            ("disable", Outcome.Unavailable, AnswerReasons.Throttled),
            ("reset", Outcome.Unknown, AnswerReasons.ConnectionLost),
            ("reset_mid_body", Outcome.Unknown, AnswerReasons.ConnectionLost),
            ("effect_then_reset", Outcome.Unknown, AnswerReasons.ConnectionLost),
        ];
        var data = new TheoryData<string, string, Outcome, string>();
        foreach (var kind in Partnership.HttpKinds)
        {
            foreach (var (fault, outcome, reason) in failures)
            {
                // A 204 has no body that could break off.
                if ((kind, fault) is not (ConnectorCatalog.Webhook, "reset_mid_body"))
                {
                    data.Add(kind, fault, outcome, reason);
                }
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Takes_a_command_once_and_proves_what_it_sent(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);

        var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        Assert.Equal((Outcome.Taken, null), (answer.Outcome, answer.Reason));
        Assert.Equal(1, partnership.Stats.Book.Effects);
        Assert.Equal(partnership.Stats.LastDigest, Convert.ToHexStringLower(answer.RequestDigest.Span));
    }

    [Theory, MemberData(nameof(KindsThatReadTheBody))]
    public async Task Tells_the_partners_own_number_of_what_it_took(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);

        var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        Assert.Equal(Assert.Single(partnership.Book.List(null, 10)).LeadNo, answer.PartnerReference);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_repeated_command_is_taken_and_has_no_second_effect(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        var command = Commands.Create(partnership.Kind);
        var first = await partnership.DeliverAsync(command);

        var second = await partnership.DeliverAsync(command with { Attempt = 2 });

        Assert.Equal((Outcome.Taken, first.PartnerReference), (second.Outcome, second.PartnerReference));
        Assert.Equal((1, 1), (partnership.Stats.Book.Effects, partnership.Stats.Book.Repeats));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task An_amendment_and_a_withdrawal_reach_the_same_lead_in_order(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        Command[] commands = [Commands.Create(partnership.Kind), Commands.Update(2, partnership.Kind), Commands.Withdraw(3, partnership.Kind)];
        foreach (var command in commands)
        {
            Assert.Equal(Outcome.Taken, (await partnership.DeliverAsync(command)).Outcome);
        }

        var lead = Assert.Single(partnership.Book.List(null, 10));

        Assert.Equal("withdrawn", lead.State);
        Assert.Equal(commands.Select(command => command.Id), lead.Commands);
        Assert.Equal((3L, 0L), (lead.Sequence!.Value, partnership.Stats.Book.OutOfOrder));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Chinese_text_leaves_as_the_bytes_it_came_in(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);

        await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        var fields = Encoding.UTF8.GetString(Assert.Single(partnership.Book.List(null, 10)).Fields);
        Assert.Contains("临汾市尧都区住房和城乡建设局", fields, StringComparison.Ordinal);
        Assert.Contains("〔2021〕12号", fields, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u", fields, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Failures))]
    public async Task A_failure_is_told_for_what_it_is(string kind, string fault, Outcome outcome, string reason)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        partnership.Strike(fault);

        var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason));
        Assert.Equal(fault is "http502" or "http503" or "http429" or "disable", answer.Throttle);
        Assert.Equal(fault is "gone" or "disable", answer.StopConnector);
    }

    [Theory, MemberData(nameof(Failures))]
    public async Task A_request_that_may_have_arrived_is_not_sent_again_within_the_attempt(string kind, string fault, Outcome outcome, string reason)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        await partnership.DeliverAsync(Commands.Create(partnership.Kind));
        partnership.Strike(fault);

        // The second call goes over the kept connection, where the transport itself would like to try again.
        var answer = await partnership.DeliverAsync(Commands.Update(2, partnership.Kind));

        Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason));
        Assert.Equal(2, partnership.Stats.Requests);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_redirect_is_never_followed(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        partnership.Strike(new Fault { Mode = "redirect", Count = 1 });

        await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        Assert.Equal((1, 0, 0), (partnership.Stats.Requests, partnership.Stats.RedirectsFollowed, partnership.Stats.Book.Effects));
    }

    [Theory]
    [InlineData("http503", "120", 120)]
    [InlineData("http429", "120", 120)]
    [InlineData("http429", "0", 0)]
    [InlineData("http503", "86400", 21_600)]
    [InlineData("http503", "99999999999999999999999", 21_600)]
    [InlineData("http429", "Mon, 02 Mar 2026 01:31:30 GMT", 90)]
    [InlineData("http429", "Sun, 01 Mar 2026 01:31:30 GMT", 0)]
    [InlineData("http429", "Tue, 02 Mar 2027 01:31:30 GMT", 21_600)]
    [InlineData("http429", "soon", null)]
    [InlineData("http429", "-5", null)]
    [InlineData("http503", "1.5", null)]
    [InlineData("http503", null, null)]
    [InlineData("http500", "120", null)]
    public async Task Retry_after_is_read_as_seconds_or_date_within_six_hours(string fault, string? header, int? seconds)
    {
        foreach (var kind in Partnership.HttpKinds)
        {
            await using var partnership = await Partnership.StartAsync(kind);
            partnership.Strike(new Fault { Mode = fault, RetryAfter = header });

            var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

            Assert.Equal(seconds is { } wait ? TimeSpan.FromSeconds(wait) : null, answer.RetryAfter);
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_timeout_before_the_effect_is_a_doubt_and_asking_ends_it(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        partnership.Strike(new Fault { Mode = "timeout", Count = 1 });
        var command = Commands.Create(partnership.Kind);

        var answer = await partnership.TimeOutAsync(() => partnership.DeliverAsync(command));

        Assert.Equal((Outcome.Unknown, AnswerReasons.TimedOut), (answer.Outcome, answer.Reason));
        Assert.Equal(TimeSpan.FromSeconds(20), answer.Elapsed);
        Assert.Equal(32, answer.RequestDigest.Length);
        if (partnership.Connector.CanBeAsked)
        {
            var truth = await partnership.AskAsync(command);
            Assert.Equal((Outcome.Unavailable, AnswerReasons.NotSeen), (truth.Outcome, truth.Reason));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_timeout_after_the_effect_is_a_doubt_and_asking_ends_it(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        partnership.Strike(new Fault { Mode = "effect_then_timeout", Count = 1 });
        var command = Commands.Create(partnership.Kind);

        var answer = await partnership.TimeOutAsync(() => partnership.DeliverAsync(command));

        Assert.Equal((Outcome.Unknown, AnswerReasons.TimedOut), (answer.Outcome, answer.Reason));
        Assert.Equal(1, partnership.Stats.Book.Effects);
        if (partnership.Connector.CanBeAsked)
        {
            var truth = await partnership.AskAsync(command);
            Assert.Equal((Outcome.Taken, Assert.Single(partnership.Book.List(null, 1)).LeadNo), (truth.Outcome, truth.PartnerReference));
        }
    }

    [Theory]
    [InlineData("http500")]
    [InlineData("http4xx")]
    [InlineData("http503")]
    [InlineData("html")]
    [InlineData("empty")]
    [InlineData("huge")]
    [InlineData("not_found")]
    [InlineData("unauthorised")]
    [InlineData("refuse")]
    [InlineData("reset")]
    [InlineData("abort_message")]
    public async Task A_question_that_goes_wrong_leaves_the_doubt(string fault)
    {
        foreach (var kind in KindsThatReadTheBody.Select(row => row.Data))
        {
            await using var partnership = await Partnership.StartAsync(kind);
            var command = Commands.Create(partnership.Kind);
            await partnership.DeliverAsync(command);
            partnership.Strike(fault);

            var answer = await partnership.AskAsync(command);

            Assert.Equal(Outcome.Unknown, answer.Outcome);
        }
    }

    [Theory, MemberData(nameof(KindsThatReadTheBody))]
    public async Task A_question_that_times_out_leaves_the_doubt(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        partnership.Strike("timeout");

        var answer = await partnership.TimeOutAsync(() => partnership.AskAsync(Commands.Create(partnership.Kind)));

        Assert.Equal((Outcome.Unknown, AnswerReasons.TimedOut), (answer.Outcome, answer.Reason));
    }

    [Theory, MemberData(nameof(KindsThatReadTheBody))]
    public async Task A_page_of_html_with_200_is_never_a_success(string kind)
    {
        foreach (var fault in (string[])["html", "empty", "huge"])
        {
            await using var partnership = await Partnership.StartAsync(kind);
            partnership.Strike(fault);

            var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

            Assert.Equal((Outcome.Unknown, AnswerReasons.Unintelligible), (answer.Outcome, answer.Reason));
        }
    }

    [Fact]
    public async Task A_webhook_takes_any_2xx_because_the_standard_gives_the_body_no_meaning()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.Webhook);
        partnership.Strike("html");

        Assert.Equal(Outcome.Taken, (await partnership.DeliverAsync(Commands.Create(partnership.Kind))).Outcome);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Of_an_endless_body_only_64_KiB_are_read(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        partnership.Strike("huge");

        var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        Assert.Equal(65_536, answer.ResponseBody.Length);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_wrong_key_is_our_trouble_and_has_no_effect(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind, settings => settings with
        {
            Secret = kind is ConnectorCatalog.Webhook ? "whsec_" + Convert.ToBase64String(new byte[24]) : "another secret",
        });

        var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        Assert.Equal((Outcome.Unavailable, AnswerReasons.Unauthorised), (answer.Outcome, answer.Reason));
        Assert.Equal(0, partnership.Stats.Book.Effects);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_partner_that_does_not_listen_surely_saw_nothing(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        await partnership.StopPartnerAsync();

        var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        Assert.Equal((Outcome.Unavailable, AnswerReasons.Unreachable), (answer.Outcome, answer.Reason));
        Assert.True(answer.RequestDigest.IsEmpty);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_failed_TLS_handshake_surely_saw_nothing(string kind)
    {
        await using var partnership = await Partnership.StartAsync(
            kind, settings => settings with { Address = new UriBuilder(settings.Address!) { Scheme = "https" }.Uri });

        var answer = await partnership.DeliverAsync(Commands.Create(partnership.Kind));

        Assert.Equal((Outcome.Unavailable, AnswerReasons.Unreachable), (answer.Outcome, answer.Reason));
        Assert.Equal(0, partnership.Stats.Requests);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_hub_that_stops_gets_no_answer_made_up(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => partnership.Connector.DeliverAsync(Commands.Create(partnership.Kind), stopping.Token));
    }

    [Theory, MemberData(nameof(KindsThatReadTheBody))]
    public async Task A_command_of_an_unknown_type_is_our_fault_and_named(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        var command = Commands.Create(partnership.Kind) with { Type = "lead.paint.v1" };

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => partnership.DeliverAsync(command));

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{command.Id}"), fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, partnership.Stats.Requests);
    }
}
