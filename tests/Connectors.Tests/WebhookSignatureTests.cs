using System.Text;

namespace Hub.Connectors.Tests;

public sealed class WebhookSignatureTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const long Timestamp = 1_614_265_330;
    private const string V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private const string V1a = "v1a,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4iaBGxTFRrl2iBQxtDQ==";

    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"test": 2432232314}""");
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(Timestamp);

    private static byte[] Key => WebhookSignature.TryReadSecret(Secret, out var key) ? key : throw new InvalidOperationException("The vector's secret is not readable.");

    private static WebhookKeys Keys
    {
        get
        {
            Assert.True(WebhookSignature.TryReadPublicKey(WebhookSignature.PublicKeyOf(Seed), out var publicKey));
            return new([Key], [publicKey]);
        }
    }

    [Fact]
    public void Signs_the_published_vector_byte_for_byte() =>
        Assert.Equal(V1, WebhookSignature.SignV1(Key, Id, Timestamp, Body));

    [Fact]
    public void Signs_Chinese_text_as_its_UTF8_bytes() =>
        Assert.Equal(
            "v1,+A3z3Zuo0vfa0oM6DnWIOmSAqTxTXLDOvCcElHVWuvI=",
            WebhookSignature.SignV1(Key, "msg_zh", Timestamp, Encoding.UTF8.GetBytes("""{"名称":"配电工程","户号":"0123456789"}""")));

    [Fact]
    public void Signs_the_Ed25519_vector_byte_for_byte() =>
        Assert.Equal(V1a, WebhookSignature.SignV1a(Seed, Id, Timestamp, Body));

    [Fact]
    public void Derives_the_public_key_of_the_vector() =>
        Assert.Equal("whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=", WebhookSignature.PublicKeyOf(Seed));

    [Theory]
    [InlineData(V1)]
    [InlineData(V1a)]
    [InlineData("v1,AAAA " + V1)]
    [InlineData("v2,whatever " + V1a + " v1,!!!")]
    public void Accepts_a_list_in_which_one_signature_is_good(string signatures) => Assert.True(Verify(signatures: signatures));

    [Theory]
    [InlineData(-300)]
    [InlineData(300)]
    public void Accepts_a_timestamp_within_five_minutes(int seconds) => Assert.True(Verify(now: Now.AddSeconds(seconds)));

    [Theory]
    [InlineData(-301)]
    [InlineData(301)]
    public void Rejects_a_timestamp_further_off_even_when_well_signed(int seconds) => Assert.False(Verify(now: Now.AddSeconds(seconds)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("-1614265330")]
    [InlineData("1614265330.0")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999")]
    public void Rejects_what_is_no_timestamp(string? timestamp) => Assert.False(Verify(timestamp: timestamp));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("v1,")]
    [InlineData(",g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O")]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=")]
    [InlineData("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("v1,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4iaBGxTFRrl2iBQxtDQ==")]
    [InlineData("V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    public void Rejects_a_signature_that_is_missing_cut_changed_or_of_the_other_sort(string? signatures) =>
        Assert.False(Verify(signatures: signatures));

    [Fact]
    public void Rejects_an_id_with_a_dot_even_when_well_signed() =>
        Assert.False(Verify(id: "msg.1", signatures: WebhookSignature.SignV1(Key, "msg.1", Timestamp, Body)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("msg_other")]
    public void Rejects_another_id(string? id) => Assert.False(Verify(id: id));

    [Fact]
    public void Rejects_the_same_JSON_in_other_bytes() => Assert.False(Verify(body: """{"test":2432232314}"""));

    [Fact]
    public void Rejects_every_signature_by_a_key_it_does_not_trust()
    {
        var strangers = new WebhookKeys([new byte[24]], [new byte[32]]);

        Assert.False(WebhookSignature.Verify(strangers, Id, "1614265330", $"{V1} {V1a}", Body, Now));
    }

    [Fact]
    public void Accepts_the_old_key_while_two_are_valid()
    {
        var rotating = new WebhookKeys([new byte[24], Key], []);

        Assert.True(WebhookSignature.Verify(rotating, Id, "1614265330", V1, Body, Now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==")]
    [InlineData("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void Does_not_read_a_secret_that_is_short_or_not_one(string text) => Assert.False(WebhookSignature.TryReadSecret(text, out _));

    private static bool Verify(
        string? id = Id, string? timestamp = "1614265330", string? signatures = V1, string? body = null, DateTimeOffset? now = null) =>
        WebhookSignature.Verify(Keys, id, timestamp, signatures, body is null ? Body : Encoding.UTF8.GetBytes(body), now ?? Now);
}
