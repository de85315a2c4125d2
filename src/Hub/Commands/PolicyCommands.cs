using System.CommandLine;
using System.Globalization;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Command = System.CommandLine.Command;

namespace Hub.Commands;

/// <summary><c>policy check | load | diff | what-if</c>.</summary>
internal static class PolicyCommands
{
    private const string CalendarFolder = "calendar";

    public static Command Command() => new("policy", "Policy packs") { Check(), Load(), Diff(), WhatIf() };

    private static Command Check()
    {
        var folder = new Argument<DirectoryInfo>("folder")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "A folder of packs: with a national calendar of its own it is checked by itself, else laid over the shipped packs. The hub's own when left out",
        };
        folder.AcceptExistingOnly();
        var command = new Command("check", "Read the packs as the hub would, and name every fault with its file, line and reason") { folder };
        command.SetAction((parsed, _) => CommandLine.WithAsync((settings, _) =>
        {
            var other = parsed.GetValue(folder)?.FullName;
            var policies = (other is null ? PolicyStore.Open(settings.Packs, settings.SitePacks)
                : File.Exists(Path.Combine(other, CalendarFolder, $"{CalendarReader.National}.yaml")) ? PolicyStore.Open(other)
                : PolicyStore.Open(settings.Packs, other)).Current;
            foreach (var policy in policies.Policies)
            {
                System.Console.WriteLine($"{policy.Pin}  {policy.Title.Zh}  {policy.Operators.Count} operator(s), {policy.Limits.Count} limits, {policy.Steps.Count} steps, {policy.Thresholds.Count} thresholds, "
                    + $"{policy.Permits.Count} permits, {policy.Exemptions.Count} exemptions, {policy.Reports.Count} reports, {policy.Documents?.Count ?? 0} documents");
            }

            System.Console.WriteLine($"ok: {policies.Policies.Count} packs, digest {policies.Digest}, calendar {policies.Calendar.Version}");
            return Task.FromResult(0);
        }));
        return command;
    }

    private static Command Diff()
    {
        var before = new Argument<string>("before") { Description = "A pack: its id, its pin such as linfen@2021.1, or a file" };
        var after = new Argument<string>("after") { Description = "The pack it is compared with" };
        var command = new Command("diff", "What two packs say differently, rule by rule") { before, after };
        command.SetAction((parsed, _) => CommandLine.WithAsync((settings, _) =>
        {
            var (old, now) = (Find(settings, parsed.GetValue(before)!), Find(settings, parsed.GetValue(after)!));
            var lines = PolicyDiff.Between(old, now);
            foreach (var line in lines)
                System.Console.WriteLine(line);
            System.Console.WriteLine($"{old.Pin} and {now.Pin}: {(lines.Count == 0 ? "no difference" : $"{lines.Count} difference(s)")}");
            return Task.FromResult(0);
        }));
        return command;
    }

    private static Command WhatIf()
    {
        var pack = new Option<string>("--pack") { Required = true, Description = "A pack: its id, its pin, or a file" };
        var customer = new Option<string>("--class") { Required = true, Description = string.Join(" | ", ConnectionClasses.All) };
        customer.AcceptOnlyFromAmong([.. ConnectionClasses.All]);
        var tags = new Option<string[]>("--tags") { AllowMultipleArgumentsPerToken = true, Description = string.Join(" | ", ConnectionTags.All) };
        tags.AcceptOnlyFromAmong([.. ConnectionTags.All]);
        var accepted = new Option<string>("--accepted") { Required = true, Description = "Day of acceptance, YYYY-MM-DD" };
        var line = new Option<bool?>("--external-line") { Description = "With an external line (or false); not known when left out" };
        var excavation = new Option<bool?>("--excavation") { Description = "Roads have to be opened (or false); not known when left out" };
        var structure = new Option<bool?>("--new-structure") { Description = "A new pole, branch box or duct (or false); not known when left out" };
        var pauses = new Option<string[]>("--pause") { AllowMultipleArgumentsPerToken = true, Description = "FROM..TO, the applicant's own time; may be given several times" };
        var calendar = new Option<FileInfo>("--calendar") { Description = "A calendar to count by, such as one with next year's notice, of a higher version" };
        calendar.AcceptExistingOnly();
        var command = new Command("what-if", "Which limits run for a customer, until when, and which do not and why") { pack, customer, tags, accepted, line, excavation, structure, pauses, calendar };
        command.SetAction((parsed, _) => CommandLine.WithAsync((settings, _) =>
        {
            var policy = Find(settings, parsed.GetValue(pack)!);
            var days = parsed.GetValue(calendar) is { } file ? Tried(settings, file, CalendarFolder) : PolicyStore.Open(settings.Packs, settings.SitePacks).Current;
            var place = policy.Regions is [var region, ..] ? days.CalendarFor(region) : days.Calendar;
            var supposed = new SupposedCase(
                parsed.GetValue(customer)!, parsed.GetValue(tags) ?? [], Day(parsed.GetValue(accepted)!),
                new ConnectionApplication { HasExternalLine = parsed.GetValue(line), NeedsExcavation = parsed.GetValue(excavation), NewStructure = parsed.GetValue(structure) },
                [.. (parsed.GetValue(pauses) ?? []).Select(Pause)]);
            foreach (var one in PolicyWhatIf.Lines(policy, supposed, place))
                System.Console.WriteLine(one);
            System.Console.WriteLine($"{policy.Pin}, counted by {place.Version}");
            return Task.FromResult(0);
        }));
        return command;
    }

    // By id the one in force; by pin any; a file together with the hub's packs, as it would be loaded.
    private static Policy Find(HubSettings settings, string named)
    {
        if (File.Exists(named))
        {
            var file = new FileInfo(named);
            var before = PolicyStore.Open(settings.Packs, settings.SitePacks).Current;
            var pins = before.All.Select(policy => policy.Pin).ToHashSet(StringComparer.Ordinal);
            return Tried(settings, file, below: "").All.FirstOrDefault(policy => !pins.Contains(policy.Pin))
                ?? throw new InvalidOperationException($"{named} holds no pack that is not loaded already.");
        }

        var packs = PolicyStore.Open(settings.Packs, settings.SitePacks).Current;
        return packs.Pinned(named) ?? packs.Policies.FirstOrDefault(policy => policy.Id == named)
            ?? throw new InvalidOperationException($"There is no pack \"{named}\": neither an id, nor a pin, nor a file.");
    }

    private static (DateOnly From, DateOnly To) Pause(string text) => text.Split("..") is [var from, var to] && Day(from) is var first && Day(to) is var last && first <= last
        ? (first, last)
        : throw new InvalidOperationException($"\"{text}\" is no time: FROM..TO, two days, the earlier first.");

    private static DateOnly Day(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        ? day
        : throw new InvalidOperationException($"\"{text}\" is no day: YYYY-MM-DD.");

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

            Tried(settings, pack, below: "");
            pack.CopyTo(Path.Combine(site, pack.Name), overwrite: true);
            System.Console.WriteLine("loaded");
            return Task.FromResult(0);
        }));
        return command;
    }

    // The packs with one more file, in a copy of the site's folder: one with a fault never reaches the folder the hub reads.
    private static PolicySet Tried(HubSettings settings, FileInfo file, string below)
    {
        var trial = Directory.CreateTempSubdirectory("hub-packs-");
        try
        {
            foreach (var part in new[] { "", CalendarFolder })
            {
                var to = Directory.CreateDirectory(Path.Combine(trial.FullName, part)).FullName;
                var from = settings.SitePacks is { } site ? Path.Combine(site, part) : "";
                foreach (var present in Directory.Exists(from) ? Directory.EnumerateFiles(from, "*.yaml") : [])
                    File.Copy(present, Path.Combine(to, Path.GetFileName(present)));
            }

            file.CopyTo(Path.Combine(trial.FullName, below, file.Name), overwrite: true);
            return PolicyStore.Open(settings.Packs, trial.FullName).Current;
        }
        finally
        {
            trial.Delete(recursive: true);
        }
    }
}
