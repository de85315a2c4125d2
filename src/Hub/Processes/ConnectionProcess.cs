using System.Text.Json;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>
/// A connection from application to energising (报装): matched to the earlier project push (一键接入; S0 任务一(二)), put before the utility, its stages recorded as they are
/// reported and timed by the limits of the pack it began under. Pure: everything is worked out anew from what was reported, so that nothing can be bent afterwards.
/// </summary>
internal sealed partial class ConnectionProcess() : Process<ConnectionProcess.Case>(ConnectionJson.Readable.Case)
{
    private const int FactsMax = 400;

    public override string Type => "connection";

    /// <summary>Key of an application: numbers are given by each operator, or by a platform for it.</summary>
    public static string Key(string operatorId, string applicationNo) => $"{operatorId}:{applicationNo}";

    protected override Func<Case, Context, IEnumerable<Figure>> Figures => ConnectionFigures.Of;

    /// <summary>The operator, while the application is open: it may ask for licences in this case.</summary>
    public override CaseParties? Parties(string state) => Read(state) is { Application: { } application, Operator: { } named, Status: "open" or "energised" }
        ? new(application.RegionCode!, new HashSet<string>(StringComparer.Ordinal) { named })
        : null;

    public override CaseClocks? ClocksOf(string state) => Read(state) is { Application.RegionCode: { } region } known ? new(region, known.Operator, known.Clocks, known.Class) : null;

    protected override Decision Decide(Case state, Input input, Context context) => input switch
    {
        Input.Received { Content: Applied applied } received => Apply(state, received.Event, applied, context),
        Input.Received { Content: StageReport report } received => Report(state, received.Event, report, context),
        Input.Received { Content: Decided decided } received => Match(state, received.Event, decided, context),
        Input.Received { Content: ServiceEvaluation evaluation } => Finish(state with { Evaluation = new(evaluation.Score!.Value, evaluation.Comment, InstantText.Parse(evaluation.At)!.Value) }, context),
        Input.Answered { CommandType: CommandTypes.ApplicationPut } answered =>
            Finish(state with { Refused = answered.Answer.Outcome == Outcome.Taken ? null : answered.Answer.Reason }, context),
        Input.TimeUp => Work(state, [], context, "time"),
        Input.PolicyChanged => Work(state, [], context, "calendar"),
        _ => Finish(state, context),
    };

    // --- what is reported ------------------------------------------------------------------------------------------------

    private Decision Apply(Case state, Event received, Applied applied, Context context)
    {
        var application = applied.Application;
        if (state.Application is { } current && application.Version <= current.Version)
        {
            return Finish(state, context) with
            {
                Warnings = [new("/version", WarningCodes.Superseded, "收到的版本不晚于现行版本：已存档，未采用", "Not newer than the version in force: stored, not applied")],
            };
        }

        if (state.Operator is { } known && received.Partner != known && received.Partner != state.From && state.From is not null)
            return Finish(state, context) with { Refusal = "not_a_party" };

        var facts = state.Facts.Any(fact => fact is { Stage: ConnectionStages.Accepted, Action: "START" })
            ? state.Facts
            : [.. state.Facts, new StageFact(received.SourceId, ConnectionStages.Accepted, "START", InstantText.Parse(application.AppliedAt)!.Value, context.Now)];
        var matched = state.Project ?? applied.Projects.FirstOrDefault(project => project.Confidence == 100);
        var next = state with
        {
            Operator = applied.Operator,
            Application = application,
            From = state.From ?? received.Partner,
            EventId = received.Id,
            EventType = received.Type,
            OccurredAt = received.OccurredAt ?? context.Now,
            Facts = facts,
            Project = matched,
            Proposals = matched is null ? applied.Projects : [],
        };
        var restarted = applied.Earlier.Where(earlier => IsRestart(earlier, application, PolicyOf(next, context)?.Recording)).Select(earlier => (MarkCodes.RestartSuspect, earlier.ApplicationNo));
        return Work(Prefill(next), [.. restarted], context, "corrected", put: true);
    }

    private Decision Report(Case state, Event received, StageReport report, Context context)
    {
        if (state.Facts.Count >= FactsMax)
            return Finish(state, context) with { Refusal = "too_many_reports" };
        if (report.Corrects is { } corrects && !state.Facts.Any(fact => fact.Id == corrects && fact.Corrects is null))
            return Finish(state, context) with { Refusal = "nothing_to_correct" };
        if (state.Facts.Any(fact => fact.Id == received.SourceId))
            return Finish(state, context) with { Refusal = "report_id_reused" };

        var fact = new StageFact(received.SourceId, report.Stage!, report.Action!, InstantText.Parse(report.OccurredAt)!.Value, context.Now)
        {
            Kind = report.PauseKind,
            Actor = report.Actor,
            Reason = report.Reason,
            Evidence = report.EvidenceRef,
            Corrects = report.Corrects,
        };
        var ended = state.Status is "closed" or "cancelled" && fact.Corrects is null;
        return Work(
            state with { Operator = state.Operator ?? received.Partner, Facts = [.. state.Facts, fact] },
            ended ? [(MarkCodes.AfterEnd, fact.Id)] : [], context, fact.Corrects is null ? "resumed" : "corrected");
    }

