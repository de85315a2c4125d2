using Hub.Policies;
using Xunit;

namespace Hub.Tests.Policies;

public sealed class ShippedPacksTests
{
    private static readonly string[] Power = [Utilities.Power];
    private static readonly PolicySet Set = ShippedPacks.Set;

    [Theory]
    [InlineData("140702", "sgcc-jinzhong")]
    [InlineData("140700", "sgcc-jinzhong")]
    [InlineData("140726", "sgcc-jinzhong")]
    [InlineData("141000", "sgcc-linfen")]
    [InlineData("141002", "sgcc-linfen")]
    [InlineData("141082", "sgcc-linfen")]
    [InlineData("141033", "slp-puxian")]
    [InlineData("141029", "slp-xiangning")]
    [InlineData("141026", "slp-anze")]
    [InlineData("140106", "sgcc-shanxi")]
    [InlineData("141161", "sgcc-shanxi")]
    [InlineData("140000", "sgcc-shanxi")]
    [InlineData("320706", "sgcc-lianyungang")]
    [InlineData("320771", "sgcc-lianyungang")]
    [InlineData("150105", "hohhot-power")]
    public void A_place_is_served_by_the_operator_of_its_area(string region, string operatorId) =>
        Assert.Equal(operatorId, Assert.Single(Set.Route(region, null, Power)).Id);

    [Theory]
    [InlineData("150200")]
    [InlineData("320600")]
    [InlineData("110101")]
    [InlineData("000052")]
    [InlineData("")]
    [InlineData("1")]
    public void A_place_without_a_pack_is_served_by_nobody(string region) => Assert.Empty(Set.Route(region, null, Power));

    [Theory]
    [InlineData("141082", "huozhou-coal-power", "huozhou-coal-power")]
    [InlineData("141033", "sgcc-linfen", "sgcc-linfen")]
    [InlineData("141002", "slp-puxian", "slp-puxian")]
    [InlineData("141002", "slp-shanxi", "slp-shanxi")]
    [InlineData("320706", "donggang-energy", "donggang-energy")]
    [InlineData("140702", "huozhou-coal-power", "sgcc-jinzhong")]
    [InlineData("141002", "hohhot-power", "sgcc-linfen")]
    [InlineData("141002", "nobody", "sgcc-linfen")]
    [InlineData("141002", "", "sgcc-linfen")]
    public void A_named_operator_wins_where_its_pack_covers_the_place(string region, string named, string operatorId) =>
        Assert.Equal(operatorId, Assert.Single(Set.Route(region, named, Power)).Id);

    [Fact]
    public void Only_the_utilities_asked_for_are_routed()
    {
        Assert.Empty(Set.Route("141002", null, [Utilities.Water]));
        Assert.Empty(Set.Route("141002", "sgcc-linfen", [Utilities.Water]));
        Assert.Empty(Set.Route("141002", null, []));
        Assert.Equal("sgcc-linfen", Assert.Single(Set.Route("141002", null, Utilities.All)).Id);
    }

    [Theory]
    [InlineData("140702", "jinzhong@2021.1")]
    [InlineData("141033", "linfen@2021.1")]
    [InlineData("140106", "shanxi@2021.1")]
    [InlineData("320706", "lianyungang@2021.1")]
    [InlineData("150105", "hohhot@2020.1")]
    public void A_place_has_the_pack_of_its_city_else_of_its_province(string region, string pin)
    {
        Assert.Equal(pin, Set.For(region)?.Pin);
        Assert.Same(Set.For(region), Set.Pinned(pin));
    }

    [Fact]
    public void A_place_outside_all_packs_has_none() => Assert.Null(Set.For("110101"));

    [Fact]
    public void First_contact_is_a_starting_value_of_ours_everywhere() => Assert.All(Set.Policies, policy =>
    {
        Assert.Equal((3, 1, RuleSources.HubDefault, null),
            (policy.FirstContact?.LimitWorkingDays, policy.FirstContact?.WarnBeforeWorkingDays, policy.FirstContact?.Source, policy.FirstContact?.Clause));
        Assert.NotNull(policy.FirstContact?.Note);
    });

