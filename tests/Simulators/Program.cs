using Hub.Simulators;

if (args is not ["--settings", var file])
{
    await Console.Error.WriteLineAsync("usage: Hub.Simulators --settings file.json");
    return 2;
}

await using var host = await SimulatorHost.StartAsync(SimulatorSettings.Load(file), CancellationToken.None);
Console.WriteLine($"Simulators listen; index at {host.AdminAddress}");
await host.WaitForShutdownAsync();
return 0;