    private Decision Match(Case state, Event received, Decided decided, Context context)
    {
        if (received.Partner != state.Operator)
            return Finish(state, context) with { Refusal = "not_a_party" };
        var (decision, project) = (decided.Decision, decided.Project);
        if (decision.Confirmed == false)
        {
            var left = state.Proposals.Where(proposal => proposal.Key != decision.Project).ToList();
            return Work(state with { Proposals = left, Project = state.Project?.Key == decision.Project ? null : state.Project }, [], context, "corrected");
        }

        if (project is null)
            return Finish(state, context) with { Refusal = "project_not_found" };
        var next = state with
        {
            Project = project with { MatchedBy = "person", Confidence = 100, ConfirmedBy = decision.By },
            Proposals = [],
            EventId = received.Id,
            EventType = received.Type,
            OccurredAt = received.OccurredAt ?? context.Now,
        };
        return Work(Prefill(next), [], context, "corrected", put: true);
    }

    /// <summary>What the customer need not say again: the application's own members win, the project fills the empty ones.</summary>
    private static Case Prefill(Case state)
    {
        if (state is not { Application: { } application, Project: { } project })
            return state;
        var filled = new List<string>();
        T? Take<T>(string name, T? own, T? from)
        {
            if (own is not null || from is null)
                return own;
            filled.Add(name);
            return from;
        }

        var capacity = application.Capacity is null && application.CapacityUnit is null or "kW" ? project.LoadKw : null;
        return state with
        {
            Application = application with
            {
                ProjectCode = Take("projectCode", application.ProjectCode, project.Key.StartsWith("doc:", StringComparison.Ordinal) ? null : project.Key),
                ApplicantName = Take("applicantName", application.ApplicantName, project.UnitName),
                UnitUscc = Take("unitUscc", application.UnitUscc, project.UnitUscc),
                Address = Take("address", application.Address, project.Address),
                UsageType = Take("usageType", application.UsageType, project.UsageType),
                RequiredDate = Take("requiredDate", application.RequiredDate, project.RequiredDate),
                CapacityUnit = capacity is null ? application.CapacityUnit : "kW",
                Capacity = application.Capacity ?? (capacity is null ? null : Take<decimal?>("capacity", null, capacity)),
            },
            Prefilled = [.. state.Prefilled.Union(filled, StringComparer.Ordinal)],
        };
    }

    private static bool IsRestart(EarlierApplication earlier, ConnectionApplication application, RecordingRule? rule) =>
        rule is not null && earlier is { Cancelled: true, EndedAt: { } ended } && earlier.ApplicationNo != application.ApplicationNo
        && InstantText.Parse(application.AppliedAt) is { } applied && applied - ended <= TimeSpan.FromDays(rule.RestartDays);

    // --- what follows ----------------------------------------------------------------------------------------------------

    /// <summary>Works out class, clocks, marks and warnings from the facts, and tells who has to know.</summary>
    private Decision Work(Case state, IReadOnlyList<(string Code, string About)> odd, Context context, string why, bool put = false)
    {
        if (PolicyOf(state, context) is not { } policy)
            return Finish(state with { Unserved = state.Application is null ? "no_earlier_record" : "no_pack" }, context);

        var application = state.Application!;
        var calendar = context.Policies.CalendarFor(application.RegionCode!);
        var times = new ConnectionTimes(state.Facts, policy.Recording);
        var accepted = Clocks.DayOf(times.AppliedAt ?? InstantText.Parse(application.AppliedAt)!.Value);
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var derived = ConnectionFacts.Derive(application, policy, accepted);
        missing.UnionWith(derived.Missing);
        var limits = ConnectionFacts.Limits(application, derived, policy, accepted, missing);

        var next = state with
        {
            Class = derived.Class,
            Tags = derived.Tags,
            Missing = [.. missing],
            Status = StatusOf(times),
            Clocks = Run(state.Clocks, limits, times, calendar, context.Now, why),
            Unserved = derived.Class is null ? "class_unknown" : null,
        };
        var steps = policy.Steps.Where(rule => ConnectionFacts.Matches(rule.Applies, derived.Class, derived.Tags, application, accepted, missing)).ToList();
        var limited = policy.Limits.Where(rule => rule.Span == LimitSpans.Stage && rule.Stage is not null).Select(rule => rule.Stage!).ToHashSet(StringComparer.Ordinal);
        var marks = odd.Concat(times.Oddities(steps, limited)).Where(mark => !state.Marks.Any(known => known.Code == mark.Code && known.About == mark.About)).Distinct()
            .Select(mark => new Mark(mark.Code, mark.About, context.Now)).ToList();
        next = next with { Marks = [.. state.Marks, .. marks] };

        var orders = new List<Order>();
        next = Warn(next, policy, calendar, context, orders);
        if (put)
            Put(next, policy, calendar, context, orders);
        return Finish(next, context) with
        {
            Orders = orders,
            Warnings = [.. marks.Select(mark => ConnectionTexts.Warning(mark.Code)), .. next.Missing.Except(state.Missing).Select(ConnectionTexts.MissingFact), .. ClassDiffers(next)],
            Pin = policy.Pin,
            Numbers = put ? NumbersOf(next) : [],
        };
    }

