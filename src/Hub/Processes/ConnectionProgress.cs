using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Policies;
using Hub.Schemas;
using static Hub.Processes.ConnectionProcess;

namespace Hub.Processes;

/// <summary>How far an application is (进度查询; S1 三.5, S2 二(二)2): read from its case at a moment. It names nobody: who applied, and what people wrote, stay in the case.</summary>
internal sealed record ConnectionProgress
{
    public required string ApplicationNo { get; init; }
    public required string Operator { get; init; }
    public string? OperatorZh { get; init; }
    public string? OperatorEn { get; init; }

    /// <summary>open, energised, closed or cancelled.</summary>
    public required string Status { get; init; }

    /// <summary>One of <see cref="ConnectionClasses"/>; null while it cannot be told.</summary>
    public string? CustomerClass { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Facts without which the class or a limit cannot be told.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Version of the pack it goes by.</summary>
    public string? Policy { get; init; }

    /// <summary>The customer's steps by the city's own names; empty when the pack has none for this class.</summary>
    public IReadOnlyList<ProgressStep> Steps { get; init; } = [];

    /// <summary>Everything that was reported, in the order of its arrival.</summary>
    public IReadOnlyList<ProgressStage> Stages { get; init; } = [];
    public IReadOnlyList<ProgressClock> Clocks { get; init; } = [];
    public IReadOnlyList<ProgressMark> Marks { get; init; } = [];

    /// <summary>The approved project it belongs to; null when none was found.</summary>
    public ProgressProject? Project { get; init; }

    /// <summary>The customer's score, 1 to 5; null before it was given.</summary>
    public int? Evaluation { get; init; }

    /// <param name="state">Of the case; its application is there.</param>
    /// <param name="policy">The pack it goes by; null: none covers the place any more.</param>
    /// <param name="policies">The packs in force.</param>
    /// <param name="now">What is shown as of.</param>
    /// <param name="own">The operator itself asks: its own targets are shown.</param>
    public static ConnectionProgress Of(Case state, Policy? policy, PolicySet policies, DateTimeOffset now, bool own)
    {
        var application = state.Application!;
        var calendar = policies.CalendarFor(application.RegionCode!);
        var times = new ConnectionTimes(state.Facts, policy?.Recording);
        var serving = policies.OperatorById(state.Operator!);
        return new()
        {
            ApplicationNo = application.ApplicationNo!,
            Operator = state.Operator!,
            OperatorZh = serving?.TitleZh,
            OperatorEn = serving?.TitleEn,
            Status = state.Status,
            CustomerClass = state.Class,
            Tags = state.Tags,
            Missing = state.Missing,
            Policy = policy?.Pin,
            Steps = [.. StepsOf(state, policy, times)],
            Stages = [.. state.Facts.Select(fact => new ProgressStage(fact.Id, fact.Stage, fact.Action, fact.Kind, fact.At, fact.RecordedAt, fact.Corrects))],
            Clocks = [.. state.Clocks.Select(clock => ClockOf(clock, policy, calendar, now, own))],
            Marks = [.. state.Marks.Select(mark => new ProgressMark(mark.Code, ConnectionTexts.Mark(mark.Code).Zh, ConnectionTexts.Mark(mark.Code).En, mark.About, mark.At))],
            Project = state.Project is { } project ? new(project.Key, project.MatchedBy, LeadWorkingDays(project, state, calendar)) : null,
            Evaluation = state.Evaluation?.Score,
        };
    }

    // Done when the stages that make it a step are, or when it was begun and a later one was too; a step that nobody reported on lies ahead, whatever came after it.
    private static IEnumerable<ProgressStep> StepsOf(Case state, Policy? policy, ConnectionTimes times)
    {
        var application = state.Application!;
        var accepted = Processes.Clocks.DayOf(times.AppliedAt ?? InstantText.Parse(application.AppliedAt)!.Value);
        var rule = policy?.Steps.FirstOrDefault(rule => rule.Steps.Count > 0 && ConnectionFacts.Matches(rule.Applies, state.Class, state.Tags, application, accepted, new HashSet<string>(StringComparer.Ordinal)));
        var steps = rule?.Steps ?? [];
        var last = steps.ToList().FindLastIndex(IsBegun);
        return steps.Select((step, place) => new ProgressStep(step.Title.Zh, step.Title.En, step.Stages, !IsBegun(step) ? "ahead" : place < last || IsDone(step) ? "done" : "now"));

        bool IsBegun(StepName step) => step.Stages.Any(stage => state.Facts.Any(fact => fact.Stage == stage && fact.Action is ("START" or "FINISH")));

        bool IsDone(StepName step) => (step.Stages.Contains(ConnectionStages.Metered) && times.IsFinished(ConnectionStages.Metered))
            || step.Stages.Except(ConnectionTimes.Inner).DefaultIfEmpty(step.Stages[^1]).All(times.IsFinished);
    }

    private static ProgressClock ClockOf(CaseClock stored, Policy? policy, WorkingCalendar calendar, DateTimeOffset now, bool own)
    {
        var rule = policy?.Limits.FirstOrDefault(limit => limit.Id == stored.Rule);
        var clock = Processes.Clocks.Count(stored, calendar, now, "read");
        return new()
        {
            Rule = clock.Rule,
            TitleZh = rule?.Title.Zh ?? clock.Rule,
            TitleEn = rule?.Title.En ?? clock.Rule,
            Span = clock.Span,
            Stage = clock.Stage,
            Limit = clock.Limit,
            Unit = clock.Unit,
            Used = Processes.Clocks.Used(clock, clock.EndedAt ?? now, calendar),
            StartedAt = clock.StartedAt,
            Due = clock.Due,
            Provisional = clock.Provisional,
            Status = clock.Status,
            EndedAt = clock.EndedAt,
            Pauses = [.. clock.Pauses.Select(pause => new ProgressPause(pause.Kind, pause.From, pause.To))],
            Clause = rule?.Clause,
            Target = own ? clock.Target : null,
            TargetDue = own ? clock.TargetDue : null,
        };
    }
}

/// <param name="Status">done, now or ahead.</param>
internal sealed record ProgressStep(string TitleZh, string TitleEn, IReadOnlyList<string> Stages, string Status);

/// <param name="Id">CloudEvents id of the report.</param>
/// <param name="OccurredAt">As claimed.</param>
/// <param name="RecordedAt">By Hub's own clock.</param>
/// <param name="Corrects">Id of the report whose time it puts right.</param>
internal sealed record ProgressStage(string Id, string Stage, string Action, string? Kind, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, string? Corrects);

internal sealed record ProgressClock
{
    public required string Rule { get; init; }
    public required string TitleZh { get; init; }
    public required string TitleEn { get; init; }
    public required string Span { get; init; }
    public string? Stage { get; init; }