    [Fact]
    public void The_operators_are_the_eleven_of_the_documents()
    {
        Assert.Equal(
            [
                "donggang-energy", "hohhot-power", "huozhou-coal-power", "sgcc-jinzhong", "sgcc-lianyungang", "sgcc-linfen", "sgcc-shanxi",
                "slp-anze", "slp-puxian", "slp-shanxi", "slp-xiangning",
            ],
            Set.Policies.SelectMany(policy => policy.Operators).Select(serving => serving.Id).Order(StringComparer.Ordinal));
        Assert.All(Set.Policies.SelectMany(policy => policy.Operators), serving => Assert.Equal(serving.Id, serving.Connector));
    }

    [Fact]
    public void Only_the_provincial_addressee_is_not_from_a_document() =>
        Assert.Equal("sgcc-shanxi", Assert.Single(Set.Policies.SelectMany(policy => policy.Operators), serving => serving.Source == RuleSources.HubDefault).Id);

    [Theory]
    [InlineData("jinzhong", "S0", "shanxi")]
    [InlineData("linfen", "S1", "shanxi")]
    [InlineData("national", "S2", null)]
    [InlineData("shanxi", "S2", "national")]
    [InlineData("lianyungang", "S3", null)]
    [InlineData("hohhot", "S4", null)]
    public void Every_pack_cites_its_document_and_every_clause_is_of_it(string id, string document, string? extends)
    {
        var policy = Assert.Single(Set.Policies, policy => policy.Id == id);

        Assert.Equal((document, extends), (policy.Document.ShortName, policy.Extends));
        Assert.All(policy.Operators.Where(serving => serving.Clause is not null), serving => Assert.StartsWith(document, serving.Clause, StringComparison.Ordinal));
    }

    [Fact]
    public void The_digest_is_the_same_for_the_same_files()
    {
        Assert.Equal(Set.Digest, PolicyStore.Open(ShippedPacks.Folder).Current.Digest);
        Assert.Matches("^[0-9a-f]{64}$", Set.Digest);
    }

    // S1 三.6, S2 二(二)3, S3 三.5, S4 五(一)1: what may be asked for, and nothing else.
    [Theory]
    [InlineData("141002", "low_voltage", "identity property")]
    [InlineData("141002", "high_voltage", "identity property project-approval designer-qualification design builder-qualification concealed-works completion-report")]
    [InlineData("140106", "low_voltage", "identity property")]
    [InlineData("140702", "high_voltage", "identity property project-approval designer-qualification design builder-qualification concealed-works completion-report")]
    [InlineData("320706", "low_voltage", "identity property")]
    [InlineData("320706", "high_voltage", "identity property project-approval")]
    [InlineData("150105", "low_voltage", "application-form identity property")]
    [InlineData("150105", "high_voltage", "application-form identity property capacity-list project-approval")]
    public void The_documents_of_a_place_are_those_its_document_lists(string region, string customerClass, string materials) =>
        Assert.Equal(materials, string.Join(' ', Set.For(region)!.Documents!.Where(rule => rule.Class == customerClass).Select(rule => rule.Material)));

    [Fact]
    public void Every_document_can_be_handed_in_on_paper_and_cites_its_clause() =>
        Assert.All(Set.Policies.SelectMany(policy => policy.Documents ?? []), rule => Assert.True(rule.SatisfiedBy.Contains(DocumentWays.Paper) && rule.Clause is not null));

    // S1 三.2 names seven sources.
    [Theory]
    [InlineData("141002", 7)]
    [InlineData("140702", 7)]
    [InlineData("320706", 7)]
    public void The_licences_of_a_place_are_a_table_in_its_pack(string region, int types) => Assert.Equal(types, Set.For(region)!.Licences!.Types.Count);

    [Fact]
    public void A_place_whose_document_shares_no_licences_shares_none() => Assert.Null(Set.For("150105")!.Licences);
}
