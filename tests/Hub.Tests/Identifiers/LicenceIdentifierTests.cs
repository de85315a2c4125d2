using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Identifiers;

public sealed class LicenceIdentifierTests
{
    // The first three were really issued; the fourth stands in an interface document and fails.
    [Theory]
    [InlineData("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U", IdentifierDoubt.None)]
    [InlineData("1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9", IdentifierDoubt.None)]
    [InlineData("1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0", IdentifierDoubt.None)]
    [InlineData("1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.M", IdentifierDoubt.CheckDigit)]
    [InlineData(" 1.2.156.3005.2.11100000mb03271699022.340100.000000016.001.9 ", IdentifierDoubt.None)]
    [InlineData("1.2.156.3005.2.11100000MB03271699022.340100.000000016.9", IdentifierDoubt.Form)]
    [InlineData("1.2.156.3005.3.11100000MB03271699022.340100.000000016.001.9", IdentifierDoubt.Form)]
    [InlineData("1.2.156.3005.2.证照.340100.000000016.001.9", IdentifierDoubt.Form)]
    [InlineData("", IdentifierDoubt.Empty)]
    public void The_check_character_covers_type_issuer_serial_and_version(string text, IdentifierDoubt doubt) => Assert.Equal(doubt, LicenceIdentifier.Parse(text).Doubt);

    [Theory]
    [InlineData("11010519491231002X", true)]
    [InlineData("110105200001010016", true)]
    [InlineData("110105194912310021", false)]
    [InlineData("11010519491331002X", false)]
    [InlineData("11010519491231002x", true)]
    [InlineData("1101051949123100", false)]
    [InlineData("", false)]
    public void A_citizen_number_has_a_date_and_a_check_digit(string text, bool valid) => Assert.Equal(valid, CitizenNumber.Parse(text).Doubt == IdentifierDoubt.None);
}
