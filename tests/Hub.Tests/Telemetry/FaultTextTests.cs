using System.Globalization;
using Hub.Telemetry;
using Xunit;

namespace Hub.Tests.Telemetry;

public sealed class FaultTextTests
{
    [Fact]
    public void A_fault_is_told_with_its_kind_and_place_and_not_with_what_it_quotes()
    {
        var fault = Record.Exception(() =>
        {
            try
            {
                _ = int.Parse("0357-13912345678x", CultureInfo.InvariantCulture);
            }
            catch (FormatException inner)
            {
                throw new InvalidOperationException("about 0357-13912345678x", inner);
            }
        });
        Assert.Contains("13912345678", fault!.ToString(), StringComparison.Ordinal);

        var text = FaultText.Of(fault);

        Assert.DoesNotContain("13912345678", text, StringComparison.Ordinal);
        Assert.StartsWith("System.InvalidOperationException\n", text, StringComparison.Ordinal);
        Assert.Contains("caused by System.FormatException\n", text, StringComparison.Ordinal);
        Assert.Contains(nameof(A_fault_is_told_with_its_kind_and_place_and_not_with_what_it_quotes), text, StringComparison.Ordinal);
    }
}
