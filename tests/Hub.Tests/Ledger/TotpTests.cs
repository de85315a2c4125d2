using System.Text;
using Hub.Ledger;
using Xunit;

namespace Hub.Tests.Ledger;

public sealed class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void Codes_are_those_of_RFC_6238_appendix_B(long seconds, string code)
    {
        var instant = DateTimeOffset.FromUnixTimeSeconds(seconds);

        Assert.Equal(code, Totp.Code(Secret, Totp.StepAt(instant), digits: 8));
        Assert.Equal(code[2..], Totp.Code(Secret, Totp.StepAt(instant)));
    }

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void A_phone_may_be_one_step_off(int steps, bool right)
    {
        var now = FakeClock.Start;

        var used = Totp.Verify(Secret, Totp.Code(Secret, Totp.StepAt(now) + steps), now, after: 0);

        Assert.Equal(right ? Totp.StepAt(now) + steps : null, used);
    }

    [Fact]
    public void A_code_counts_once_and_no_earlier_one_after_it()
    {
        var now = FakeClock.Start;
        var step = Totp.StepAt(now);

        Assert.Null(Totp.Verify(Secret, Totp.Code(Secret, step), now, after: step));
        Assert.Null(Totp.Verify(Secret, Totp.Code(Secret, step - 1), now, after: step));
        Assert.Equal(step + 1, Totp.Verify(Secret, Totp.Code(Secret, step + 1), now, after: step));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("一二三四五六")]
    public void What_is_no_code_is_wrong(string? code) => Assert.Null(Totp.Verify(Secret, code, FakeClock.Start, after: 0));

    [Fact]
    public void The_secret_is_typed_in_base_32() => Assert.Equal("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", Totp.Text(Secret));
}
