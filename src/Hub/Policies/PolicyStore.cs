using System.Security.Cryptography;
using System.Text;

namespace Hub.Policies;

/// <summary>
/// Loads the packs of a folder and of an optional site folder laid over it, and swaps in a new set when asked. The same files
/// always give the same set: nothing else is looked at.
/// </summary>
/// <remarks>
/// The same id may come with several versions: the highest is current, the others stay to be found by the cases pinned to them.
/// The same id and version twice is refused, since a pin would then mean two things.
/// </remarks>
internal sealed class PolicyStore
{
    private const string CalendarFolder = "calendar";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string folder;
    private readonly string? siteFolder;
    private volatile Load current;
    private volatile IReadOnlyList<PackFile> approved;

    private PolicyStore(string folder, string? siteFolder, IReadOnlyList<PackFile> approved, Load first)
    {
        this.folder = folder;
        this.siteFolder = siteFolder;
        this.approved = approved;
        current = first;
    }

    public PolicySet Current => current.Set;

    /// <exception cref="PolicyException">The packs cannot be used; lists every problem.</exception>
    /// <param name="folder">The packs that come with the program.</param>
    /// <param name="siteFolder">The site's own; null: none.</param>
    /// <param name="approved">Calendars that stand in no folder, see <see cref="Approved"/>; null: none.</param>
    public static PolicyStore Open(string folder, string? siteFolder = null, IReadOnlyList<PackFile>? approved = null) =>
        new(folder, siteFolder, approved ?? [], LoadAll(folder, siteFolder, approved ?? [], before: null));

    /// <summary>A calendar that two people put in force, as a file of the set.</summary>
    public static PackFile Approved(string pin, string text) => new(Path.Combine(CalendarFolder, $"{pin}.yaml"), Encoding.UTF8.GetBytes(text));

    /// <summary>Reads the folders again. On any problem the present set stays.</summary>
    /// <param name="problems">Why it stays.</param>
    /// <param name="calendars">Approved calendars; null: those of before.</param>
    public bool TryReload(out IReadOnlyList<PolicyProblem> problems, IReadOnlyList<PackFile>? calendars = null)
    {
        try
        {
            current = LoadAll(folder, siteFolder, calendars ?? approved, current);
            approved = calendars ?? approved;
            problems = [];
            return true;
        }
        catch (PolicyException refused)
        {
            problems = refused.Problems;
            return false;
        }
    }

    /// <summary>What would be in force with one more calendar; nothing changes.</summary>
    /// <param name="text">The calendar (YAML).</param>
    /// <param name="pin">Its id and version; null when it cannot be used.</param>
    /// <param name="problems">Why it cannot.</param>
    public PolicySet? Try(string text, out string? pin, out IReadOnlyList<PolicyProblem> problems)
    {
        pin = null;
        var file = Approved("proposed", text);
        try
        {
            var found = new List<PolicyProblem>();
            var read = Parse([file], CalendarReader.Read, found);
            Refuse(found);
            var proposed = read.Single();
            if (!Current.CalendarPins.All(known => IsLater(proposed.Content, known)))
            {
                proposed.Node.Report("version", "版本号须高于现行日历。", "The version must be higher than that of the calendar in force.");
                Refuse(found);
            }

            var set = LoadAll(folder, siteFolder, [.. approved, file], current).Set;
            (pin, problems) = (proposed.Content.Pin, []);
            return set;
        }
        catch (PolicyException refused)
        {
            problems = refused.Problems;
            return null;
        }
    }

    private static bool IsLater(CalendarFile proposed, string known) =>
        known.Split('@') is [var id, var version] && (id != proposed.Id || PackVersion.Order.Compare(proposed.Version, version) > 0);

