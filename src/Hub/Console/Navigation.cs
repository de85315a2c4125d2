namespace Hub.Console;

/// <summary>One entry of the navigation.</summary>
/// <param name="Path">Where it leads; pages below it belong to it.</param>
/// <param name="Word">Key of its word in <see cref="Labels"/>.</param>
/// <param name="Icon">Name in the sprite (src/Hub/Console/assets/collect.mjs).</param>
/// <param name="Key">Pressed after <c>g</c>.</param>
/// <param name="StaffOnly">Holds nothing for a partner's account.</param>
internal sealed record NavigationEntry(string Path, string Word, string Icon, char Key, bool StaffOnly = false)
{
    /// <summary>A partner's account sees its own portal there, hub staff everybody's.</summary>
    /// <param name="scope">The partner; null: hub staff.</param>
    public string WordFor(string? scope) => Word == "nav_portal" && scope is null ? "nav_portals" : Word;

    public bool IsAt(string path) => Path == "/" ? path == "/" : path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);
}

/// <summary>The navigation. A new page is one file in Pages and one line here.</summary>
internal static class Navigation
{
    public static IReadOnlyList<NavigationEntry> Entries { get; } =
    [
        new("/", "nav_overview", "layout-dashboard", 'o', StaffOnly: true),
        new("/portal", "nav_portal", "building", 'm'),
        new("/incidents", "nav_incidents", "alert-triangle", 'i'),
        new("/connectors", "nav_connectors", "plug-connected", 'c'),
        new("/deliveries", "nav_deliveries", "send", 'd'),
        new("/cases", "nav_cases", "folders", 'a'),
        new("/transfers", "nav_transfers", "arrows-exchange", 'h', StaffOnly: true),
        new("/deadlines", "nav_deadlines", "clock", 't'),
        new("/ledgers", "nav_ledgers", "list-check", 'l'),
        new("/outages", "nav_outages", "bolt-off", 'u'),
        new("/evidence", "nav_evidence", "shield-check", 'e', StaffOnly: true),
        new("/approvals", "nav_approvals", "user-check", 'p', StaffOnly: true),
        new("/settings", "nav_settings", "settings", 's'),
    ];

    /// <summary>What an account of this scope sees; null: hub staff.</summary>
    public static IEnumerable<NavigationEntry> For(string? scope) => Entries.Where(entry => scope is null || !entry.StaffOnly);
}
