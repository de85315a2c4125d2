using System.Globalization;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Connectors.UtilityCrm;
using Hub.Schemas;

namespace Hub.Connectors.Certification;

/// <summary>
/// The certification kit: sends to a webhook what a hub sends, and what it would never send, and judges the answers. Everything sent is invented, says so in
/// its text, has <c>hubtest</c> true, and a subject that begins with <c>connection-test</c>.
/// </summary>
/// <param name="receiver">Kind webhook, with its keys and limits.</param>
/// <param name="effects">Where the receiver shows what it made of a case (<c>?subject=…</c> → <c>{"effects": 2, "sequence": 2}</c>); null: nowhere.</param>
/// <param name="clock">For timestamps and waits.</param>
public sealed class CertificationRun(ConnectorSettings receiver, Uri? effects, TimeProvider clock) : IDisposable
{
    /// <summary>Everything whose subject begins so is a test and concerns nobody.</summary>
    public const string SubjectPrefix = "connection-test";

    private const int BurstSize = 40;
    private const int LargeBytes = 64 * 1024;
    private const int ExchangesShown = 12;
    private const int TriesMax = 6;

    // A receiver may slow us down, but somebody waits for the result.
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TooOld = WebhookSignature.Tolerance * 2;
    private static readonly TimeSpan ArriveWithin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EffectPause = TimeSpan.FromMilliseconds(200);
    private const int EffectLooks = 15;

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SocketsHttpHandler handler = PartnerHttp.CreateHandler(receiver);
    private readonly WebhookSigner signer = new(receiver);
    private readonly string run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    private readonly List<CertificationExchange> exchanges = [];
    private readonly Lock gate = new();
    private int cases;
    private long slowest;

    private PartnerHttp Http => field ??= new(receiver, handler, clock);

    private enum Signing
    {
        Right,
        Wrong,
        Missing,
        OtherBody,
        OtherId,
        Old,
    }

