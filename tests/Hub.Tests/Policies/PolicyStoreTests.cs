using Hub.Policies;
using Xunit;

namespace Hub.Tests.Policies;

public sealed class PolicyStoreTests : IDisposable
{
    private const string City = """
        id: city
        version: "2021.1"
        title: { zh: 市, en: City }
        document: { short: S9, title: 文件 }
        regions: ["1410"]
        operators:
          - id: op-a
            title: { zh: 甲, en: A }
            utility: power
            serves: ["1410"]
            source: document
            clause: S9 一
        first_contact:
          limit_working_days: 3
          warn_before_working_days: 1
          source: hub default
          note: { zh: 起始值, en: a starting value }
        """;

    private const string Province = """
        id: province
        version: "1"
        title: { zh: 省, en: Province }
        document: { short: S8, title: 文件, number: 省〔2021〕1号, date: 2021-05-07 }
        regions: ["14"]
        operators: []
        first_contact:
          limit_working_days: 9
          warn_before_working_days: 2
          source: document
          clause: S8 二
        """;

    private const string Calendar = """
        id: cn
        version: "1"
        title: { zh: 日历, en: Calendar }
        first_day: 2021-01-01
        last_day: 2021-12-31
        notices:
          - number: 一号
            number_is: sure
            holidays:
              - { from: 2021-10-01, to: 2021-10-07, name: 国庆节 }
            workdays:
              - { day: 2021-10-09, name: 国庆节 }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("packs-").FullName;
    private readonly string site = Directory.CreateTempSubdirectory("site-").FullName;

    public PolicyStoreTests()
    {
        Directory.CreateDirectory(Path.Combine(folder, "calendar"));
        Write("city.yaml", City);
        Write("calendar/cn.yaml", Calendar);
    }

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        Directory.Delete(site, recursive: true);
    }

    [Fact]
    public void Reads_everything_a_pack_says()
    {
        Write("province.yaml", Province);
        var policy = PolicyStore.Open(folder).Current.For("140100")!;

        Assert.Equal(new Bilingual("省", "Province"), policy.Title);
        Assert.Equal(new DocumentReference("S8", "文件", "省〔2021〕1号", new DateOnly(2021, 5, 7)), policy.Document);
        Assert.Equal(new FirstContactRule { LimitWorkingDays = 9, WarnBeforeWorkingDays = 2, Source = "document", Clause = "S8 二" }, policy.FirstContact);
        Assert.Equal(("province", "1", null, null), (policy.Id, policy.Version, policy.ValidFrom, policy.Extends));
    }

    [Fact]
    public void A_pack_takes_from_the_one_it_extends_what_it_does_not_say()
    {
        Write("province.yaml", Province);
        Write("city.yaml", City[..City.IndexOf("first_contact", StringComparison.Ordinal)] + "extends: province");

        Assert.Equal(9, PolicyStore.Open(folder).Current.For("141002")?.FirstContact?.LimitWorkingDays);
    }

    [Fact]
    public void A_pack_keeps_what_it_says_though_it_extends_another()
    {
        Write("province.yaml", Province);
        Write("city.yaml", City + "\nextends: province");

        Assert.Equal(3, PolicyStore.Open(folder).Current.For("141002")?.FirstContact?.LimitWorkingDays);
    }

    [Fact]
    public void A_calendar_is_tried_without_effect_and_holds_once_it_is_approved_also_after_a_start()
    {
        var later = Calendar.Replace("version: \"1\"", "version: \"2\"", StringComparison.Ordinal).Replace("to: 2021-10-07", "to: 2021-10-08", StringComparison.Ordinal);
        var policies = PolicyStore.Open(folder);

        var tried = policies.Try(later, out var pin, out _);

        Assert.Equal(("cn@2", false, true), (pin, tried!.Calendar.IsWorkingDay(new(2021, 10, 8)), policies.Current.Calendar.IsWorkingDay(new(2021, 10, 8))));
        var digest = policies.Current.Digest;
        Assert.True(policies.TryReload(out _, [PolicyStore.Approved(pin!, later)]));
        Assert.Equal(("cn@2", false), (policies.Current.Calendar.Version, policies.Current.Digest == digest));
        Assert.True(policies.TryReload(out _));
        Assert.Equal("cn@2", PolicyStore.Open(folder, siteFolder: null, [PolicyStore.Approved(pin!, later)]).Current.Calendar.Version);

        // One that later comes as a file is that file, and hinders no start.
        Write("calendar/cn2.yaml", later);
        Assert.True(policies.TryReload(out _));
    }

    [Theory]
    [InlineData("version: \"1\"", "version: \"1\"", "higher")]
    [InlineData("version: \"1\"", "version: \"0.9\"", "higher")]
    [InlineData("version: \"1\"", "version: \"2\"\nnonsense: 1", "Unknown key")]
    [InlineData("day: 2021-10-09", "day: 2022-10-09", "higher|not between")]
    [InlineData("id: cn", "id: [", "cannot be read")]
    public void A_proposed_calendar_that_cannot_hold_is_named_and_nothing_changes(string right, string wrong, string english)
    {
        var policies = PolicyStore.Open(folder);

        Assert.Null(policies.Try(Calendar.Replace(right, wrong, StringComparison.Ordinal), out var pin, out var problems));

        Assert.Null(pin);
        Assert.Matches(english, Assert.Single(problems).MessageEn);
        Assert.Equal("cn@1", policies.Current.Calendar.Version);
    }

    [Theory]
    [InlineData("title: { zh: 市, en: City }", "titel: { zh: 市, en: City }", 3, 1, "Unknown key \"titel\"")]
    [InlineData("title: { zh: 市, en: City }", "title: { zh: 市, en: City, fr: Ville }", 3, 27, "Unknown key \"fr\"")]
    [InlineData("title: { zh: 市, en: City }", "title: { zh: 市 }", 3, 8, "\"en\" is missing")]
    [InlineData("title: { zh: 市, en: City }", "title: 市", 3, 8, "\"title\" must be a mapping")]
    [InlineData("version: \"2021.1\"", "version: v1", 2, 10, "Version \"v1\"")]
    [InlineData("version: \"2021.1\"", "version: ~", 2, 10, "must be a text and not empty")]
    [InlineData("version: \"2021.1\"", "valid_from: 2021-09-01", 1, 1, "\"version\" is missing")]
    [InlineData("id: city", "id: City", 1, 5, "lower-case")]
    [InlineData("id: city", "id: city\nid: other", 2, 1, "uplicate key")]
    [InlineData("id: city", "id: city\nvalid_from: 2021-02-30", 2, 13, "is no date")]
    [InlineData("id: city", "id: city\nvalid_from: 2021-02-02\nvalid_to: 2021-02-01", 3, 11, "before valid_from")]
    [InlineData("id: city", "id: city\nextends: nowhere", 2, 10, "no pack \"nowhere\"")]
    [InlineData("id: city", "id: city\nextends: city", 2, 10, "in a circle")]
    [InlineData("regions: [\"1410\"]", "regions: [\"141\"]", 5, 11, "\"141\" in \"regions\"")]
    [InlineData("regions: [\"1410\"]", "regions: [\"9910\"]", 5, 11, "\"9910\" in \"regions\"")]
    [InlineData("regions: [\"1410\"]", "regions: [\"1410\", \"1410\"]", 5, 19, "stands twice")]
    [InlineData("regions: [\"1410\"]", "regions: []", 5, 10, "At least one region")]
    [InlineData("regions: [\"1410\"]", "regions: \"1410\"", 5, 10, "must be a list")]
    [InlineData("serves: [\"1410\"]", "serves: [\"1407\"]", 10, 13, "1407 is outside the regions")]
    [InlineData("serves: [\"1410\"]", "serves: []", 10, 13, "needs a note")]
    [InlineData("utility: power", "utility: steam", 9, 14, "power, water, gas, heat")]
    [InlineData("source: document", "source: memory", 11, 13, "document, hub default")]
    [InlineData("clause: S9 一", "note: { zh: 无, en: none }", 11, 13, "needs its clause")]
    [InlineData("source: hub default", "source: hub default\n  clause: S9 二", 17, 11, "cannot cite a clause")]
    [InlineData("limit_working_days: 3", "limit_working_days: 0", 14, 23, "from 1 to 260")]
    [InlineData("limit_working_days: 3", "limit_working_days: three", 14, 23, "from 1 to 260")]
    [InlineData("warn_before_working_days: 1", "warn_before_working_days: 3", 15, 29, "inside the limit")]
    [InlineData("regions: [\"1410\"]", "regions: [\"1410\"", 5, 10, "cannot be read")]
    public void Says_where_and_what_is_wrong(string right, string wrong, long line, long column, string english)
    {
        Write("city.yaml", City.Replace(right, wrong, StringComparison.Ordinal));

        var problems = Assert.Throws<PolicyException>(() => PolicyStore.Open(folder)).Problems;

        Assert.Contains(problems, problem => (problem.File, problem.Line, problem.Column) == ("city.yaml", line, column)
            && problem.MessageEn.Contains(english, StringComparison.Ordinal) && problem.MessageZh.Any(c => c > '\u4e00'));
    }

    [Fact]
    public void Lists_every_problem_of_every_file_in_order()
    {
        Write("city.yaml", City.Replace("title: { zh: 市, en: City }", "titel: 市", StringComparison.Ordinal));
        Write("b.yaml", "- not a mapping");

        var refused = Assert.Throws<PolicyException>(() => PolicyStore.Open(folder));

        Assert.Equal(["b.yaml:1", "city.yaml:1", "city.yaml:3"], refused.Problems.Select(problem => $"{problem.File}:{problem.Line}"));
        Assert.Contains("city.yaml:3:1", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id: city", "id: town", "Operator \"op-a\" stands already in city.yaml")]
    [InlineData("id: city", "id: town", "Region \"1410\" stands already in city.yaml")]
    [InlineData("id: city", "id: town", "Served area \"power 1410\" stands already in city.yaml")]
    [InlineData("id: city", "id:  city", "city@2021.1 stands already in city.yaml")]
    public void Two_packs_cannot_claim_the_same(string right, string other, string english)
    {
        Write("town.yaml", City.Replace(right, other, StringComparison.Ordinal));

        Assert.Contains(Assert.Throws<PolicyException>(() => PolicyStore.Open(folder)).Problems,
            problem => problem.File == "town.yaml" && problem.MessageEn.Contains(english, StringComparison.Ordinal));
    }

    [Fact]
    public void An_operator_cannot_stand_twice_in_a_pack()
    {
        var start = City.IndexOf("  - id: op-a", StringComparison.Ordinal);
        var end = City.IndexOf("first_contact", StringComparison.Ordinal);
        Write("city.yaml", City[..end] + City[start..end] + City[end..]);

        Assert.Contains(Assert.Throws<PolicyException>(() => PolicyStore.Open(folder)).Problems,
            problem => problem is { Line: 13, Column: 9 } && problem.MessageEn == "Operator \"op-a\" stands twice.");
    }

    [Fact]
    public void A_site_overrides_with_a_higher_version_and_the_earlier_one_is_still_found()
    {
        Write("city.yaml", City, site, ("2021.1", "2021.10"), ("limit_working_days: 3", "limit_working_days: 5"));
        Write("city.yaml", City, folder, ("2021.1", "2021.9"));

        var set = PolicyStore.Open(folder, site).Current;

        Assert.Equal(("city@2021.10", 5), (set.For("141002")?.Pin, set.For("141002")?.FirstContact?.LimitWorkingDays));
        Assert.Equal(3, set.Pinned("city@2021.9")?.FirstContact?.LimitWorkingDays);
        Assert.Null(set.Pinned("city@2021.8"));
        Assert.Single(set.Policies);
    }

    [Fact]
    public void A_site_may_extend_the_shipped_pack_of_the_same_id_by_its_pin_and_say_only_what_differs()
    {
        Write("city.yaml", City[..City.IndexOf("first_contact", StringComparison.Ordinal)] + "extends: city@2021.1", site, ("version: \"2021.1\"", "version: \"2021.2\""), ("op-a", "op-b"));

        var policy = PolicyStore.Open(folder, site).Current.For("141002")!;

        Assert.Equal(("city@2021.2", "op-b", 3), (policy.Pin, Assert.Single(policy.Operators).Id, policy.FirstContact?.LimitWorkingDays));
    }

    [Fact]
    public void A_pack_without_regions_is_there_to_be_extended_and_serves_nobody()
    {
        Write("nation.yaml", Province.Replace("regions: [\"14\"]", "regions: []", StringComparison.Ordinal));
        var set = PolicyStore.Open(folder).Current;

        Assert.NotNull(set.Pinned("province@1"));
        Assert.Equal("city@2021.1", set.For("141002")?.Pin);
        Assert.Null(set.For("140100"));
    }

    [Fact]
    public void A_site_with_a_lower_version_does_not_override()
    {
        Write("city.yaml", City, site, ("2021.1", "2020.12"));

        Assert.Equal("city@2021.1", PolicyStore.Open(folder, site).Current.For("141002")?.Pin);
    }

    [Fact]
    public void A_site_with_the_same_version_is_refused()
    {
        Write("city.yaml", City, site, ("limit_working_days: 3", "limit_working_days: 5"));

        Assert.Throws<PolicyException>(() => PolicyStore.Open(folder, site));
    }

    [Fact]
    public void A_reload_swaps_the_set()
    {
        var store = PolicyStore.Open(folder);
        var before = store.Current;
        Write("city.yaml", City, folder, ("2021.1", "2021.2"), ("op-a", "op-b"));

        Assert.True(store.TryReload(out var problems));

        Assert.Empty(problems);
        Assert.Equal("op-b", Assert.Single(store.Current.Route("141002", null, ["power"])).Id);
        Assert.NotEqual(before.Digest, store.Current.Digest);
        Assert.Equal("op-a", Assert.Single(before.Route("141002", null, ["power"])).Id);
    }

    [Fact]
    public void A_bad_reload_keeps_the_old_set_and_says_why()
    {
        var store = PolicyStore.Open(folder);
        var before = store.Current;
        Write("city.yaml", "id: [");

        Assert.False(store.TryReload(out var problems));

        Assert.Equal("city.yaml", Assert.Single(problems).File);
        Assert.Same(before, store.Current);
    }

    [Fact]
    public void A_reload_refuses_other_rules_under_a_version_that_cases_are_pinned_to()
    {
        var store = PolicyStore.Open(folder);
        Write("city.yaml", City, folder, ("limit_working_days: 3", "limit_working_days: 5"));

        Assert.False(store.TryReload(out var problems));

        Assert.Contains("raise the version", Assert.Single(problems).MessageEn, StringComparison.Ordinal);
        Assert.Equal(3, store.Current.For("141002")?.FirstContact?.LimitWorkingDays);
    }

    [Fact]
    public void A_reload_refuses_a_changed_parent_for_the_same_reason()
    {
        Write("province.yaml", Province);
        Write("city.yaml", City[..City.IndexOf("first_contact", StringComparison.Ordinal)] + "extends: province");
        var store = PolicyStore.Open(folder);
        Write("province.yaml", Province, folder, ("version: \"1\"", "version: \"2\""), ("limit_working_days: 9", "limit_working_days: 8"));

        Assert.False(store.TryReload(out var problems));

        Assert.Equal("city.yaml", Assert.Single(problems).File);
    }

    [Fact]
    public void A_folder_that_is_gone_keeps_the_old_set()
    {
        var gone = Directory.CreateTempSubdirectory("gone-").FullName;
        var store = PolicyStore.Open(folder, gone);
        Directory.Delete(gone);

        Assert.False(store.TryReload(out var problems));

        Assert.Contains("cannot be read", Assert.Single(problems).MessageEn, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_utf_8_is_named()
    {
        File.WriteAllBytes(Path.Combine(folder, "city.yaml"), [0x69, 0x64, 0x3A, 0x20, 0xB3, 0xC7]);

        Assert.Equal("The file is not UTF-8.", Assert.Single(Assert.Throws<PolicyException>(() => PolicyStore.Open(folder)).Problems).MessageEn);
    }

    [Fact]
    public void Without_a_national_calendar_nothing_starts()
    {
        File.Delete(Path.Combine(folder, "calendar", "cn.yaml"));

        Assert.Contains("national calendar", Assert.Single(Assert.Throws<PolicyException>(() => PolicyStore.Open(folder)).Problems).MessageEn, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("to: 2021-10-07", "to: 2021-09-07", "to must not be before from")]
    [InlineData("day: 2021-10-09", "day: 2021-10-03", "2021-10-03 stands twice")]
    [InlineData("day: 2021-10-09", "day: 2022-10-09", "2022-10-09 is not between")]
    [InlineData("number_is: sure", "number_is: perhaps", "sure, unverified")]
    [InlineData("last_day: 2021-12-31", "last_day: 2020-12-31", "last_day is before first_day")]
    public void A_calendar_is_read_as_strictly(string right, string wrong, string english)
    {
        Write("calendar/cn.yaml", Calendar.Replace(right, wrong, StringComparison.Ordinal));

        Assert.Contains(Assert.Throws<PolicyException>(() => PolicyStore.Open(folder)).Problems, problem =>
            problem.File == Path.Combine("calendar", "cn.yaml") && problem.MessageEn.Contains(english, StringComparison.Ordinal));
    }

    [Fact]
    public void A_region_can_have_days_of_its_own()
    {
        Directory.CreateDirectory(Path.Combine(site, "calendar"));
        Write("calendar/region.yaml", """
            id: region
            version: "1"
            title: { zh: 地区, en: Region }
            regions: ["15"]
            notices:
              - number: 二号
                number_is: unverified
                holidays:
                  - { from: 2021-09-01, to: 2021-09-01, name: 地方假日 }
            """, site);

        var set = PolicyStore.Open(folder, site).Current;

        Assert.False(set.CalendarFor("150105").IsWorkingDay(new(2021, 9, 1)));
        Assert.True(set.CalendarFor("150105").IsWorkingDay(new(2021, 10, 9)));
        Assert.True(set.CalendarFor("141002").IsWorkingDay(new(2021, 9, 1)));
    }

    [Fact]
    public void A_later_calendar_of_the_site_settles_what_was_provisional()
    {
        var store = PolicyStore.Open(folder, site);
        Assert.Equal((new DateOnly(2022, 1, 3), true), store.Current.Calendar.AddWorkingDays(new(2021, 12, 31), 1));
        Directory.CreateDirectory(Path.Combine(site, "calendar"));
        Write("calendar/cn.yaml", Calendar, site, ("version: \"1\"", "version: \"2\""), ("2021-12-31", "2022-12-31"), ("to: 2021-10-07, name: 国庆节 }",
            "to: 2021-10-07, name: 国庆节 }\n      - { from: 2022-01-01, to: 2022-01-03, name: 元旦 }"));

        Assert.True(store.TryReload(out _));

        Assert.Equal((new DateOnly(2022, 1, 4), false), store.Current.Calendar.AddWorkingDays(new(2021, 12, 31), 1));
    }

    [Fact]
    public void Each_utility_goes_its_own_way_in_the_order_asked()
    {
        Write("city.yaml", City.Replace("first_contact:", """
              - id: water-county
                title: { zh: 水, en: Water }
                utility: water
                serves: ["141033"]
                connector: water-crm
                source: document
                clause: S9 二
              - id: op-b
                title: { zh: 乙, en: B }
                utility: power
                serves: ["141033"]
                source: document
                clause: S9 三
            first_contact:
            """, StringComparison.Ordinal));
        var set = PolicyStore.Open(folder).Current;

        Assert.Equal(["water-county", "op-b"], Ids(set.Route("141033", null, ["water", "power"])));
        Assert.Equal(["op-a", "water-county"], Ids(set.Route("141033", "op-a", ["power", "water"])));
        Assert.Equal(["op-a"], Ids(set.Route("141002", null, ["power", "water", "gas"])));
        Assert.Equal(["op-a", "water-county"], Ids(set.Route("141002", "water-county", ["power", "water"])));
        Assert.Equal("water-crm", set.OperatorById("water-county")?.Connector);
        Assert.Null(set.OperatorById("nobody"));
    }

    [Theory]
    [InlineData("2021.2", "2021.10", -1)]
    [InlineData("2021", "2021.0", -1)]
    [InlineData("2021.01", "2021.1", 0)]
    [InlineData("10", "9.9", 1)]
    public void Versions_are_compared_number_by_number(string left, string right, int order) =>
        Assert.Equal(order, Math.Sign(PackVersion.Order.Compare(left, right)));

    private static IEnumerable<string> Ids(IEnumerable<Operator> operators) => operators.Select(serving => serving.Id);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    private static void Write(string name, string text, string root, params (string Old, string New)[] changes) =>
        File.WriteAllText(Path.Combine(root, name), changes.Aggregate(text, (all, change) => all.Replace(change.Old, change.New, StringComparison.Ordinal)));
}
