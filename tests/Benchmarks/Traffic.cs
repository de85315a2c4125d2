using System.Diagnostics;

namespace Hub.Benchmarks;

/// <summary>One stretch of traffic: the events from <paramref name="First"/> up to <paramref name="End"/>.</summary>
/// <param name="First">Number of the first event.</param>
/// <param name="End">Number behind the last.</param>
/// <param name="Began">Timestamp at which the load began.</param>
/// <param name="Turned">Answers 503: the sender kept the event and sent it again.</param>
internal sealed record Window(int First, int End, long Began, int Turned);

/// <summary>What a window came to. Latencies in ms, ascending.</summary>
/// <param name="Accepted">Events answered with 202.</param>
/// <param name="AcceptedPerSecond">Until the last was accepted.</param>
/// <param name="DeliveredPerSecond">Until the last of them had arrived at its utility: what goes through from end to end.</param>
/// <param name="Turned">Answers 503.</param>
internal sealed record Outcome(int Accepted, double AcceptedPerSecond, double DeliveredPerSecond, int Turned, IReadOnlyList<double> Accept, IReadOnlyList<double> EndToEnd);

/// <summary>
/// Everything sent to one database and everything that came out again: numbers the events, keeps the three moments of each (due, accepted,
/// delivered), and counts what must not be: a command seen twice, or out of order.
/// </summary>
internal sealed class Traffic(Mix mix, int receivers)
{
    private const int EventsMax = 4_000_000;

    private readonly long[] due = new long[EventsMax];
    private readonly long[] accepted = new long[EventsMax];
    private readonly long[] delivered = new long[EventsMax];
    private readonly int[] versions = new int[EventsMax];
    private int nextGroup;
    private int arrivals;
    private int twice;
    private int inversions;
    private int strangers;

    public Mix Mix { get; } = mix;

    /// <summary>Utilities; a case goes to one of them.</summary>
    public int Receivers { get; } = receivers;

    public int Inversions => inversions;

    public int NextEvent => nextGroup * Mix.Events;

    public int ReceiverOf(int caseNumber) => caseNumber % Receivers;

    public int TakeGroup()
    {
        var group = Interlocked.Increment(ref nextGroup) - 1;
        return (group + 1) * Mix.Events <= EventsMax ? group : throw new InvalidOperationException($"More than {EventsMax} events in one run.");
    }

    public void Due(int number, long timestamp) => due[number] = timestamp;

    public void Accepted(int number, long timestamp) => accepted[number] = timestamp;

    /// <summary>A command that arrived where nobody keeps order (the bare pipeline).</summary>
    public void Arrived(int number, long timestamp)
    {
        if (Interlocked.CompareExchange(ref delivered[number], timestamp, 0) != 0)
            Interlocked.Increment(ref twice);
        else
            Interlocked.Increment(ref arrivals);
    }

    /// <summary>A command as a utility sees it: the case, and its number in the lane, contiguous from 1.</summary>
    public void Arrived(int caseNumber, int laneSeq, long timestamp)
    {
        var number = Mix.NumberOf(caseNumber, laneSeq);
        if (number < 0)
        {
            Interlocked.Increment(ref strangers);
            return;
        }

        var before = Interlocked.CompareExchange(ref versions[caseNumber], laneSeq, laneSeq - 1);
        if (before >= laneSeq)
        {
            Interlocked.Increment(ref twice);
            return;
        }

        if (before != laneSeq - 1)
        {
            Interlocked.Increment(ref inversions);
            versions[caseNumber] = laneSeq;
        }

        delivered[number] = timestamp;
        Interlocked.Increment(ref arrivals);
    }

    /// <summary>Waits until all that was accepted has arrived.</summary>
    /// <param name="of">Utilities that count; the sick ones do not answer for theirs.</param>
    /// <exception cref="BrokenRunException">Nothing arrived for 30 s although something is missing, or something arrived that must not have.</exception>
    public async Task DrainAsync(Func<int, bool> of)
    {
        var (missing, seen, quiet) = (Missing(of), arrivals, Stopwatch.StartNew());
        while (missing > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
            if (arrivals != seen)
            {
                (seen, quiet) = (arrivals, Stopwatch.StartNew());
                continue;
            }

            missing = Missing(of);
            if (missing > 0 && quiet.Elapsed > TimeSpan.FromSeconds(30))
                throw new BrokenRunException($"{missing} accepted events were not delivered.");
        }

        if (twice + inversions + strangers > 0)
            throw new BrokenRunException($"Delivered twice: {twice}, out of order: {inversions}, never sent: {strangers}.");
    }

    /// <summary>The figures of a window, after it was drained.</summary>
    public Outcome Outcome(Window window, Func<int, bool> of)
    {
        var (accept, endToEnd, lastAccepted, lastDelivered) = (new List<double>(), new List<double>(), window.Began, window.Began);
        for (var number = window.First; number < window.End; number++)
        {
            if (accepted[number] == 0 || !of(ReceiverOf(Mix.Of(number).Case)))
                continue;
            accept.Add(Stopwatch.GetElapsedTime(due[number], accepted[number]).TotalMilliseconds);
            endToEnd.Add(Stopwatch.GetElapsedTime(due[number], delivered[number]).TotalMilliseconds);
            lastAccepted = Math.Max(lastAccepted, accepted[number]);
            lastDelivered = Math.Max(lastDelivered, delivered[number]);
        }

        accept.Sort();
        endToEnd.Sort();
        return new(accept.Count, Rate(window, lastAccepted, accept.Count), Rate(window, Math.Max(lastAccepted, lastDelivered), accept.Count), window.Turned, accept, endToEnd);
    }

    private static double Rate(Window window, long last, int count) => count == 0 ? 0 : count / Stopwatch.GetElapsedTime(window.Began, last).TotalSeconds;

    private int Missing(Func<int, bool> of)
    {
        var missing = 0;
        for (var number = 0; number < NextEvent; number++)
        {
            if (accepted[number] != 0 && Volatile.Read(ref delivered[number]) == 0 && of(ReceiverOf(Mix.Of(number).Case)))
                missing++;
        }

        return missing;
    }
}

/// <summary>The figures would mean nothing: something was lost, doubled or out of order, or a part did not run.</summary>
internal sealed class BrokenRunException(string message) : Exception(message);