    private static Load LoadAll(string folder, string? siteFolder, IReadOnlyList<PackFile> approved, Load? before)
    {
        var problems = new List<PolicyProblem>();
        var packFiles = Files(folder, siteFolder, "", problems);
        var calendarFiles = Files(folder, siteFolder, CalendarFolder, problems);
        var packs = Parse(packFiles, PackReader.Read, problems);
        var calendars = Parse(calendarFiles, CalendarReader.Read, problems);

        // One that has since come as a file is that file.
        var besides = Parse([.. approved], CalendarReader.Read, problems).Where(one => !calendars.Exists(file => file.Content.Pin == one.Content.Pin)).ToList();
        calendars.AddRange(besides);
        calendarFiles.AddRange(besides.Select(one => one.File));

        // What holds between packs is looked at once each is sound: a pack that extends a broken one is not wrong itself.
        Refuse(problems);
        PolicyRules.Check(packs, problems);
        var (national, overlays) = PolicyRules.Calendars(calendars, problems);
        Refuse(problems);

        var digests = PolicyRules.PinDigests(packs);
        CheckPinsKeepTheirMeaning(packs, digests, before, problems);
        Refuse(problems);
        var policies = packs.Select(pack => PolicyRules.Inherit(pack.Content, packs)).ToList();
        return new(new(policies, national!, overlays, Digest([.. packFiles, .. calendarFiles])), digests);
    }

    private static void Refuse(List<PolicyProblem> problems)
    {
        if (problems.Count > 0)
        {
            throw new PolicyException([.. problems
                .OrderBy(problem => problem.File, StringComparer.Ordinal).ThenBy(problem => problem.Line).ThenBy(problem => problem.Column)]);
        }
    }

    // The folder's files in the order of their names, then the site's.
    private static List<PackFile> Files(string folder, string? siteFolder, string below, List<PolicyProblem> problems)
    {
        var files = new List<PackFile>();
        foreach (var root in new[] { folder, siteFolder }.OfType<string>())
        {
            try
            {
                files.AddRange(FilesOf(root, below));
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                problems.Add(new(Path.GetFileName(root), 1, 1, $"无法读取规则包文件夹：{unreadable.Message}", $"The folder of packs cannot be read: {unreadable.Message}"));
            }
        }

        return files;
    }

    // Only the first folder level has to be there: a site need not lay anything over the calendar.
    private static IEnumerable<PackFile> FilesOf(string root, string below)
    {
        var path = Path.Combine(root, below);
        return below.Length > 0 && !Directory.Exists(path)
            ? []
            : [.. Directory.EnumerateFiles(path, "*.yaml").Order(StringComparer.Ordinal)
                .Select(file => new PackFile(Path.Combine(below, Path.GetFileName(file)), File.ReadAllBytes(file)))];
    }

    private static List<Loaded<T>> Parse<T>(List<PackFile> files, Func<PackNode, List<PolicyProblem>, T?> read, List<PolicyProblem> problems)
        where T : class
    {
        var loaded = new List<Loaded<T>>();
        foreach (var file in files)
        {
            if (Text(file, problems) is { } text && PackNode.Read(file.Name, text, problems) is { } node && read(node, problems) is { } content)
            {
                loaded.Add(new(file, node, content));
            }
        }

        return loaded;
    }

    private static string? Text(PackFile file, List<PolicyProblem> problems)
    {
        try
        {
            return StrictUtf8.GetString(file.Bytes);
        }
        catch (DecoderFallbackException)
        {
            problems.Add(new(file.Name, 1, 1, "文件不是 UTF-8 编码。", "The file is not UTF-8."));
            return null;
        }
    }

    // A case pinned to linfen@2021.1 must find the rules it began under, so a running hub refuses other rules under the same name.
    private static void CheckPinsKeepTheirMeaning(List<Loaded<Policy>> packs, Dictionary<string, string> digests, Load? before, List<PolicyProblem> problems)
    {
        foreach (var pack in packs)
        {
            var pin = pack.Content.Pin;
            if (before is not null && before.PinDigests.TryGetValue(pin, out var digest) && digest != digests[pin])
            {
                pack.Node.Report("version", $"{pin} 的内容（或其继承的规则）已改变，请提高版本号。", $"The content of {pin}, or of what it extends, has changed: raise the version.");
            }
        }
    }

    private static string Digest(List<PackFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(file.Bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed record Load(PolicySet Set, IReadOnlyDictionary<string, string> PinDigests);
}

/// <summary>One file as read.</summary>
/// <param name="Name">Relative to its folder.</param>
internal sealed record PackFile(string Name, byte[] Bytes);

/// <summary>What a file says, with its place for what is found out later.</summary>
internal sealed record Loaded<T>(PackFile File, PackNode Node, T Content);