    /// <summary>Makes every check; what fails before makes the rest skip.</summary>
    /// <param name="progress">Told after each check, with the report so far.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<CertificationReport> RunAsync(Func<CertificationReport, Task> progress, CancellationToken cancellation)
    {
        var report = new CertificationReport
        {
            Run = run,
            Version = typeof(CertificationRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            Address = receiver.Address!.GetComponents(UriComponents.Scheme | UriComponents.Host | UriComponents.Port | UriComponents.Path, UriFormat.UriEscaped),
            Signatures = string.Join(" ", new[] { receiver.PrivateKey is null ? null : "v1a", receiver.Secret is null ? null : "v1" }.OfType<string>()),
            TimeoutSeconds = receiver.TimeoutSeconds,
            EffectsSeen = effects is not null,
            BeganAt = clock.GetUtcNow(),
        };
        CertificationText? obstacle = null;
        foreach (var (id, mandatory, title) in CertificationChecks.All)
        {
            exchanges.Clear();
            var (verdict, reason) = obstacle is null ? await JudgeAsync(id, cancellation) : (CertificationVerdicts.Skip, obstacle);
            if (verdict == CertificationVerdicts.Fail && id is CertificationChecks.Reachable)
                obstacle = new("没有连通，无从检查", "Not reached: there is nothing to judge");
            else if (verdict == CertificationVerdicts.Fail && id is CertificationChecks.AcceptsSigned)
                obstacle = new("连签名正确的报文也没有收下，拒绝说明不了什么", "Not even a right message is taken: a refusal would say nothing");
            report = report with { Checks = [.. report.Checks, new(id, mandatory, verdict, title, reason, [.. exchanges.Take(ExchangesShown)])] };
            await progress(report);
        }

        return report.Ended(clock.GetUtcNow());
    }

    public void Dispose() => handler.Dispose();

    private Task<(string Verdict, CertificationText Reason)> JudgeAsync(string id, CancellationToken cancellation) => id switch
    {
        CertificationChecks.Reachable => ReachAsync(cancellation),
        CertificationChecks.AcceptsSigned => TakenAsync(Signed(new("签名正确", "signed right")), cancellation),
        CertificationChecks.RejectsWrongSignature => RefusedAsync(Signing.Wrong, new("签名错误", "wrong signature"), cancellation),
        CertificationChecks.RejectsMissingSignature => RefusedAsync(Signing.Missing, new("没有签名", "no signature"), cancellation),
        CertificationChecks.RejectsTamperedBody => RefusedAsync(Signing.OtherBody, new("签名之后正文加了字段", "a member added to the body after it was signed"), cancellation),
        CertificationChecks.RejectsChangedId => RefusedAsync(Signing.OtherId, new("签名之后报文头中的编号被改", "id in the header changed after it was signed"), cancellation),
        CertificationChecks.RejectsOldTimestamp => RefusedAsync(Signing.Old, new("签名正确，时间戳是 10 分钟之前", "signed right, ten minutes ago"), cancellation),
        CertificationChecks.DropsRepeats => RepeatAsync(cancellation),
        CertificationChecks.KeepsOrder => OrderAsync(cancellation),
        CertificationChecks.TakesUnknownType => TakenAsync(Signed(new("命令类型 test.unknown.v1", "type test.unknown.v1")) with { Type = "test.unknown.v1" }, cancellation),
        CertificationChecks.TakesUnknownFields => TakenAsync(Signed(new("多出扩展属性和数据字段", "an extension attribute and a data field more")) with { Extra = true }, cancellation),
        CertificationChecks.TakesLargeBody => TakenAsync(Signed(new("64 KiB", "64 KiB")) with { Bytes = LargeBytes }, cancellation),
        CertificationChecks.SurvivesCutRequest => CutAsync(cancellation),
        CertificationChecks.SurvivesLostAnswer => LostAsync(cancellation),
        CertificationChecks.SurvivesBurst => BurstAsync(cancellation),
        CertificationChecks.AnswersPromptly => Task.FromResult(Prompt()),
        _ => throw new InvalidOperationException($"There is no check {id}."),
    };

    private async Task<(string, CertificationText)> ReachAsync(CancellationToken cancellation)
    {
        var reply = await SendAsync(Signed(new("签名正确", "signed right")), Signing.Right, cancellation);
        return reply.Status is { } status
            ? Pass($"{reply.Ms} ms 内应答 {status}", $"Answered {status} within {reply.Ms} ms")
            : Fail($"没有应答：{reply.Fault}", $"No answer: {reply.Fault}");
    }

    private async Task<(string, CertificationText)> TakenAsync(Message message, CancellationToken cancellation) => OfTaking(await SendPatientlyAsync(message, cancellation));

    private static (string, CertificationText) OfTaking(Reply reply) => reply.IsTaken
        ? Pass($"应答 {reply.Status}", $"Answered {reply.Status}")
        : Fail($"应为 2xx，得到 {reply.Text}", $"2xx was expected, {reply.Text} came");

    private async Task<(string, CertificationText)> RefusedAsync(Signing signing, CertificationText sent, CancellationToken cancellation)
    {
        var message = Signed(sent);
        var reply = await SendAsync(message, signing, cancellation);
        for (var tries = 1; reply.IsThrottled && tries < TriesMax && reply.RetryAfter <= PatienceMax; tries++)
        {
            await Task.Delay(reply.RetryAfter, clock, cancellation);
            reply = await SendAsync(message, signing, cancellation);
        }

        return reply.Status is >= 400 and < 500 and not 429
            ? await ActedAsync(message.Subject, 0) is { Effects: > 0 }
                ? Fail($"应答 {reply.Status}，但业务已办理", $"Answered {reply.Status}, and acted on it all the same")
                : Pass($"以 {reply.Status} 拒绝", $"Rejected with {reply.Status}")
            : reply.IsTaken ? Fail($"收下了（{reply.Status}）：任何人都能冒充 Hub", $"Taken ({reply.Status}): anybody could pass for the hub")
            : Fail($"应以 4xx 拒绝，得到 {reply.Text}", $"A refusal with 4xx was expected, {reply.Text} came");
    }

    private async Task<(string, CertificationText)> RepeatAsync(CancellationToken cancellation)
    {
        var message = Signed(new("第一次", "the first time"));
        if (await SendPatientlyAsync(message, cancellation) is { IsTaken: false } first)
            return OfTaking(first);
        if (await SendPatientlyAsync(message with { Sent = new("同一编号再来", "the same id again") }, cancellation) is { IsTaken: false } second)
            return Fail($"重复到达应答 {second.Text}，应为 2xx，否则 Hub 会一直重发", $"The repeat was answered {second.Text}; without 2xx the hub would send it again and again");
        return Once(await ActedAsync(message.Subject, 1));
    }

    /// <summary>What is to be said of a message that came more than once and was answered 2xx.</summary>
    private static (string, CertificationText) Once(Acted? acted) => acted switch
    {
        null => Pass("重发应答 2xx；是否只办一次从外部看不到，请在贵方系统核对该编号", "The retry was answered 2xx; whether it was acted on once cannot be seen from outside: look the id up in your system"),
        { Effects: 1 } => Pass("重发应答 2xx，只办了一次", "The retry was answered 2xx and acted on once"),
        { Effects: var times } => Fail($"办了 {times} 次，应为一次", $"Acted on {times} times instead of once"),
    };

    private async Task<(string, CertificationText)> OrderAsync(CancellationToken cancellation)
    {
        var first = Signed(new("第 1 条", "number 1"));
        var second = first with { Id = NewId(), Sequence = 2, Sent = new("第 2 条", "number 2") };
        var third = first with { Id = NewId(), Sequence = 3, Sent = new("第 3 条", "number 3") };
        foreach (var (message, effectsThen, sequence) in new[] { (first, 1, 1L), (second, 2, 2L), (first with { Sent = new("第 1 条重到", "number 1 again") }, 2, 2L), (third, 3, 3L) })
        {
            if (await SendPatientlyAsync(message, cancellation) is { IsTaken: false } reply)
                return Fail($"{message.Sent.Zh}：应为 2xx，得到 {reply.Text}", $"{message.Sent.En}: 2xx was expected, {reply.Text} came");
            if (await ActedAsync(first.Subject, effectsThen) is { } acted && (acted.Effects != effectsThen || acted.Sequence != sequence))
                return Fail($"{message.Sent.Zh}之后应为 {effectsThen} 次办理、次序 {sequence}，实为 {acted.Effects} 次、次序 {acted.Sequence}", $"After {message.Sent.En}: {effectsThen} effects and sequence {sequence} were expected, there are {acted.Effects} and {acted.Sequence}");
        }

        return effects is null
            ? Pass("依次应答 2xx；旧报文是否覆盖新内容从外部看不到，请在贵方系统核对", "All were answered 2xx; whether an older one overwrites a newer cannot be seen from outside: look it up in your system")
            : Pass("依次办理，旧报文没有覆盖新内容", "Acted on in order, and the older one overwrote nothing");
    }

    private async Task<(string, CertificationText)> CutAsync(CancellationToken cancellation)
    {
        var message = Signed(new("传到一半断开", "cut in the middle"));
        await BreakAsync(message, whole: false, cancellation);
        return await AgainAsync(message, cancellation);
    }

    private async Task<(string, CertificationText)> LostAsync(CancellationToken cancellation)
    {
        var message = Signed(new("传完即断开，不等应答", "sent whole, answer not waited for"));
        await BreakAsync(message, whole: true, cancellation);
        return await AgainAsync(message, cancellation);
    }

    private async Task<(string, CertificationText)> AgainAsync(Message message, CancellationToken cancellation)
    {
        var reply = await SendPatientlyAsync(message with { Sent = new("重发", "the retry") }, cancellation);
        return reply.IsTaken ? Once(await ActedAsync(message.Subject, 1)) : Fail($"重发应为 2xx，得到 {reply.Text}", $"2xx was expected for the retry, {reply.Text} came");
    }

    private async Task<(string, CertificationText)> BurstAsync(CancellationToken cancellation)
    {
        var messages = Enumerable.Range(1, BurstSize).Select(number => Signed(new($"突发之 {number}", $"{number} of the burst"))).ToList();
        // What waits for a connection of ours waits for us, not for the receiver.
        using var places = new SemaphoreSlim(receiver.Workers);
        var replies = await Task.WhenAll(messages.Select(async message =>
        {
            await places.WaitAsync(cancellation);
            try
            {
                return await SendPatientlyAsync(message, cancellation);
            }
            finally
            {
                places.Release();
            }
        }));
        var throttled = replies.Sum(reply => reply.Throttled);
        if (replies.FirstOrDefault(reply => !reply.IsTaken) is { } bad)
            return Fail($"{BurstSize} 条中 {replies.Count(reply => !reply.IsTaken)} 条未收下：{bad.Text}", $"{replies.Count(reply => !reply.IsTaken)} of {BurstSize} were not taken: {bad.Text}");
        return throttled == 0
            ? Pass($"{BurstSize} 条全部收下", $"All {BurstSize} were taken")
            : Pass($"要求放慢 {throttled} 次，按其要求等待后 {BurstSize} 条全部收下", $"It asked {throttled} times to slow down; after waiting as asked all {BurstSize} were taken");
    }

    private (string, CertificationText) Prompt()
    {
        var limit = receiver.TimeoutSeconds * 250;
        return slowest <= limit
            ? Pass($"最慢 {slowest} ms", $"The slowest took {slowest} ms")
            : Fail($"最慢 {slowest} ms，超过 {limit} ms；请先存后应", $"The slowest took {slowest} ms, more than {limit} ms; store first, then answer");
    }

    private Message Signed(CertificationText sent) => new(NewId(), $"{SubjectPrefix}-{run}-{Interlocked.Increment(ref cases)}", 1, clock.GetUtcNow(), sent);

    private Guid NewId() => Guid.CreateVersion7(clock.GetUtcNow());

    /// <summary>As a hub sends: what is throttled is sent again after the time asked for.</summary>
    private async Task<Reply> SendPatientlyAsync(Message message, CancellationToken cancellation)
    {
        var waited = TimeSpan.Zero;
        for (var tries = 1; ; tries++)
        {
            var reply = await SendAsync(message, Signing.Right, cancellation) with { Throttled = tries - 1 };
            if (!reply.IsThrottled || tries == TriesMax)
                return reply;
            waited += reply.RetryAfter;
            if (waited > PatienceMax)
                return reply with { Fault = "retry_after_too_long" };
            await Task.Delay(reply.RetryAfter, clock, cancellation);
        }
    }

    private async Task<Reply> SendAsync(Message message, Signing signing, CancellationToken cancellation)
    {
        PartnerResponse? response = null;
        var answer = await Http.CallAsync(
            CallOf(message, signing),
            arrived =>
            {
                response = arrived;
                return Answer.Taken();
            },
            cancellation);
        var ms = (long)answer.Elapsed.TotalMilliseconds;
        var reply = new Reply(response?.Status, response is null ? answer.Reason : null, response?.RetryAfter ?? TimeSpan.FromSeconds(1), ms);
        Keep(message, reply.Text, ms, reply.IsTaken);
        return reply;
    }

    private PartnerCall CallOf(Message message, Signing signing)
    {
        var (id, body) = (message.Id.ToString("D"), BodyOf(message));
        var sentId = signing == Signing.OtherId ? NewId().ToString("D") : id;
        var sentBody = signing == Signing.OtherBody ? BodyOf(message with { Extra = true }) : body;
        var now = clock.GetUtcNow() - (signing == Signing.Old ? TooOld : TimeSpan.Zero);
        var signature = signing switch
        {
            Signing.Wrong => Forged(id, now.ToUnixTimeSeconds(), body),
            Signing.Missing => null,
            _ => signer.Sign(id, now.ToUnixTimeSeconds(), body),
        };
        return new(HttpMethod.Post, receiver.Address!)
        {
            Body = sentBody,
            ContentType = "application/cloudevents+json; charset=utf-8",
            Headers =
            [
                ("webhook-id", sentId), ("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)), ("webhook-signature", signature),
                ("X-Hub-Attempt", "1"), ("User-Agent", Dialect.UserAgent),
            ],
        };
    }

    /// <summary>In the form of a right one, by keys nobody has.</summary>
    private string? Forged(string id, long timestamp, byte[] body)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        return new WebhookSigner(receiver with
        {
            Secret = receiver.Secret is null ? null : "whsec_" + Convert.ToBase64String(key),
            PrivateKey = receiver.PrivateKey is null ? null : "whsk_" + Convert.ToBase64String(key),
        }).Sign(id, timestamp, body);
    }

    private byte[] BodyOf(Message message)
    {
        var lead = new Lead
        {
            Change = message.Sequence == 1 ? LeadChange.Created : LeadChange.Amended,
            Approval = new() { ProjectCode = message.Subject, ProjectName = "接收认证测试，请勿办理 · certification test, not to be acted on", ApprovalDate = "2000-01-01", Version = (int)message.Sequence },
            CodeScheme = "LOCAL",
            MissingDemand = true,
            OperatorCode = receiver.Name,
        };
        var command = new Command
        {
            Id = message.Id, Type = message.Type ?? (message.Sequence == 1 ? CommandTypes.LeadCreate : CommandTypes.LeadUpdate), Connector = receiver.Name, Subject = message.Subject, LaneSeq = message.Sequence,
            Attempt = 1, CauseId = message.Id, CauseType = message.Type is null ? EventTypes.ProjectApprovalCreated : $"hub.{message.Type}", OccurredAt = message.At, RecordedAt = message.At,
            Data = JsonSerializer.SerializeToUtf8Bytes(lead, SchemasJson.Readable.Lead),
        };
        var node = JsonNode.Parse(CommandEvent.BodyOf(command))!;
        node["hubtest"] = true;
        if (message.Extra)
            (node["hubextra"], node["data"]!["addedLater"]) = ("1", new JsonObject { ["any"] = 1 });
        var body = JsonSerializer.SerializeToUtf8Bytes(node, Readable);
        if (message.Bytes > body.Length)
        {
            // Spaces are part of the signed bytes as everything else; the words of a long approval would be letters.
            node["data"]!["approval"]!["scaleContent"] = new string('x', message.Bytes - body.Length - 18);
            body = JsonSerializer.SerializeToUtf8Bytes(node, Readable);
        }

        return body;
    }

    /// <summary>Sends, and breaks the connection in the middle of the body or once all of it has left.</summary>
    private async Task BreakAsync(Message message, bool whole, CancellationToken cancellation)
    {
        var call = CallOf(message, Signing.Right);
        var started = clock.GetTimestamp();
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Post, receiver.Address) { Content = new BrokenContent(call.Body, whole, broken, clock) };
        foreach (var (name, value) in call.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        var answered = "—";
        try
        {
            using var response = await invoker.SendAsync(request, broken.Token);
            answered = $"HTTP {(int)response.StatusCode}";
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // As wanted.
        }

        Keep(message, answered, (long)clock.GetElapsedTime(started).TotalMilliseconds, taken: false);
    }

    /// <summary>What the receiver made of a case; null when it does not show it.</summary>
    /// <param name="subject">The case.</param>
    /// <param name="expected">Effects that are waited for: a receiver may act after it answered.</param>
    private async Task<Acted?> ActedAsync(string subject, int expected)
    {
        if (effects is null)
            return null;
        Acted? acted = null;
        using var http = new HttpClient(handler, disposeHandler: false) { Timeout = TimeSpan.FromSeconds(receiver.TimeoutSeconds) };
        for (var look = 0; look < EffectLooks && (acted is null || acted.Effects < expected); look++)
        {
            if (look > 0)
                await Task.Delay(EffectPause, clock);
            var builder = new UriBuilder(effects);
            builder.Query = $"{builder.Query.TrimStart('?')}&subject={Uri.EscapeDataString(subject)}".TrimStart('&');
            try
            {
                acted = ConnectorsJson.Read(await http.GetByteArrayAsync(builder.Uri), ConnectorsJson.Default.Acted);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or TaskCanceledException)
            {
                // Asked again; what is never shown counts as no effect.
            }
        }

        return acted ?? new(0, 0);
    }

    private void Keep(Message message, string answered, long ms, bool taken)
    {
        lock (gate)
        {
            exchanges.Add(new(message.Sent, message.Id.ToString("D"), answered, ms));
            slowest = taken ? Math.Max(slowest, ms) : slowest;
        }
    }

    private static (string, CertificationText) Pass(string zh, string en) => (CertificationVerdicts.Pass, new(zh, en));

    private static (string, CertificationText) Fail(string zh, string en) => (CertificationVerdicts.Fail, new(zh, en));

    /// <param name="At">The same on every attempt, since a repeat has the same bytes.</param>
    private sealed record Message(Guid Id, string Subject, long Sequence, DateTimeOffset At, CertificationText Sent)
    {
        public string? Type { get; init; }

        public bool Extra { get; init; }

        /// <summary>Length of the body; 0: as it comes.</summary>
        public int Bytes { get; init; }
    }

    private sealed record Reply(int? Status, string? Fault, TimeSpan RetryAfter, long Ms)
    {
        public int Throttled { get; init; }

        public bool IsTaken => Fault is null && Status is >= 200 and < 300;

        public bool IsThrottled => Status is 429 or 503;

        public string Text => (Status is { } status ? $"HTTP {status.ToString(CultureInfo.InvariantCulture)}" : "") + (Fault is null ? "" : Status is null ? Fault : $" ({Fault})");
    }

    /// <summary>A body that says how long it is and may end before that.</summary>
    private sealed class BrokenContent : HttpContent
    {
        private readonly ReadOnlyMemory<byte> body;
        private readonly bool whole;
        private readonly CancellationTokenSource broken;
        private readonly TimeProvider clock;

        public BrokenContent(ReadOnlyMemory<byte> body, bool whole, CancellationTokenSource broken, TimeProvider clock)
        {
            (this.body, this.whole, this.broken, this.clock) = (body, whole, broken, clock);
            Headers.TryAddWithoutValidation("Content-Type", "application/cloudevents+json; charset=utf-8");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(whole ? body : body[..(body.Length / 2)]);
            await stream.FlushAsync();

            // All of it has left: it gets the time to arrive, or the break could overtake it.
            if (whole)
                await Task.Delay(ArriveWithin, clock);
            await broken.CancelAsync();
            if (!whole)
                throw new IOException("Cut on purpose.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }
}

/// <summary>What a receiver says it made of a case.</summary>
/// <param name="Effects">Messages that had an effect.</param>
/// <param name="Sequence">Sequence of the message whose content is in force.</param>
internal sealed record Acted(int Effects, long Sequence);
