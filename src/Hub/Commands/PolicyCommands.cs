using System.CommandLine;
using Hub.Policies;

namespace Hub.Commands;

/// <summary><c>policy check | load</c>.</summary>
internal static class PolicyCommands
{
    public static Command Command() => new("policy", "Policy packs") { Check(), Load() };

    private static Command Check()
    {
        var command = new Command("check", "Read the packs as the hub would, and name every fault");
        command.SetAction((_, _) => CommandLine.WithAsync((settings, _) =>
        {
            var policies = PolicyStore.Open(settings.Packs, settings.SitePacks).Current;
            foreach (var policy in policies.Policies)
                System.Console.WriteLine($"{policy.Pin}  {policy.Title.Zh}  {policy.Operators.Count} operator(s)");
            System.Console.WriteLine($"ok: {policies.Policies.Count} packs, digest {policies.Digest}");
            return Task.FromResult(0);
        }));
        return command;
    }

    private static Command Load()
    {
        var file = new Argument<FileInfo>("file") { Description = "A pack (YAML)" };
        file.AcceptExistingOnly();
        var command = new Command("load", "Check a pack together with the others and put it into the site folder; a running hub takes it up") { file };
        command.SetAction((parsed, _) => CommandLine.WithAsync((settings, _) =>
        {
            var pack = parsed.GetValue(file)!;
            var site = settings.SitePacks ?? throw new InvalidOperationException("Hub:SitePacks is not set: there is no site folder to put the pack into.");
            Directory.CreateDirectory(site);

            // Tried in a copy first: a pack with a fault never reaches the folder the hub reads.
            var trial = Directory.CreateTempSubdirectory("hub-packs-");
            try
            {
                foreach (var present in Directory.EnumerateFiles(site, "*.yaml"))
                    File.Copy(present, Path.Combine(trial.FullName, Path.GetFileName(present)));
                pack.CopyTo(Path.Combine(trial.FullName, pack.Name), overwrite: true);
                PolicyStore.Open(settings.Packs, trial.FullName);
                pack.CopyTo(Path.Combine(site, pack.Name), overwrite: true);
            }
            finally
            {
                trial.Delete(recursive: true);
            }

            System.Console.WriteLine("loaded");
            return Task.FromResult(0);
        }));
        return command;
    }
}
