using System.Net;
using System.Text;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

public sealed class PartnerHttpTests
{
    private static readonly HttpRequestException NoConnection = new(HttpRequestError.ConnectionError, "refused");

    [Fact]
    public async Task A_connection_that_fails_before_anything_left_is_tried_once_more()
    {
        var partner = new StubPartner(_ => throw NoConnection, _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent)));

        var answer = await partner.DeliverAsync(ConnectorCatalog.Webhook);

        Assert.Equal((Outcome.Taken, 2), (answer.Outcome, partner.Calls));
    }

    [Fact]
    public async Task It_is_not_tried_a_third_time()
    {
        var partner = new StubPartner(_ => throw NoConnection);

        var answer = await partner.DeliverAsync(ConnectorCatalog.Webhook);

        Assert.Equal((AnswerReasons.Unreachable, 2), (answer.Reason, partner.Calls));
    }

    [Fact]
    public async Task A_connection_that_fails_after_the_body_began_to_leave_is_a_doubt_and_not_tried_again()
    {
        StubPartner? partner = null;
        partner = new StubPartner(async request =>
        {
            await partner!.KeepAsync(request);
            throw NoConnection;
        });

        var answer = await partner.DeliverAsync(ConnectorCatalog.Webhook);

        Assert.Equal((Outcome.Unknown, AnswerReasons.ConnectionLost, 1), (answer.Outcome, answer.Reason, partner.Calls));
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError)]
    [InlineData(HttpRequestError.SecureConnectionError)]
    public async Task A_name_or_certificate_that_is_wrong_is_not_tried_again_at_once(HttpRequestError error)
    {
        var partner = new StubPartner(_ => throw new HttpRequestException(error, "wrong"));

        var answer = await partner.DeliverAsync(ConnectorCatalog.Webhook);

        Assert.Equal((Outcome.Unavailable, AnswerReasons.Unreachable, 1), (answer.Outcome, answer.Reason, partner.Calls));
    }

    [Theory]
    [InlineData(400, Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData(401, Outcome.Unavailable, AnswerReasons.Unauthorised)]
    [InlineData(403, Outcome.Unavailable, AnswerReasons.Unauthorised)]
    [InlineData(404, Outcome.Unavailable, AnswerReasons.NotFound)]
    [InlineData(405, Outcome.Unavailable, AnswerReasons.NotFound)]
    [InlineData(408, Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData(409, Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData(410, Outcome.Unavailable, AnswerReasons.Gone)]
    [InlineData(413, Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData(415, Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData(422, Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData(425, Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData(429, Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData(300, Outcome.Unavailable, AnswerReasons.Redirected)]
    [InlineData(308, Outcome.Unavailable, AnswerReasons.Redirected)]
    [InlineData(500, Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData(501, Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData(502, Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData(503, Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData(504, Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData(599, Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData(600, Outcome.Unknown, AnswerReasons.Unintelligible)]
    [InlineData(999, Outcome.Unknown, AnswerReasons.Unintelligible)]
    public async Task Every_status_but_2xx_means_the_same_in_every_dialect(int status, Outcome outcome, string reason)
    {
        foreach (var kind in ConnectorCatalog.PushedKinds)
        {
            var answer = await StubPartner.Answering(status, "").DeliverAsync(kind);

            Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason));
            Assert.Equal(status.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.PartnerCode);
            Assert.Equal(status is 429 or 502 or 503 or 504, answer.Throttle);
            Assert.Equal(status is 410, answer.StopConnector);
        }
    }

    [Theory]
    [InlineData(200, Outcome.Unknown, AnswerReasons.ConnectionLost)]
    [InlineData(500, Outcome.Unavailable, AnswerReasons.ServerError)]
    [InlineData(422, Outcome.Refused, AnswerReasons.ContentRefused)]
    public async Task A_body_that_breaks_off_spoils_a_success_but_not_a_failure(int status, Outcome outcome, string reason)
    {
        foreach (var kind in ConnectorCatalog.PushedKinds)
        {
            var partner = new StubPartner(_ => Task.FromResult(new HttpResponseMessage((HttpStatusCode)status) { Content = new StreamContent(new BrokenStream()) }));

            var answer = await partner.DeliverAsync(kind);

            Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason));
        }
    }

    [Fact]
    public async Task A_partner_that_took_the_message_and_wants_no_more_is_obeyed_in_both()
    {
        var partner = new StubPartner(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Headers = { { "webhook-delivery", "disable" } } }));

        var answer = await partner.DeliverAsync(ConnectorCatalog.Webhook);

        Assert.Equal((Outcome.Taken, true), (answer.Outcome, answer.StopConnector));
    }

    [Theory]
    [InlineData(ConnectorCatalog.LocalCrm, 422, """{"error":{"code":"王五 13800000000","message":"x"}}""", "422")]
    [InlineData(ConnectorCatalog.LocalCrm, 422, """{"error":{"code":"NAME_TOO_LONG","message":"x"}}""", "NAME_TOO_LONG")]
    public async Task A_partners_free_text_never_becomes_a_code(string kind, int status, string body, string code)
    {
        var answer = await StubPartner.Answering(status, body).DeliverAsync(kind);

        Assert.Equal(code, answer.PartnerCode);
    }

    [Fact]
    public async Task Keeps_the_body_of_the_answer_as_it_came()
    {
        const string body = """{"code":"2003","msg":"项目名称超长"}""";

        var answer = await StubPartner.Answering(200, body).DeliverAsync(ConnectorCatalog.SgccCrm);

        Assert.Equal(body, Encoding.UTF8.GetString(answer.ResponseBody.Span));
    }

    [Fact]
    public void Connections_follow_no_redirect_keep_no_cookie_and_unpack_nothing()
    {
        using var handler = PartnerHttp.CreateHandler(Partnership.SettingsFor(ConnectorCatalog.Webhook) with { ConnectTimeoutSeconds = 3 });

        Assert.Equal((false, false, DecompressionMethods.None), (handler.AllowAutoRedirect, handler.UseCookies, handler.AutomaticDecompression));
        Assert.Equal(TimeSpan.FromSeconds(3), handler.ConnectTimeout);
    }

    private sealed class BrokenStream() : MemoryStream(new byte[10])
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new HttpIOException(HttpRequestError.ResponseEnded);
    }
}
