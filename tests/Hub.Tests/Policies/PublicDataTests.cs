using Hub.Policies;
using Xunit;

namespace Hub.Tests.Policies;

/// <summary>What the documents make public, number by number: reliability (§8), the price notice (L46), the hotlines (S2 附表2-11), and the lead of outages.</summary>
public sealed class PublicDataTests
{
    private static readonly PolicySet Set = ShippedPacks.Set;

    private static Policy Of(string id) => Set.Policies.Single(policy => policy.Id == id);

    // Pack, region, hours a year in the centre, the city, towns, the country; percent less a year; by when; clause.
    [Theory]
    [InlineData("shanxi", "140106", 1, 2, 5, 11, 8, "2022-12-31", "S2 一")]
    [InlineData("shanxi", "140200", 2, 5, 9, 15, 8, "2022-12-31", "S2 一")]
    [InlineData("jinzhong", "140702", 2, 5, 9, 15, 8, "2022-12-31", "S2 一")]
    [InlineData("linfen", "141002", 2, 5, 9, 15, 8, "2022-12-31", "S1 二")]
    [InlineData("national", "130100", 2, 5, 9, 15, 8, "2022-12-31", "S2 附表2 一.4")]
    [InlineData("lianyungang", "320706", 1.5, 4, 8, 12, null, null, "S3 三.13")]
    public void The_reliability_targets_are_those_of_the_document(string pack, string region, double centre, double urban, double town, double rural, int? percent, string? by, string clause)
    {
        var target = Of(pack).Public!.ReliabilityOf(region)!;

        Assert.Equal(((decimal)centre, (decimal)urban, (decimal)town, (decimal)rural), (target.Centre, target.Urban, target.Town, target.Rural));
        Assert.Equal((percent, by, clause, RuleSources.Document), ((int?)target.OrLessPercent, target.By?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), target.Clause, target.Source));
    }

    [Fact]
    public void A_document_without_targets_has_none() => Assert.Null(Of("hohhot").Public!.Reliability);

    [Theory]
    [InlineData("shanxi", 1, "S2 附表2-11")]
    [InlineData("jinzhong", 1, "S2 附表2-11")]
    [InlineData("linfen", 1, "S2 附表2-11")]
    [InlineData("national", 1, "S2 附表2-11")]
    [InlineData("lianyungang", 1, "S3 三.11")]
    [InlineData("hohhot", null, null)]
    public void A_change_of_prices_is_published_a_month_ahead(string pack, int? months, string? clause) =>
        Assert.Equal((months, clause), (Of(pack).Public!.PriceNotice?.Months, Of(pack).Public!.PriceNotice?.Clause));

    [Theory]
    [InlineData("shanxi", "S2 附表2-11", RuleSources.Document)]
    [InlineData("jinzhong", "S2 附表2-11", RuleSources.Document)]
    [InlineData("linfen", "S2 附表2-11", RuleSources.Document)]
    [InlineData("national", "S2 附表2-11", RuleSources.Document)]
    [InlineData("lianyungang", null, RuleSources.HubDefault)]
    [InlineData("hohhot", null, RuleSources.HubDefault)]
    public void The_regulators_hotline_stands_beside_the_companys(string pack, string? clause, string source)
    {
        var hotlines = Of(pack).Public!.Hotlines!;

        Assert.Equal(["12398", "95598"], hotlines.Select(hotline => hotline.Number));
        Assert.All(hotlines, hotline => Assert.Equal((clause, source), (hotline.Clause, hotline.Source)));
        Assert.All(hotlines, hotline => Assert.True(hotline.Clause is not null || hotline.Note is not null));
    }

    [Theory]
    [InlineData("shanxi", "S2 二(二)9")]
    [InlineData("jinzhong", "S2 二(二)9")]
    [InlineData("linfen", "S1 三.11")]
    [InlineData("lianyungang", "S3 三.11")]
    public void What_the_grid_can_take_is_to_be_published_and_no_place_is_invented(string pack, string clause)
    {
        var capacity = Of(pack).Public!.Capacity!;

        Assert.Equal((clause, 0), (capacity.Clause, capacity.Places.Count));
    }

    [Fact]
    public void The_forbidden_zones_are_those_of_Jinzhong() => Assert.Equal(
        ["城市公园", "广场", "城市道路", "园林绿化", "有市政设施的区域"], Assert.Single(Set.Policies, policy => policy.Public?.ForbiddenZones is not null).Public!.ForbiddenZones!.Select(zone => zone.Title.Zh));

    [Theory]
    [InlineData("shanxi", 4, 1)]
    [InlineData("jinzhong", 3, 1)]
    [InlineData("linfen", 4, 1)]
    [InlineData("lianyungang", 4, 2)]
    [InlineData("hohhot", 2, 2)]
    public void Charges_and_service_standards_are_public_with_their_clauses(string pack, int charges, int standards)
    {
        var open = Of(pack).Public!;

        Assert.Equal((charges, standards), (open.Charges!.Count, open.ServiceStandard!.Count));
        Assert.All(open.Charges.Concat(open.ServiceStandard), item => Assert.True(item.Clause is not null && item.Title.En.Length > 0));
    }

    // 供电监管办法 第十三条, 电力供应与使用条例 第二十八条, both read second-hand.
    [Fact]
    public void An_outage_is_announced_ahead_by_the_national_rules_everywhere() => Assert.All(Set.Policies.Where(policy => policy.Regions.Count > 0), policy =>
    {
        Assert.Equal(
            [("SCHEDULED_REPAIR", "public", 7, "days", "供电监管办法 第十三条"), ("TEMPORARY_REPAIR", "public", 24, "hours", "供电监管办法 第十三条"), ("TEMPORARY_REPAIR", "important", 24, "hours", "电力供应与使用条例 第二十八条")],
            policy.Outage!.Lead.Select(lead => (lead.Repair, lead.To, lead.Limit, lead.Unit, lead.Clause!)));
        Assert.All(policy.Outage.Lead, lead => Assert.True(lead.Source == RuleSources.Regulation && lead.Note!.Zh.Contains("二手资料", StringComparison.Ordinal)));
    });

    [Theory]
    [InlineData("shanxi", "S2 二(二)8")]
    [InlineData("jinzhong", "S2 二(二)8")]
    [InlineData("linfen", "S1 三.10")]
    [InlineData("lianyungang", null)]
    [InlineData("hohhot", null)]
    public void The_channels_are_those_of_the_document_or_ours_with_a_note(string pack, string? clause) => Assert.All(
        Of(pack).Outage!.Channels, channel => Assert.True(channel.Clause == clause && channel.Note is not null && (clause is null) == (channel.Source == RuleSources.HubDefault)));

    // Text that takes the place of another in the pack, and a word of the problem that names it.
    [Theory]
    [InlineData("number: \"12398\"", "number: \"12 398\"", "number")]
    [InlineData("centre: 1.5", "centre: 0", "centre")]
    [InlineData("centre: 1.5", "centre: often", "centre")]
    [InlineData("months: 1", "months: 0", "months")]
    [InlineData("channel: WECHAT", "channel: APP", "stands twice")]
    [InlineData("channel: WECHAT", "channel: PIGEON", "channel")]
    [InlineData("unit: days", "unit: working_days", "unit")]
    [InlineData("repair: SCHEDULED_REPAIR", "repair: TEMPORARY_REPAIR", "TEMPORARY_REPAIR")]
    [InlineData("fall_back_minutes: 30", "fall_back_minutes: 0", "fall_back_minutes")]
    [InlineData("clause: 电力供应与使用条例 第二十八条", "link: http://example.org", "regulation")]
    public void A_pack_that_says_it_wrongly_is_refused_and_told_where(string right, string wrong, string named)
    {
        using var folder = new TemporaryPacks();
        folder.Change("lianyungang.yaml", right, wrong);

        var refused = Assert.Throws<PolicyException>(() => PolicyStore.Open(folder.Path));

        Assert.Contains(refused.Problems, problem => problem.File == "lianyungang.yaml" && problem.Line > 1 && problem.MessageEn.Contains(named, StringComparison.Ordinal));
    }

    /// <summary>The shipped packs in a folder where they can be changed.</summary>
    private sealed class TemporaryPacks : IDisposable
    {
        public TemporaryPacks()
        {
            foreach (var file in Directory.EnumerateFiles(ShippedPacks.Folder, "*.yaml", SearchOption.AllDirectories))
            {
                var copy = System.IO.Path.Combine(Path, System.IO.Path.GetRelativePath(ShippedPacks.Folder, file));
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("packs").FullName;

        public void Change(string name, string right, string wrong)
        {
            var file = System.IO.Path.Combine(Path, name);
            var text = File.ReadAllText(file);
            var at = text.IndexOf(right, StringComparison.Ordinal);
            Assert.True(at >= 0, right);
            File.WriteAllText(file, text[..at] + wrong + text[(at + right.Length)..]);
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
