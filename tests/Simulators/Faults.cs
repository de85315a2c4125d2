using System.Collections.Concurrent;
using System.Text;

namespace Hub.Simulators;

/// <summary>A fault switched on at a partner.</summary>
public sealed record Fault
{
    /// <summary>One of <see cref="Faults.Modes"/>.</summary>
    public string Mode { get; init; } = "none";

    /// <summary>Share of requests it strikes, 0 to 1.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>Header Retry-After of http429, http503 and limited, as it stands; null: none.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>
    /// How long slow, slow_answer (the effect at once, the answer late) and the timeouts wait; null: 500 ms for the slow ones, 1 s for each byte of drip, until the
    /// caller gives up for the others.
    /// </summary>
    public int? DelayMs { get; init; }

    /// <summary>Requests in one second that limited lets through.</summary>
    public int PerSecond { get; init; } = 1;

    /// <summary>How often it strikes before it ends by itself; null: until switched off.</summary>
    public int? Count { get; init; }
}

/// <summary>The faults partners are known for.</summary>
/// <param name="partner">Its name.</param>
/// <param name="own">Faults that only this kind of partner has.</param>
public sealed class Faults(string partner, params IReadOnlyList<string> own)
{
    public static IReadOnlyList<string> Modes { get; } =
    [
        "none", "http500", "http502", "http503", "http429", "http4xx", "timeout", "slow", "reset", "reset_mid_body", "html", "empty", "huge", "refuse", "gone",
        "redirect", "limited", "drip", "endless", "informational", "not_found", "unauthorised", "abort_message", "disable", "effect_then_timeout", "effect_then_reset", "slow_answer",
    ];

    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, long> struck = new();
    // Seeded by the name: a run with faults can be run again.
    private readonly Random random = new(partner.Aggregate(17, (seed, c) => (seed * 31) + c));
    private Fault fault = new();
    private int left;
    private (long Second, int Requests) passed;

    /// <summary>Called when a fault strikes; for the timeouts, when nothing more will happen until the caller gives up.</summary>
    public Action<string>? Struck { get; set; }

    public Fault Current
    {
        get
        {
            lock (gate)
            {
                return fault;
            }
        }
    }

    public IReadOnlyDictionary<string, long> Counts => struck;

    /// <returns>Null when set, else what is wrong with it.</returns>
    public string? Set(Fault wanted)
    {
        if (!Modes.Contains(wanted.Mode) && !own.Contains(wanted.Mode))
        {
            return $"mode must be one of {string.Join(", ", Modes.Concat(own))}";
        }

        if (wanted.Rate is not (>= 0 and <= 1) || wanted.Count < 1 || wanted.DelayMs is < 0)
        {
            return "rate must be 0 to 1, count at least 1, delayMs at least 0";
        }

        lock (gate)
        {
            (fault, left) = (wanted, wanted.Count ?? int.MaxValue);
        }

        return null;
    }

    /// <summary>The fault that strikes the request now arriving; mode none when it is spared.</summary>
    public Fault Next(DateTimeOffset now = default)
    {
        lock (gate)
        {
            if (fault.Mode is "none" || left == 0 || (fault.Mode is "limited" && IsWithinLimit(now.ToUnixTimeSeconds())) || random.NextDouble() >= fault.Rate)
            {
                return new();
            }

            left -= fault.Count is null ? 0 : 1;
            struck.AddOrUpdate(fault.Mode, 1, (_, times) => times + 1);
            return fault;
        }
    }

    private bool IsWithinLimit(long second)
    {
        passed = passed.Second == second ? (second, passed.Requests + 1) : (second, 1);
        return passed.Requests <= fault.PerSecond;
    }

