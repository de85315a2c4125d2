using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Intake;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Processes;
using Xunit;

namespace Hub.Tests.Records;

public sealed class CoTransferRecordTests
{
    private static readonly DateTimeOffset Now = new(2021, 10, 12, 4, 0, 0, TimeSpan.Zero);

    private static readonly ApiKey Register = new()
    {
        KeyId = "0123456789abcdef", Partner = Transfers.Register, Direction = ApiKey.Publish, Sources = ["urn:hub:register:test"], LegalBasis = "AGREEMENT-1",
    };

    // --- identifiers ---------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("320684413219GB00029F00010002", "320684413219GB00029F00010002", true)]
    [InlineData("320684 413219 GB00029 F00010002", "320684413219GB00029F00010002", true)]
    [InlineData("３２０６８４413219gb00029f00010002", "320684413219GB00029F00010002", true)]
    [InlineData("450103001001GB00001", "450103001001GB00001", false)]
    [InlineData("320684413219QB00029F00010002", "320684413219QB00029F00010002", false)]
    [InlineData("320684413219GB00029X00010002", "320684413219GB00029X00010002", false)]
    [InlineData("旧房号 12-3-501", "旧房号12-3-501", false)]
    public void A_unit_number_is_normalised_and_an_odd_one_is_kept(string raw, string text, bool ok) =>
        Assert.Equal((text, ok), (UnitNumber.Parse(raw).Text, UnitNumber.Parse(raw).Ok));

    [Theory]
    [InlineData("苏(2017)海门市不动产权第0000183号", "苏(2017)海门市不动产权第0000183号", "0000183")]
    [InlineData("皖（2018）合肥市不动产权第10023999号", "皖(2018)合肥市不动产权第10023999号", "10023999")]
    [InlineData("蒙〔2016〕乌兰浩特市不动产证明第0003309号", "蒙(2016)乌兰浩特市不动产证明第0003309号", "0003309")]
    [InlineData("甬(2016)宁波市 不动产权第 158545 号", "甬(2016)宁波市不动产权第158545号", "158545")]
    [InlineData("连房权证新字第X00123号", "连房权证新字第X00123号", null)]
    [InlineData("苏(2017)海门市不动产权第号", "苏(2017)海门市不动产权第号", null)]
    public void A_certificate_number_is_normalised_and_an_old_one_is_kept(string raw, string text, string? serial) =>
        Assert.Equal((text, serial), (CertificateNumber.Parse(raw).Text, CertificateNumber.Parse(raw).Serial));

    [Theory]
    [InlineData("0123456789", "10")]
    [InlineData("3200000000013", "13")]
    [InlineData("12345", "other")]
    [InlineData("０１２３４５６７８９", "10")]
    public void An_account_number_says_which_form_it_has(string raw, string form) => Assert.Equal(form, AccountNumber.Parse(raw).Form);

    [Theory]
    [InlineData("110101199003074477", IdentifierDoubt.None)]
    [InlineData("11010119900307447x", IdentifierDoubt.CheckDigit)]
    [InlineData("1101011990030744", IdentifierDoubt.Form)]
    [InlineData("110101********4477", IdentifierDoubt.Masked)]
    public void A_citizen_number_is_doubted_and_never_refused(string raw, IdentifierDoubt doubt) => Assert.Equal(doubt, CitizenNumber.Parse(raw).Doubt);

    [Theory]
    [InlineData("连云港市海州区示例路1号示例花园3号楼2单元501室", "连云港市海州区示例路１号 示例花园3幢2单元501室", 100)]
    [InlineData("示例花园3栋2门501", "示例花园3号楼2单元501", 100)]
    public void Two_ways_to_write_one_address_are_alike(string left, string right, int likeness) => Assert.Equal(likeness, AddressText.Likeness(left, right));

    [Fact]
    public void The_next_flat_is_less_alike_than_the_same_flat_written_otherwise()
    {
        var same = AddressText.Likeness("连云港市海州区示例路1号示例花园3幢2单元501室", "海州区示例花园（示例路1号）3幢2单元501室");
        var next = AddressText.Likeness("连云港市海州区示例路1号示例花园3幢2单元501室", "连云港市海州区示例路1号示例花园3幢2单元502室");

        Assert.True(same > next, $"{same} {next}");
        Assert.True(next <= 40, $"{next}");
    }

    // --- what is refused, what is odd ----------------------------------------------------------------------------------

    [Fact]
    public void A_booked_change_is_read_normalised_and_belongs_to_its_property()
    {
        var record = Transfers.Record() with { UnitNo = "320706 413219 GB00029 F00010002", LegalBasisRef = null };

        var (input, problem) = Read(EventTypes.TransferRegistered, record);

        Assert.Null(problem);
        Assert.Equal((Transfers.Unit, "co_transfer", "320706"), (input!.CaseName, input.CaseType, input.Event.Region));
        Assert.Equal("AGREEMENT-1", Assert.IsType<PropertyTransfer>(input.Content).LegalBasisRef);
        Assert.Empty(input.Event.Warnings);
    }

