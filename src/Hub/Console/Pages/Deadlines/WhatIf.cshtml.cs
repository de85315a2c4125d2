using System.Globalization;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Console.Pages.Deadlines;

/// <summary>Which limits would run for a customer, until when, and which would not and why. Nothing is stored.</summary>
internal sealed class WhatIfModel(PolicyStore policies, Frame frame) : ConsolePage(frame)
{
    /// <summary>Facts that may be stated, left out, or denied.</summary>
    public static IReadOnlyList<string> Facts { get; } = ["hasExternalLine", "needsExcavation", "newStructure"];

    public IReadOnlyList<Policy> Packs { get; private set; } = [];
    public Policy? Pack { get; private set; }
    public string Class { get; private set; } = ConnectionClasses.LvResident;
    public IReadOnlyList<string> Tags { get; private set; } = [];
    public DateOnly Accepted { get; private set; }
    public WorkingCalendar Days { get; private set; } = null!;

    /// <summary>Null before anything was asked.</summary>
    public IReadOnlyList<SupposedLimit>? Limits { get; private set; }

    public void OnGet(string? pack, string? customer, string[] tag, string? accepted)
    {
        var set = policies.Current;
        Packs = [.. set.All.Where(policy => policy.Regions.Count > 0).OrderBy(policy => policy.Id, StringComparer.Ordinal).ThenByDescending(policy => policy.Version, PackVersion.Order)];
        Pack = Packs.FirstOrDefault(policy => policy.Pin == pack);
        Class = ConnectionClasses.All.Contains(customer) ? customer! : Class;
        Tags = [.. tag.Where(ConnectionTags.All.Contains)];
        Accepted = DateOnly.TryParseExact(accepted, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 2000 and < 2100 ? day : Clocks.DayOf(F.Now);
        if (Pack is null)
            return;
        Days = set.CalendarFor(Pack.Regions[0]);
        var application = new ConnectionApplication { HasExternalLine = Fact("hasExternalLine"), NeedsExcavation = Fact("needsExcavation"), NewStructure = Fact("newStructure") };
        Limits = [.. new SupposedCase(Class, Tags, Accepted, application, Pauses: []).Limits(Pack, Days)];
    }

    /// <summary>As it was asked: true, false, or not known.</summary>
    public bool? Fact(string name) => Request.Query[name].ToString() switch { "yes" => true, "no" => false, _ => null };

    /// <summary>From when it is counted, in words.</summary>
    public string Begins(SupposedLimit limit) => limit.Clock is not null ? Frame.Day(Accepted)
        : limit.Rule.Span is LimitSpans.Permits or LimitSpans.PermitItem ? F.W(limit.Rule.Part is null or "DISTRIBUTE" ? "begins_permits" : "begins_inside_permit")
        : limit.Begins.Split('.') is [var stage, var action] ? F.W($"begins_{action}", F.W($"stage_{stage}")) : limit.Begins;
}
