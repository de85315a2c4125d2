using System.Globalization;
using Hub.Benchmarks;

// HUB_BENCH_DATABASE: an Npgsql connection string whose user may create databases; HUB_BENCH_PGBENCH: the program, when there is one.
if (args is ["bare", var connection, var port, var receiver])
{
    await BarePipeline.ServeAsync(connection, int.Parse(port, CultureInfo.InvariantCulture), new Uri(receiver));
    return 0;
}

if (Environment.GetEnvironmentVariable("HUB_BENCH_DATABASE") is not { Length: > 0 } database)
{
    Console.Error.WriteLine("HUB_BENCH_DATABASE is not set (an Npgsql connection string whose user may create databases); ./bench sets it.");
    return 2;
}

Leftovers.ClearAtExit();
if (Trial.IsOn)
    Report.Note("A trial of the benchmark itself: what it prints are no figures.");

try
{
    var report = new Report();
    switch (args)
    {
        case ["only", var variant, .. var options]:
            await new Only(database, report, options).RunAsync(variant);
            report.Print([]);
            return 0;
        case ["fill", .. var events]:
            await FillAsync(database, [.. events.Select(text => int.Parse(text, CultureInfo.InvariantCulture))]);
            return 0;
        case [] or ["quick"]:
            await new FullRun(database, report, quick: args.Length > 0).RunAsync();
            report.Print(Mark.All);
            return 0;
        default:
            Console.Error.WriteLine("usage: ./bench [quick | only VARIANT [--seconds N] [--rate N] [--wait]]");
            return 2;
    }
}
catch (Exception broken) when (broken is BrokenRunException or NotStartedException)
{
    Console.Error.WriteLine($"The run broke, its figures mean nothing: {broken.Message}");
    return 1;
}

// Before the run and apart from it, because ./bench gives the server other settings for this.
static async Task FillAsync(string admin, IReadOnlyList<int> wanted)
{
    var secondsPerEvent = 0.0;
    foreach (var (name, database, events) in FullRun.Filled.Where(one => wanted.Contains(one.Events)))
    {
        var expected = secondsPerEvent * events;
        if (expected > Filler.SecondsMax)
        {
            Report.Note(string.Create(CultureInfo.InvariantCulture, $"{name} skipped: filling would take about {expected:0} s on this machine"));
            continue;
        }

        if (Filler.Refusal(events) is { } refusal)
        {
            Report.Note($"{name} skipped: {refusal}");
            continue;
        }

        var fresh = await Database.CreateAsync(admin, database);
        await HubPipeline.MigrateAsync(fresh);
        var seconds = await Filler.FillAsync(fresh, events);
        secondsPerEvent = seconds / events;
        var megabytes = await fresh.BytesAsync() >> 20;
        Report.Note(string.Create(CultureInfo.InvariantCulture, $"{name}: {events} events filled in {seconds:0} s, {megabytes} MB"));
        await fresh.CloseAsync();
    }
}
