using System.Globalization;
using Hub.Benchmarks;

// A first rough load: the real hub as a process, 64 connections, against a durable single-row insert with 32 clients in the same minutes.
// HUB_BENCH_DATABASE: an Npgsql connection string whose user may create databases.
var database = Environment.GetEnvironmentVariable("HUB_BENCH_DATABASE");
if (string.IsNullOrEmpty(database))
{
    Console.Error.WriteLine("HUB_BENCH_DATABASE is not set (an Npgsql connection string whose user may create databases).");
    return 2;
}

var seconds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10;
await using var hub = await HubProcess.StartAsync(database);
var warm = await Load.RunAsync(hub, connections: 64, events: 30_000, limit: TimeSpan.FromMinutes(3));
Console.WriteLine($"warmed with {warm.Accepted} events");
var limit = await InsertLimit.RunAsync(hub.Database, clients: 32, TimeSpan.FromSeconds(seconds));
var before = await hub.SampleAsync();
var run = await Load.RunAsync(hub, connections: 64, events: int.MaxValue, limit: TimeSpan.FromSeconds(seconds));
var drained = await hub.DrainAsync();
var after = await hub.SampleAsync();
var again = await InsertLimit.RunAsync(hub.Database, clients: 32, TimeSpan.FromSeconds(seconds));
var inserts = (limit + again) / 2;
var total = run.Seconds + drained;

Print("limit inserts/s", inserts, "0");
Print("accepted/s", run.Accepted / run.Seconds, "0");
Print("delivered end to end/s", run.Accepted / total, "0");
Print("accept p50 ms", run.Percentile(50), "0.0");
Print("accept p99 ms", run.Percentile(99), "0.0");
Print("refused", run.Refused, "0");
Print("events a commit", (after.Inputs - before.Inputs) / Math.Max(1, after.Batches - before.Batches), "0.0");
Print("hub CPU ms/event", (after.CpuMs - before.CpuMs) / run.Accepted, "0.000");
Print("hub memory MB", after.MemoryMb, "0");
Print("hub/limit accepted", run.Accepted / run.Seconds / inserts, "0.00");
Print("hub/limit", run.Accepted / total / inserts, "0.00");
return 0;

static void Print(string name, double value, string form) => Console.WriteLine($"{name}: {value.ToString(form, CultureInfo.InvariantCulture)}");
