using System.Globalization;

namespace Hub.Policies;

/// <summary>Version of a pack: numbers joined by dots.</summary>
internal static class PackVersion
{
    /// <summary>Number by number; a version that goes on is later than the one it begins with.</summary>
    public static Comparer<string> Order { get; } = Comparer<string>.Create(Compare);

    public static bool IsVersion(string text) => text.Split('.').All(part => part.Length is > 0 and <= 9 && part.All(char.IsAsciiDigit));

    private static int Compare(string? left, string? right) => string.CompareOrdinal(Numbers(left), Numbers(right));

    // Nine digits a part, so that text order is number order.
    private static string Numbers(string? version) =>
        string.Join('.', (version ?? "").Split('.').Select(part => int.Parse(part, CultureInfo.InvariantCulture).ToString("D9", CultureInfo.InvariantCulture)));
}