    /// <summary>The legal limit, in <see cref="Unit"/>, as <see cref="Used"/> is.</summary>
    public required int Limit { get; init; }
    public required string Unit { get; init; }
    public required int Used { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Last day within the limit; null while the clock stands still.</summary>
    public DateOnly? Due { get; init; }
    public bool Provisional { get; init; }

    /// <summary>running, paused, overdue, met, met_late or ended.</summary>
    public required string Status { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public IReadOnlyList<ProgressPause> Pauses { get; init; } = [];
    public string? Clause { get; init; }

    /// <summary>The operator's own aim; told to nobody else.</summary>
    public int? Target { get; init; }
    public DateOnly? TargetDue { get; init; }
}

/// <param name="To">Null while it lasts.</param>
internal sealed record ProgressPause(string Kind, DateTimeOffset From, DateTimeOffset? To);

internal sealed record ProgressMark(string Code, string TitleZh, string TitleEn, string About, DateTimeOffset At);

/// <param name="LeadWorkingDays">By how many the operator had it before the customer applied; null when it never did.</param>
internal sealed record ProgressProject(string Project, string MatchedBy, int? LeadWorkingDays);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectionProgress))]
internal sealed partial class ProgressJson : JsonSerializerContext
{
    private static ProgressJson? readable;

    public static ProgressJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