    private static List<(string, string)> NumbersOf(Case state)
    {
        var application = state.Application!;
        var numbers = new List<(string, string)> { (NumberKinds.Application, application.ApplicationNo!) };
        if (application.UnitUscc is { } uscc)
            numbers.Add((NumberKinds.Uscc, uscc));
        if (application.SupplyPoint is { } point)
            numbers.Add((NumberKinds.SupplyPoint, $"{state.Operator} {point}"));
        if (state.Project?.Key is { } project)
            numbers.Add((NumberKinds.Project, project));
        return numbers;
    }

    private static string StatusOf(ConnectionTimes times) =>
        times.CancelledAt is not null ? "cancelled"
        : times.IsFinished(ConnectionStages.Closed) ? "closed"
        : times.IsFinished(ConnectionStages.Metered) ? "energised" : "open";

    /// <summary>The clocks of these limits as the facts have them; one whose limit no longer applies ends, and stays to be seen.</summary>
    private static IReadOnlyList<CaseClock> Run(IReadOnlyList<CaseClock> before, IReadOnlyList<LimitRule> limits, ConnectionTimes times, WorkingCalendar calendar, DateTimeOffset now, string why)
    {
        var clocks = new List<CaseClock>();
        foreach (var limit in limits)
        {
            var (begins, ends) = limit.Span == LimitSpans.Stage
                ? (limit.StartsAt ?? limit.Stage + ".START", limit.EndsAt ?? limit.Stage + ".FINISH")
                : (limit.StartsAt ?? ConnectionStages.Accepted + ".START", limit.EndsAt ?? ConnectionStages.Metered + ".FINISH");
            if (times.BeginsAt(begins) is not { } started)
                continue;
            var known = before.FirstOrDefault(clock => clock.Rule == limit.Id);
            var ended = times.Point(ends);
            var clock = (known ?? Clocks.Of(limit, started)) with
            {
                StartedAt = started,
                Pauses = times.Pauses(limit.Excludes),
                EndedAt = ended ?? times.CancelledAt,
                Dropped = ended is null && times.CancelledAt is not null,
            };
            clocks.Add(Clocks.Count(clock, calendar, now, why));
        }

        foreach (var gone in before.Where(clock => !clocks.Exists(other => other.Rule == clock.Rule)))
            clocks.Add(gone.EndedAt is null ? Clocks.Count(gone with { EndedAt = now, Dropped = true }, calendar, now, why) : gone);
        return clocks;
    }

    private static Case Warn(Case state, Policy policy, WorkingCalendar calendar, Context context, List<Order> orders)
    {
        var clocks = new List<CaseClock>(state.Clocks.Count);
        var given = new List<GivenWarning>();
        foreach (var clock in state.Clocks)
        {
            var due = Clocks.DueWarnings(clock, policy.Warnings, context.Now, calendar);
            clocks.Add(due.Count == 0 ? clock : clock with { Warned = [.. clock.Warned, .. due] });
            if (due.Count == 0)
                continue;

            // What fell due together is told once, by the highest share.
            var percent = due[^1];
            var to = policy.Warnings.Where(rule => due.Contains(rule.Percent)).SelectMany(rule => rule.To).Distinct(StringComparer.Ordinal).ToList();
            var sent = new List<string>();
            foreach (var (connector, role) in Receivers(state, policy, to, context))
            {
                orders.Add(new(
                    connector, CommandTypes.DeadlineWarn, state.EventId, state.EventType, state.OccurredAt,
                    JsonSerializer.SerializeToUtf8Bytes(ConnectionTexts.Warning(state, clock, policy, percent, Clocks.Left(clock, context.Now, calendar), role), SchemasJson.Readable.DeadlineWarning),
                    DueAt: clock.Due is { } day ? Clocks.EndOf(day) : null));
                sent.Add(connector);
            }

            given.Add(new(context.Now, clock.Rule, percent, to, sent));
        }

        return given.Count == 0 ? state : state with { Clocks = clocks, Warnings = [.. state.Warnings, .. given] };
    }

