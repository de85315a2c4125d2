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

try
{
    var report = new Report();
    if (args is ["only", var variant, .. var options])
        await new Only(database, report, options).RunAsync(variant);
    report.Print();
    return 0;
}
catch (BrokenRunException broken)
{
    Console.Error.WriteLine($"The run broke, its figures mean nothing: {broken.Message}");
    return 1;
}