    public static TheoryData<string, string?, string> Refused => new()
    {
        { "/registeredAt", null, ErrorCodes.StageNotComplete },
        { "/registeredAt", "2021-10-13T10:00:00+08:00", ErrorCodes.StageNotComplete },
        { "/registeredAt", "2021-10-12", ErrorCodes.NotATime },
        { "/registryNo", null, ErrorCodes.Required },
        { "/unitNo", " ", ErrorCodes.Required },
        { "/propertyAddress", null, ErrorCodes.Required },
        { "/regionCode", "32", ErrorCodes.Pattern },
        { "/version", null, ErrorCodes.Required },
        { "/transferReason", "THEFT", ErrorCodes.NotAllowed },
        { "/newHolders", null, ErrorCodes.Required },
        { "/certNo", "a\u0000b", ErrorCodes.BadText },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_identified_ordered_or_is_not_booked_is_refused_with_its_place(string pointer, string? value, string code)
    {
        var data = JsonSerializer.SerializeToNode(Transfers.Record(), SchemasJson.Readable.PropertyTransfer)!.AsObject();
        data.Remove(pointer[1..]);
        if (value is not null)
            data[pointer[1..]] = value;

        var (_, problem) = Read(EventTypes.TransferRegistered, data);

        Assert.Equal(("/data" + pointer, code), problem!.Errors!.Select(error => (error.Pointer, error.Code)).Single());
    }

    [Theory]
    [InlineData("/unitNo", WarningCodes.CodeForm)]
    [InlineData("/certNo", WarningCodes.CodeForm)]
    [InlineData("/newHolders/0/idNo", WarningCodes.CheckDigit)]
    [InlineData("/accounts/0/accountNo", WarningCodes.CodeForm)]
    public void Odd_identifiers_warn_and_never_refuse(string pointer, string code)
    {
        var good = Transfers.Record();
        var odd = pointer switch
        {
            "/unitNo" => good with { UnitNo = "海房 12-3" },
            "/certNo" => good with { CertNo = "连房权证新字第X00123号" },
            "/accounts/0/accountNo" => good with { Accounts = [new() { Utility = "power", AccountNo = "7" }] },
            _ => good with { NewHolders = [new() { Name = "示例乙", IdType = "111", IdNo = "110101199003074478" }] },
        };

        var (input, problem) = Read(EventTypes.TransferRegistered, odd);

        Assert.Null(problem);
        Assert.Equal((pointer, code), input!.Event.Warnings.Select(warning => (warning.Pointer, warning.Code)).Single());
    }

    [Fact]
    public void Two_account_holders_are_one_too_many() => Assert.Equal(
        ErrorCodes.NotAllowed,
        Read(EventTypes.TransferRegistered, Transfers.Record() with { NewHolders = [new() { Name = "甲", AccountHolder = true }, new() { Name = "乙", AccountHolder = true }] }).Problem!.Errors![0].Code);

    [Fact]
    public void A_granted_consent_has_a_number() => Assert.Equal(
        "/data/consent/consentId",
        Read(EventTypes.TransferRegistered, Transfers.Record() with { Consent = new() { Granted = true } }).Problem!.Errors!.Single().Pointer);

    [Theory]
    [InlineData(EventTypes.AccountPrechecked, "DONE")]
    [InlineData(EventTypes.AccountTransferReported, "CLEAR")]
    [InlineData(EventTypes.AccountReversalReported, "ARREARS")]
    [InlineData(EventTypes.AccountPrechecked, null)]
    public void A_report_says_only_what_its_step_can_have_as_result(string type, string? outcome) => Assert.Equal(
        "/data/outcome", ReadReport(type, Transfers.Report("CLEAR") with { Outcome = outcome }).Problem!.Errors!.Single().Pointer);

    [Fact]
    public void A_report_belongs_to_the_property_of_its_order()
    {
        var (input, problem) = ReadReport(EventTypes.ArrearsSettled, Transfers.Report("CLEAR") with { Outcome = null, UnitNo = "320706 413219 GB00029 F00010002" });

        Assert.Null(problem);
        Assert.Equal((Transfers.Unit, ProcessCatalog.CoTransfer.Type), (input!.CaseName, input.CaseType));
    }

    public static TheoryData<string> Types => [.. EventTypes.OfTransfer, .. EventTypes.OfAccount];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_has_an_example_without_error_or_warning(string type)
    {
        var example = Example.Read($"{type}.json");
        var key = Register with { Sources = [example.Envelope.GetProperty("source").GetString()!] };

        var (input, problem) = EventReader.Structured(JsonSerializer.SerializeToUtf8Bytes(example.Envelope), key, new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.Null(problem);
        Assert.Equal((type, example.Subject), (input!.Event.Type, input.CaseName));
        Assert.Empty(input.Event.Warnings);
    }

    private static ReadResult Read(string type, PropertyTransfer record) => Read(type, JsonSerializer.SerializeToNode(record, SchemasJson.Readable.PropertyTransfer)!.AsObject());

    private static ReadResult ReadReport(string type, AccountReport report) => Read(type, JsonSerializer.SerializeToNode(report, SchemasJson.Readable.AccountReport)!.AsObject());

    internal static ReadResult Read(string type, JsonObject data)
    {
        var envelope = new JsonObject { ["specversion"] = "1.0", ["id"] = "1", ["source"] = "urn:hub:register:test", ["type"] = type, ["data"] = data };
        return EventReader.Structured(JsonSerializer.SerializeToUtf8Bytes(envelope), Register, Now);
    }
}
