using Hub.Schemas;

namespace Hub.Tests.Processes;

/// <summary>Changes of ownership between made-up people.</summary>
internal static class Transfers
{
    public const string Unit = "320706413219GB00029F00010002";
    public const string Power = "sgcc-lianyungang";
    public const string Water = "water-lianyungang";
    public const string Gas = "gas-lianyungang";
    public const string Heat = "heat-lianyungang";
    public const string Register = "register-lianyungang";
    public const string Notices = "notices-lianyungang";
    public const string Address = "连云港市海州区示例路1号示例花园3幢2单元501室";

    public static IReadOnlyList<string> Four { get; } = [Power, Water, Gas, Heat];

    public static PropertyTransfer Record(int version = 1, string registry = "DJ-1", string registeredAt = "2021-10-12T10:00:00+08:00", params string[] scope) => new()
    {
        RegistryNo = registry,
        UnitNo = Unit,
        CertNo = "苏(2021)连云港市不动产权第0000183号",
        PropertyAddress = Address,
        TransferReason = "SALE",
        RegisteredAt = registeredAt,
        RegionCode = "320706",
        Version = version,
        OldHolders = [new() { Name = "示例甲", IdType = "111", IdNo = "110101199003074477", Mobile = "13800000001" }],
        NewHolders = [new() { Name = "示例乙", IdType = "111", IdNo = "110101199003074514", Mobile = "13800000002" }],
        Consent = new() { Granted = true, ConsentId = "C-1", SignedAt = "2021-10-12T09:00:00+08:00", Scope = scope.Length > 0 ? scope : ["power", "water", "gas", "heat"] },
        Accounts = [new() { Utility = "power", AccountNo = "0123456789" }],
        LegalBasisRef = "AGREEMENT-1",
    };

    public static AccountReport Report(string outcome, string orderId = "DJ-1-1", string? account = null, params ReportedAccount[] accounts) => new()
    {
        OrderId = orderId, UnitNo = Unit, RegionCode = "320706", At = "2021-10-12T11:00:00+08:00", Outcome = outcome, AccountNo = account, Accounts = accounts.Length > 0 ? accounts : null,
    };
}
