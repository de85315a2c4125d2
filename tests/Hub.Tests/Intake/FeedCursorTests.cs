using System.Buffers.Text;
using Hub.Intake;
using Xunit;

namespace Hub.Tests.Intake;

public sealed class FeedCursorTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(7, 4_294_967_296)]
    [InlineData(short.MaxValue, long.MaxValue)]
    public void A_cursor_leads_back_to_its_place(short feed, long sequence) => Assert.Equal(sequence, FeedCursor.Read(Key, feed, FeedCursor.Of(Key, feed, sequence)));

    [Fact]
    public void A_cursor_of_another_feed_or_another_database_is_none()
    {
        byte[] another = [.. Key.Reverse()];

        Assert.Null(FeedCursor.Read(Key, 2, FeedCursor.Of(Key, 1, 5)));
        Assert.Null(FeedCursor.Read(another, 1, FeedCursor.Of(Key, 1, 5)));
    }

    [Fact]
    public void A_cursor_with_any_bit_changed_is_none()
    {
        var bytes = Base64Url.DecodeFromChars(FeedCursor.Of(Key, 3, 1234));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(FeedCursor.Read(Key, 3, Base64Url.EncodeToString(bytes)));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_cursor_that_was_cut_lengthened_or_written_otherwise_is_none()
    {
        var cursor = FeedCursor.Of(Key, 3, 1234);

        Assert.Equal(36, cursor.Length);
        Assert.All(Enumerable.Range(0, cursor.Length), length => Assert.Null(FeedCursor.Read(Key, 3, cursor[..length])));
        Assert.All((string[])[cursor + "A", cursor + "=", " " + cursor, cursor[..^1] + " ", new string('A', 36), new string('中', 36)], text => Assert.Null(FeedCursor.Read(Key, 3, text)));
    }
}