    /// <summary>Serves one request with the fault that strikes it.</summary>
    public async Task ServeAsync(HttpContext context, Partner partner, Hit hit, Fault now, TimeProvider clock)
    {
        switch (now.Mode)
        {
            case "timeout":
                await HangAsync(context, now, clock);
                break;
            case "effect_then_timeout":
                partner.Answer(hit);
                await HangAsync(context, now, clock);
                break;
            case "effect_then_reset":
                partner.Answer(hit);
                Strike(now);
                context.Abort();
                break;
            case "reset":
                Strike(now);
                context.Abort();
                break;
            case "reset_mid_body":
                Strike(now);
                await CutShortAsync(context, partner.Answer(hit));
                break;
            case "slow":
                Strike(now);
                await Task.Delay(TimeSpan.FromMilliseconds(now.DelayMs ?? 500), clock, context.RequestAborted);
                await WriteAsync(context, partner.Answer(hit));
                break;
            case "drip":
                Strike(now);
                await DripAsync(context, partner.Answer(hit), TimeSpan.FromMilliseconds(now.DelayMs ?? 1000), clock);
                break;
            case "endless":
                Strike(now);
                await FloodAsync(context);
                break;
            case "informational":
                Strike(now);
                context.Response.StatusCode = 102;
                break;
            case "slow_answer":
                Strike(now);
                var late = partner.Answer(hit);
                await Task.Delay(TimeSpan.FromMilliseconds(now.DelayMs ?? 500), clock, context.RequestAborted);
                await WriteAsync(context, late);
                break;
            case "none":
                await WriteAsync(context, partner.Answer(hit));
                break;
            default:
                Strike(now);
                await WriteAsync(context, ReplyOf(now, partner, hit));
                break;
        }
    }

    private static Reply ReplyOf(Fault now, Partner partner, Hit hit) => now.Mode switch
    {
        "http500" => Page(500, "Internal Server Error"),
        "http502" => Page(502, "Bad Gateway"),
        "http503" => Page(503, "Service Unavailable") with { Headers = RetryAfter(now) },
        "http429" or "limited" => Page(429, "Too Many Requests") with { Headers = RetryAfter(now) },
        "http4xx" => Page(422, "Unprocessable Content"),
        "html" => Page(200, "系统维护中"),
        "empty" => Reply.Empty(200),
        "huge" => new(200, Encoding.UTF8.GetBytes(new string(' ', 4 * 1024 * 1024) + "{}")),
        "refuse" => partner.RefuseContent(),
        "unauthorised" => partner.RefuseCaller(),
        "not_found" => Page(404, "Not Found"),
        "gone" => Page(410, "Gone"),
        "redirect" => Page(302, "Found") with { Headers = [("Location", "/elsewhere")] },
        "abort_message" => Page(400, "Bad Request") with { Headers = [("webhook-delivery", "abort-message")] },
        "disable" => Page(503, "Service Unavailable") with { Headers = [("webhook-delivery", "disable")] },
        _ => partner.Spoil(hit, now.Mode) ?? throw new InvalidOperationException($"The fault '{now.Mode}' has no reply."),
    };

    private static IReadOnlyList<(string, string)> RetryAfter(Fault now) => now.RetryAfter is { } text ? [("Retry-After", text)] : [];

    private static Reply Page(int status, string text) =>
        new(status, Encoding.UTF8.GetBytes($"<!doctype html><title>{text}</title><h1>{text}</h1>"), "text/html; charset=utf-8");

    private async Task HangAsync(HttpContext context, Fault now, TimeProvider clock)
    {
        Strike(now);
        var wait = now.DelayMs is { } delay ? TimeSpan.FromMilliseconds(delay) : Timeout.InfiniteTimeSpan;
        await Task.Delay(wait, clock, context.RequestAborted);
        context.Abort();
    }

    private static async Task CutShortAsync(HttpContext context, Reply reply)
    {
        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = reply.ContentType;
        // The server closes the connection over the missing bytes. An abort would reset it, and a reset may overtake the headers.
        context.Response.ContentLength = reply.Body.Length + 100;
        await context.Response.Body.WriteAsync(reply.Body, context.RequestAborted);
    }

    // The whole answer is right, only nobody can wait for it.
    private static async Task DripAsync(HttpContext context, Reply reply, TimeSpan pause, TimeProvider clock)
    {
        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = reply.ContentType;
        context.Response.ContentLength = reply.Body.Length;
        foreach (var one in reply.Body)
        {
            await context.Response.Body.WriteAsync(new[] { one }, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(pause, clock, context.RequestAborted);
        }
    }

    private static async Task FloodAsync(HttpContext context)
    {
        var spaces = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
        context.Response.ContentType = "application/json";
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(spaces, context.RequestAborted);
        }
    }

    private static async Task WriteAsync(HttpContext context, Reply reply)
    {
        context.Response.StatusCode = reply.Status;
        foreach (var (name, value) in reply.Headers)
        {
            context.Response.Headers[name] = value;
        }

        if (reply.Body.Length > 0)
        {
            context.Response.ContentType = reply.ContentType;
            context.Response.ContentLength = reply.Body.Length;
            await context.Response.Body.WriteAsync(reply.Body, context.RequestAborted);
        }
    }

    private void Strike(Fault now) => Struck?.Invoke(now.Mode);
}
