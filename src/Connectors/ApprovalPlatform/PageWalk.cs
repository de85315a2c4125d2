namespace Hub.Connectors.ApprovalPlatform;

/// <summary>
/// The way through a list that changes while it is read, and what shows that a page cannot be true. Nothing is believed to be read until what
/// follows it agrees.
/// </summary>
/// <remarks>
/// After each page the walk asks anew from the newest stamp it has seen, first page: what changes meanwhile moves to the end of the list, and page
/// numbers counted from the beginning would then skip records. Only where a page does not get beyond its first stamp, or is not
/// in order, the walk goes on by page number, each time reading the page before once more so that what moved up is seen.
/// </remarks>
/// <param name="from">Where the list begins; whole seconds.</param>
/// <param name="pageSize">Records asked for at a time.</param>
public sealed class PageWalk(DateTimeOffset from, int pageSize)
{
    // Since At, over all pages of it.
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> seenAt = new(StringComparer.Ordinal);
    private int nameless;
    private int totalLeast;
    private bool ordered = true;
    private DateTimeOffset newest = from;

    /// <summary>The moment the next page is asked from.</summary>
    public DateTimeOffset At { get; private set; } = from;

    /// <summary>The page asked for, from 1.</summary>
    public int Page { get; private set; } = 1;

    /// <summary>The page before must be read again after this one, and both be taken.</summary>
    public bool WantsPageBefore => Page > 1;

    /// <summary>No more pages.</summary>
    public bool Ended { get; private set; }

    /// <summary>Everything before this moment was read, as far as the last page taken goes; rows of this very moment may be missing.</summary>
    public DateTimeOffset ReadTo => ordered || Ended ? newest : At;

    /// <summary>Why the answer cannot be true, a word; null when nothing speaks against it.</summary>
    /// <param name="page">The page asked for.</param>
    /// <param name="before">The page before it, read after it; null on page 1.</param>
    public string? Doubt(PlatformPage page, PlatformPage? before)
    {
        var size = Math.Min(page.PageSize, pageSize);
        var expected = Math.Clamp((long)page.Total - ((long)(Page - 1) * size), 0, size);
        return page.PageNo != Page || (before is not null && before.PageNo != Page - 1) ? "page_not_asked_for"
            : page.Rows.Count < expected ? "page_short"
            : page.Rows.Any(row => row.ChangedAt < At) ? "page_before_asked"
            : page.Total < totalLeast ? "total_short"
            : before is not null && !before.Rows.Any(IsSeen) ? "page_skipped"
            : Page > 1 && page.Rows.Count > 0 && page.Rows.All(IsSeen) && !before!.Rows.Any(row => !IsSeen(row)) ? "page_repeated"
            : Page > 1 && IsLast(page, size) && DistinctWith(page, before) < page.Total ? "rows_missing"
            : null;
    }

    /// <summary>Takes a page about which there is no doubt, and moves on.</summary>
    public void Take(PlatformPage page, PlatformPage? before)
    {
        var size = Math.Min(page.PageSize, pageSize);
        foreach (var row in page.Rows.Concat(before?.Rows ?? []))
        {
            Note(row);
        }

        ordered = ordered && IsOrdered(page);
        var last = page.Rows.Max(row => row.ChangedAt) ?? newest;
        newest = last > newest ? last : newest;
        if (IsLast(page, size))
        {
            Ended = true;
            return;
        }

        if (ordered && newest > At)
        {
            // Records at the newest stamp itself are asked for again: others with the same stamp may stand on the next page.
            var passed = Page == 1
                ? page.Rows.Count(row => row.ChangedAt is null || row.ChangedAt < newest)
                : seenAt.Values.Count(at => at < newest) + nameless;
            totalLeast = Math.Max(0, page.Total - passed);
            (At, Page, nameless) = (newest, 1, 0);
            seen.Clear();
            seenAt.Clear();
            return;
        }

        totalLeast = page.Total;
        Page++;
    }

    private static bool IsOrdered(PlatformPage page)
    {
        var times = page.Rows.Where(row => row.ChangedAt is not null).Select(row => row.ChangedAt!.Value).ToList();
        return times.Zip(times.Skip(1)).All(pair => pair.First <= pair.Second);
    }

    private bool IsLast(PlatformPage page, int size) => (long)(Page - 1) * size + page.Rows.Count >= page.Total;

    private static string KeyOf(PlatformRow row) => row.EventId ?? Convert.ToBase64String(row.Raw.Span);

    private bool IsSeen(PlatformRow row) => seen.Contains(KeyOf(row));

    private int DistinctWith(PlatformPage page, PlatformPage? before) => page.Rows.Concat(before?.Rows ?? []).Select(KeyOf).Concat(seen).Distinct(StringComparer.Ordinal).Count();

    private void Note(PlatformRow row)
    {
        if (!seen.Add(KeyOf(row)))
        {
            return;
        }

        if (row.ChangedAt is { } at)
        {
            seenAt[KeyOf(row)] = at;
        }
        else
        {
            nameless++;
        }
    }
}
