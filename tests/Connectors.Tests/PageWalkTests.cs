using System.Globalization;
using System.Text;
using Hub.Connectors.ApprovalPlatform;

namespace Hub.Connectors.Tests;

/// <summary>The way through a list that changes: nothing that is there from beginning to end is ever left out without a doubt being raised.</summary>
public sealed class PageWalkTests
{
    private const int Size = 3;

    private static readonly DateTimeOffset Start = FakeClock.Start;

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0 1 2")]
    [InlineData("0 1 2 3 4 5 6 7 8 9")]
    [InlineData("0 0 0 0 0 0 0 0")]
    [InlineData("0 1 1 1 1 1 1 1 2 2 2 2 3")]
    [InlineData("0 0 0 1 1 1 2 2 2")]
    public void Every_row_is_read_whatever_stamps_lie_on_a_page_border(string stamps)
    {
        var list = new Listing(stamps);

        Assert.Null(list.Walk());

        Assert.Equal(list.Names, list.Read);
    }

    [Fact]
    public void What_changes_while_pages_are_turned_moves_to_the_end_and_hides_nothing()
    {
        var ended = 0;
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var list = new Listing(string.Join(' ', Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(0, 4)).Order()));
            var there = list.Names;
            var doubt = list.Walk(after: () =>
            {
                if (random.Next(3) == 0)
                    list.Touch(random.Next(list.Count));
            });

            // A doubt is no loss: the cursor stays and the list is read again. Nor is what changed so late that it lies where the next walk begins.
            Assert.True(doubt is not null || there.IsSubsetOf(list.ReadOrStillToCome), $"seed {seed}: {string.Join(' ', there.Except(list.ReadOrStillToCome))} were not read");
            ended += doubt is null ? 1 : 0;
        }

        Assert.InRange(ended, 250, 500);
    }

    [Fact]
    public void A_list_in_no_order_is_read_by_page_numbers_and_the_walk_believes_nothing_before_its_end()
    {
        var list = new Listing("5 1 4 0 3 2 9 8") { Shuffled = true };
        var walk = new PageWalk(Start, Size);
        var first = list.Page(walk.At, walk.Page);
        Assert.Null(walk.Doubt(first, null));

        walk.Take(first, null);

        Assert.Equal((Start, 2, Start), (walk.At, walk.Page, walk.ReadTo));
        Assert.Null(list.Walk());
        Assert.Equal(list.Names, list.Read);
    }

    [Fact]
    public void A_page_that_is_left_out_is_noticed_by_the_total_of_the_next()
    {
        var list = new Listing("0 1 2 3 4 5 6 7 8 9");

        Assert.Equal("total_short", list.Walk(change: (number, page) => number == 1 ? list.Page(Start.AddSeconds(3), 1) with { Total = page.Total } : page));
    }

    [Fact]
    public void A_page_given_again_is_noticed()
    {
        var list = new Listing("0 1 2 3 4 5 6 7 8 9");

        Assert.Equal("page_before_asked", list.Walk(change: (number, page) => number == 2 ? list.Page(Start, 1) with { Total = page.Total } : page));
        var same = new Listing("0 0 0 0 0 0 0 0 0");
        Assert.Equal("page_repeated", same.Walk(change: (_, page) => page.PageNo == 2 ? same.Page(Start, 1) with { PageNo = 2 } : page));
    }

    [Fact]
    public void Another_page_than_was_asked_for_and_one_with_too_few_rows_are_noticed()
    {
        var list = new Listing("0 1 2 3 4");

        Assert.Equal("page_not_asked_for", list.Walk(change: (_, page) => page with { PageNo = 2 }));
        Assert.Equal("page_short", list.Walk(change: (_, page) => page with { Rows = [.. page.Rows.Skip(1)] }));
    }

    [Fact]
    public void A_row_given_twice_beside_the_others_does_no_harm()
    {
        var list = new Listing("0 1 2 3 4 5 6");

        Assert.Null(list.Walk(change: (_, page) => page with { Rows = [page.Rows[0], .. page.Rows] }));

        Assert.Equal(list.Names, list.Read);
    }

    [Fact]
    public void A_row_given_in_place_of_another_among_equal_stamps_is_noticed_at_the_end()
    {
        var list = new Listing("0 0 0 0 0 0 0 0");

        Assert.Equal("rows_missing", list.Walk(change: (_, page) => page.PageNo == 3 ? page with { Rows = [page.Rows[0], page.Rows[0]] } : page));
    }

    /// <summary>A platform's list in memory, sorted by stamp.</summary>
    private sealed class Listing
    {
        private readonly List<(int Number, int Stamp, int Change)> rows;
        private readonly HashSet<string> read = new(StringComparer.Ordinal);
        private int changes;
        private DateTimeOffset readTo = DateTimeOffset.MaxValue;

        public Listing(string stamps) => rows = [.. stamps.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((stamp, number) => (number, int.Parse(stamp, CultureInfo.InvariantCulture), changes++))];

        public bool Shuffled { get; init; }

        public int Count => rows.Count;

        public ISet<string> Names => rows.Select(row => row.Number.ToString(CultureInfo.InvariantCulture)).ToHashSet(StringComparer.Ordinal);

        public ISet<string> Read => read;

        public IEnumerable<string> ReadOrStillToCome => read.Concat(rows.Where(row => Start.AddSeconds(row.Stamp) >= readTo).Select(row => row.Number.ToString(CultureInfo.InvariantCulture)));

        /// <summary>Changed now: the newest of all.</summary>
        public void Touch(int index)
        {
            changes++;
            rows[index] = rows[index] with { Stamp = 100 + (changes / 2), Change = changes };
        }

        public PlatformPage Page(DateTimeOffset from, int number)
        {
            var matching = rows.Where(row => Start.AddSeconds(row.Stamp) >= from);
            var all = (Shuffled ? matching : matching.OrderBy(row => row.Stamp).ThenBy(row => row.Change)).ToList();
            return new(number, Size, all.Count, Start.AddHours(9), [.. all.Skip((number - 1) * Size).Take(Size).Select(Row)]);
        }

        /// <returns>The doubt that ended the walk; null when it came to its end.</returns>
        public string? Walk(Action? after = null, Func<int, PlatformPage, PlatformPage>? change = null)
        {
            var walk = new PageWalk(Start, Size);
            for (var number = 1; !walk.Ended; number++)
            {
                Assert.True(number < 200, "The walk has no end.");
                var page = Page(walk.At, walk.Page);
                page = change?.Invoke(number, page) ?? page;
                after?.Invoke();
                var before = walk.WantsPageBefore ? Page(walk.At, walk.Page - 1) : null;
                if (walk.Doubt(page, before) is { } doubt)
                    return doubt;
                foreach (var row in page.Rows.Concat(before?.Rows ?? []))
                    read.Add(row.RecordNo!);
                walk.Take(page, before);
                after?.Invoke();
            }

            readTo = walk.ReadTo;
            return null;
        }

        private static PlatformRow Row((int Number, int Stamp, int Change) row)
        {
            var number = row.Number.ToString(CultureInfo.InvariantCulture);
            return new() { RecordNo = number, EventId = $"{number}-{row.Stamp}", ChangedAt = Start.AddSeconds(row.Stamp), Raw = Encoding.UTF8.GetBytes(number) };
        }
    }
}
