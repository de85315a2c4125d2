using System.Reflection;
using System.Text.RegularExpressions;
using Hub.Console;
using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schedule;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Console;

public sealed partial class LabelsTests
{
    // Those that the engine gives besides what a partner answered.
    private static readonly string[] OfTheEngine = ["lease_ended", "retry_by_operator", "parked_by_operator", "skipped_by_operator", "recalled_by_operator", "key_ends", WaitRow.Offered];

    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Hub", "Console"), "*.cs*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData("no_outage_rule")]
    [InlineData("no_channel")]
    [InlineData("restoration_overdue")]
    [InlineData("gateway_silent")]
    [InlineData("not_the_gateway")]
    [InlineData("no_such_notification")]
    public void What_holds_up_a_notice_of_an_outage_has_a_word_in_both_languages(string key)
    {
        Assert.NotEqual(key, Labels.Of(key, english: false));
        Assert.NotEqual(key, Labels.Of(key, english: true));
    }

    [Fact]
    public void Every_reason_has_a_word_in_both_languages() => Known(Constants(typeof(AnswerReasons)).Concat(OfTheEngine).Select(reason => $"reason_{reason}"));

    [Fact]
    public void Every_type_state_role_and_class_has_a_word_in_both_languages()
    {
        Known(Constants(typeof(EventTypes)).Concat(Constants(typeof(CommandTypes))).Select(type => $"type_{type}"));
        Known(DeliveryQuery.States.Concat(["ended", "paused", "well", "unserved", "Open", "HalfOpen", "Isolated"]).Select(state => $"state_{state}"));
        Known(Roles.All.Select(role => $"role_{role}"));
        Known(IncidentRules.Classes.SelectMany(one => new[] { $"class_{one}", $"class_{one}_means", $"class_{one}_steps", $"sentence_{one}" }));
        Known(ProcessCatalog.EmptyStates.Keys.Select(type => $"process_{type}"));
        Known(new[] { "asked", "canary", "ramp", "stopped", "failed", "done" }.SelectMany(state => new[] { $"job_{state}", $"job_{state}_more" }));
        Known(new[] { TwoPersons.Skip, TwoPersons.Bulk, TwoPersons.Amend, TwoPersons.Recall, TwoPersons.Waiver, TwoPersons.Calendar, TwoPersons.SigningKey, TwoPersons.PartnerKey }.Select(kind => $"approval_{kind}"));
        Known(Enum.GetNames<Outcome>().Select(outcome => $"outcome_word_{outcome.ToLowerInvariant()}"));
        Known(Constants(typeof(ActRefusals)).Select(Labels.KeyOf).Concat(Constants(typeof(CommandTypes)).Select(Hub.Console.Pages.Deliveries.DetailModel.InsteadOf)));
        Known(Navigation.Entries.Select(entry => entry.Word));
        Assert.Equal(Navigation.Entries.Count, Navigation.Entries.Select(entry => entry.Key).Distinct().Count());
    }

    [Fact]
    public void Every_word_of_cases_deadlines_ledgers_and_outages_has_a_word_in_both_languages()
    {
        Known(DeadlineQuery.Nears.Select(near => $"near_{near}").Concat(new[] { "running", "paused", "overdue", "met", "met_late", "ended" }.Select(status => $"limit_{status}")));
        Known(CalendarMonth.Kinds.Except(["work"]).Select(kind => $"day_{kind}").Concat(SupposedLimit.Standings.Select(standing => $"standing_{standing}")));
        Known(ConnectionStages.All.Select(stage => $"stage_{stage}").Concat(ConnectionTags.All.Select(tag => $"tag_{tag}")));
        Known(new[] { "START", "FINISH", "PAUSE", "RESUME", "CORRECT", "CANCEL" }.Select(action => $"action_{action}"));
        Known(PermitItems.All.Append("FILING").Select(item => $"item_{item}").Concat(Occupied.All.Select(occupied => $"occupied_{occupied}")));
        Known(Enum.GetValues<PermitProcess.Step>().Select(step => $"permit_{PermitProcess.Words.Of(step)}").Concat(Enum.GetValues<PermitProcess.ItemState>().Select(state => $"permit_{PermitProcess.Words.Of(state)}")));
        Known(Constants(typeof(PermitProcess.TaskKinds)).Concat(Constants(typeof(CoTransferProcess.TaskKinds))).Select(kind => $"task_{kind}"));
        Known(Enum.GetValues<CoTransferProcess.Step>().Select(CoTransferProcess.Words.Of).Concat(Enum.GetValues<CoTransferProcess.PartyState>().Select(CoTransferProcess.Words.Of)).Select(word => $"transfer_{word}"));
        Known(Constants(typeof(TransferOutcomes)).Select(outcome => $"outcome_{outcome}").Concat(TransferBoard.Columns.Select(column => $"board_{column}")));
        Known(Enum.GetValues<OutageNoticeProcess.Step>().Select(step => $"outage_step_{step}").Concat(Hub.Console.Pages.Outages.ListModel.States.Select(state => $"outages_{state}")));
        Known(Hub.Policies.ReportPeriods.All.Select(period => $"period_{period}").Concat(Hub.Console.Pages.Ledgers.ListModel.States.Select(state => $"ledger_is_{state}")));
        Known(Hub.Console.Pages.Deadlines.WhatIfModel.Facts.Select(fact => $"fact_{fact}").Concat(Enum.GetNames<HubRole>().Select(role => $"node_{role}")));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_word_that_a_page_names_is_there(string file) =>
        Known(Named().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))).Select(match => match.Groups["key"].Value).Where(key => !key.EndsWith('_')));

    [Fact]
    public void Both_languages_have_the_same_places_and_Chinese_is_Chinese() => Assert.All(Labels.Keys.Where(key => Labels.Of(key, english: false).Length > 0), key =>
    {
        Assert.Equal(Place().Matches(Labels.Of(key, english: false)).Select(match => match.Value).Order(StringComparer.Ordinal), Place().Matches(Labels.Of(key, english: true)).Select(match => match.Value).Order(StringComparer.Ordinal));
        Assert.Matches(@"[\u4e00-\u9fff]|^\{0\}$", Labels.Of(key, english: false));
        Assert.DoesNotMatch(@"[\u4e00-\u9fff]", Labels.Of(key, english: true));
        Assert.Equal(Labels.Of(key, english: false).Split('|').Length, Labels.Of(key, english: true).Split('|').Length);
    });

    [Fact]
    public void Every_icon_that_is_named_is_collected()
    {
        var collected = Repository.Read("src", "Hub", "Console", "assets", "collect.mjs");

        var named = Pages.Select(row => row.Data).SelectMany(file => Icon().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))).Select(match => match.Groups["name"].Value));
        Assert.All(named.Concat(Navigation.Entries.Select(entry => entry.Icon)).Concat(IconsOfStates()), name => Assert.Contains($"'{name}'", collected, StringComparison.Ordinal));
    }

    private static IEnumerable<string> IconsOfStates() => DeliveryQuery.States.Concat(["done", "failed", "asked", "ended", "other"]).Select(state => Frame.Look(state).Icon);

    private static IEnumerable<string> Constants(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

    private static void Known(IEnumerable<string> keys) => Assert.All(keys, key =>
    {
        Assert.True(Labels.Find(key, english: false) is not null, key);
        Assert.True(Labels.Find(key, english: true) is not null, key);
    });

    [GeneratedRegex(@"(?:\bW\(|Failed\(|name=""_Empty"" model='\()""(?<key>[a-z_0-9]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Named();

    [GeneratedRegex(@"\{\d\}", RegexOptions.None, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Place();

    [GeneratedRegex(@"Icon\(""(?<name>[a-z-]+)""\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Icon();
}
