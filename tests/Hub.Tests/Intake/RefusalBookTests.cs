using Hub.Intake;
using Hub.Ledger;
using Hub.Schemas;
using Hub.Tests.Ledger;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hub.Tests.Intake;

public sealed class RefusalBookTests
{
    private static readonly DateTime Start = FakeClock.Start.UtcDateTime;

    [Theory]
    [InlineData("", "")]
    [InlineData("/data/regionCode", "/data/regionCode")]
    [InlineData("/data/changedFields/3", "/data/changedFields/*")]
    [InlineData("/data/items/12/name", "/data/items/*/name")]
    [InlineData("/data/13800000000", "/data/*")]
    [InlineData("/data/tel13800000000", "")]
    [InlineData("/data/张三", "")]
    [InlineData("/data/a b", "")]
    public void A_pointer_keeps_no_name_that_may_tell_something(string pointer, string kept) => Assert.Equal(kept, RefusalBook.Shown(pointer));

    [Fact]
    public async Task Refusals_are_counted_by_reason_with_first_and_last_time_and_those_of_the_moment_are_not()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (clock, refusals) = (new FakeClock(), new Refusals(database.Source));
        using var book = new RefusalBook(refusals, clock, NullLogger<RefusalBook>.Instance);
        var invalid = new Problem("invalid_event", [new FieldError("/data/version", "required", "缺", "missing"), new FieldError("/type", "not_allowed", "否", "no")]);

        book.Note("bureau", invalid);
        book.Note("bureau", invalid);
        book.Note("bureau", new Problem("busy"));
        book.Note("bureau", new Problem("rate_limited"));
        book.Note("bureau", new Problem("too_large"));
        book.Note("other", new Problem("too_large"));
        await book.WriteAsync();
        clock.Advance(TimeSpan.FromHours(1));
        book.Note("bureau", invalid with { Errors = [invalid.Errors![0]] });
        await book.WriteAsync();
        await book.WriteAsync();

        Assert.Equal(
            [
                new RefusalRow("bureau", "invalid_event", "required", "/data/version", 3, Start, Start.AddHours(1)),
                new RefusalRow("bureau", "invalid_event", "not_allowed", "/type", 2, Start, Start),
                new RefusalRow("bureau", "too_large", "", "", 1, Start, Start),
            ],
            await refusals.OfAsync("bureau", 10));
    }

    [Fact]
    public async Task A_publisher_that_invents_reasons_fills_no_table()
    {
        await using var database = await TestDatabase.CreateAsync();
        var refusals = new Refusals(database.Source);

        await refusals.AddAsync(Enumerable.Range(0, Refusals.KindsMax + 50).Select(i => ("bureau", "invalid_event", "unknown_field", $"/data/x{i}", 1L)), FakeClock.Start);
        await refusals.AddAsync([("bureau", "invalid_event", "unknown_field", "/data/x0", 5L)], FakeClock.Start);

        var rows = await refusals.OfAsync("bureau", 1000);
        Assert.Equal(Refusals.KindsMax, rows.Count);
        Assert.Equal(6, rows.Single(row => row.Pointer == "/data/x0").Times);
    }
}