    // Who is told, once each: the operator as responsible, then whoever supervises.
    private static IEnumerable<(string Connector, string Role)> Receivers(Case state, Policy policy, IReadOnlyList<string> to, Context context)
    {
        if (to.Contains("responsible") && context.Policies.OperatorById(state.Operator!) is { } serving && context.Connectors.Contains(serving.Connector))
            yield return (serving.Connector, "responsible");
        if (!to.Contains("supervisor"))
            yield break;
        foreach (var authority in policy.Authorities.Where(authority => authority.Roles.Contains("supervisor") && authority.Connector is not null && context.Connectors.Contains(authority.Connector)))
            yield return (authority.Connector!, "supervisor");
    }

    /// <summary>Puts the application before the utility when it was not the utility that sent it, or when a project adds something to it.</summary>
    private static void Put(Case state, Policy policy, WorkingCalendar calendar, Context context, List<Order> orders)
    {
        if (state.From == state.Operator && state.Project is null && state.Proposals.Count == 0)
            return;
        if (context.Policies.OperatorById(state.Operator!) is not { } serving || !context.Connectors.Contains(serving.Connector))
            return;
        var notice = new ApplicationNotice
        {
            ApplicationNo = state.Application!.ApplicationNo!,
            OperatorCode = state.Operator!,
            Application = state.Application,
            CustomerClass = state.Class,
            Tags = state.Tags,
            Project = state.Project is { } project ? Matched(project, state, calendar) : null,
            Proposals = [.. state.Proposals.Select(proposal => Matched(proposal, state, calendar))],
            Prefilled = state.Prefilled,
            Missing = state.Missing,
            Limits = [.. state.Clocks.Where(clock => clock.Open).Select(clock => ConnectionTexts.Limit(clock, policy))],
        };
        var due = state.Clocks.Where(clock => clock is { Open: true, Due: not null }).Min(clock => clock.Due);
        orders.Add(new(
            serving.Connector, CommandTypes.ApplicationPut, state.EventId, state.EventType, state.OccurredAt, JsonSerializer.SerializeToUtf8Bytes(notice, SchemasJson.Readable.ApplicationNotice),
            DueAt: due is { } day ? Clocks.EndOf(day) : null));
    }

    private static MatchedProject Matched(KnownProject project, Case state, WorkingCalendar calendar) =>
        new(project.Key, project.Name, project.MatchedBy, project.Confidence, LeadWorkingDays(project, state, calendar));

    /// <summary>Working days by which the operator had the project before the customer applied; null when it never had it.</summary>
    public static int? LeadWorkingDays(KnownProject project, Case state, WorkingCalendar calendar) =>
        project.TakenAt is { } taken && InstantText.Parse(state.Application?.AppliedAt) is { } applied ? calendar.WorkingDaysBetween(Clocks.DayOf(taken), Clocks.DayOf(applied)) : null;

    private static IEnumerable<Warning> ClassDiffers(Case state)
    {
        if (state is { Class: { } derived, Application.CustomerClass: { } stated } && derived != stated)
            yield return new("/customerClass", "class_differs", $"按规则推定的客户类别为 {derived}，与所报不同，以规则为准。", $"By the rules the class is {derived}, not the one stated; the rules decide.");
    }

    private static Policy? PolicyOf(Case state, Context context) => PolicyOf(state, context.Policies, context.Pinned);

    /// <summary>The version the case began under, as long as it is at hand and still covers the place.</summary>
    public static Policy? PolicyOf(Case state, PolicySet policies, string? pin) => state.Application is not { RegionCode: { } region } ? null
        : pin is not null && policies.Pinned(pin) is { } pinned && pinned.Covers(region) ? pinned : policies.For(region);

    private Decision Finish(Case state, Context context)
    {
        var policy = PolicyOf(state, context);
        var calendar = state.Application is { RegionCode: { } region } ? context.Policies.CalendarFor(region) : null;
        return To(state) with
        {
            Deadline = policy is null || calendar is null ? null : state.Clocks.Select(clock => Clocks.NextWarning(clock, policy.Warnings, calendar)).Min(),
            Unserved = state.Unserved,
            Closed = state.Status is "closed" or "cancelled",

            // The applicant may be a person, and so may be the customer's words.
            Private = true,
        };
    }
}
