using System.Text.Json;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

// What the decisions are made with.
internal sealed partial class PermitProcess
{
    /// <summary>One input's work: the state as it grows, and what it sends.</summary>
    private sealed class Turn
    {
        private readonly Policy? policy;
        private readonly List<Warning> given = [];
        private DateTimeOffset? at;

        public Turn(Case state, Input input, Context context)
        {
            (State, Context) = (state, context);
            Cause = input is Input.Received { Event: { } received } ? new(received.Id, received.Type, received.OccurredAt ?? context.Now) : state.Cause;
            var region = (input as Input.Received)?.Content is PermitApplication application ? application.RegionCode : state.Application?.RegionCode;
            Calendar = context.Policies.CalendarFor(region ?? "");

            // The version the case began under, as long as it is at hand and covers the place.
            policy = region is null ? null : context.Pinned is { } pin && context.Policies.Pinned(pin) is { Permits.Count: > 0 } pinned && pinned.Covers(region) ? pinned : context.Policies.For(region);
        }

        public Case State { get; set; }
        public Context Context { get; }
        public Cause? Cause { get; }
        public WorkingCalendar Calendar { get; }
        public List<Order> Orders { get; } = [];
        public IReadOnlyList<Warning> Given => given;
        public string? Refusal { get; set; }
        public string? Pin { get; set; }
        public DateTimeOffset Now => Context.Now;
        public Policy? Policy => policy;

        /// <summary>When what is being decided about happened, as far as clocks are concerned.</summary>
        public DateTimeOffset At => at ?? Now;

        /// <summary>Connector of the window that distributes (综合受理窗口), whether it is set up or not; null when the pack names none.</summary>
        public string? Window => Body("permits")?.Connector;
        public Bilingual WindowTitle => Body("permits")?.Title ?? new("审批窗口", "Permit window");
        public IReadOnlyList<WarningRule> Warnings => policy is { Warnings.Count: > 0 } ? policy.Warnings : LastResort;

        /// <summary>Exemption rules in force for this line.</summary>
        public IReadOnlyList<ExemptionRule> Promises =>
        [
            .. (policy?.Exemptions ?? []).Where(rule => (rule.Commitment || rule.RestoreWorkingDays is not null)
                && State.Exemptions.Any(decision => decision.Rule == rule.Id && decision.Result is ExemptionResults.Exempt or ExemptionResults.FilingOnly)),
        ];

        public void Put(string name, Item item) => State = State with { Items = new Dictionary<string, Item>(State.Items, StringComparer.Ordinal) { [name] = item } };

        /// <summary>The claimed time, unless it comes later after the fact than the pack lets count: nobody keeps a limit by dating back (S1 三.4).</summary>
        public DateTimeOffset When(string claimed)
        {
            var time = InstantText.Parse(claimed)?.ToUniversalTime() ?? Now;
            if (policy?.Recording is { } rule && Now - time > TimeSpan.FromHours(rule.BackdatedHours))
            {
                Warn("", WarningCodes.BackDated, "所述时间早于收到时间过多：时限按收到时间计", "It claims a time too long before it arrived: clocks are counted from when it arrived");
                time = Now;
            }

            at = time > Now ? Now : time;
            return at.Value;
        }

        public void Warn(string code, string zh, string en) => Warn("", code, zh, en);

        public void Warn(string pointer, string code, string zh, string en)
        {
            var warning = new Warning(pointer, code, zh, en);
            if (!given.Contains(warning))
                given.Add(warning);
        }

        public void Trace(string what, string? about, string? detail) => State = State with { Trail = [.. State.Trail.TakeLast(TrailMax - 1), new(Now, what, about, detail)] };

        // --- rules -----------------------------------------------------------------------------------------------------

        public IEnumerable<LimitRule> Limits(Func<LimitRule, bool> which) =>
            (policy?.Limits ?? []).Where(rule => rule is { Applied: true, Measure: "each" } && which(rule) && Fits(rule.Applies));

        /// <summary>What decides about an item in place of its department; null: nothing does.</summary>
        public ExemptionDecision? Replacing(string name)
        {
            var covering = State.Exemptions.Where(decision => policy!.Exemptions.FirstOrDefault(rule => rule.Id == decision.Rule)?.Permits.Contains(name) == true).ToList();
            return covering.Find(decision => decision.Result is ExemptionResults.Exempt or ExemptionResults.FilingOnly) ?? covering.Find(decision => decision.Result == ExemptionResults.ManualReview);
        }

        /// <summary>Last day for a fee, which holds nothing up.</summary>
        public DateOnly? FeeDue(string name, DateTimeOffset from) => Limits(rule => rule is { Span: LimitSpans.PermitItem, Part: "FEE" } && rule.Stage == name).FirstOrDefault() is { } rule
            ? Clocks.Count(Clocks.Of(rule, from), Calendar, Now, "").Due
            : null;

        private bool Fits(Applies applies)
        {
            var application = State.Application!;
            var line = new ConnectionApplication { HasExternalLine = true, NeedsExcavation = State.Items.ContainsKey(PermitItems.Excavation) };
            return ConnectionFacts.Matches(applies, application.CustomerClass, application.Tags ?? [], line, Clocks.DayOf(State.AppliedAt!.Value), new HashSet<string>(StringComparer.Ordinal));
        }

        private Authority? Body(string role) => policy?.Authorities.FirstOrDefault(body => body.Roles.Contains(role) && body.Connector is not null) ?? policy?.Authorities.FirstOrDefault(body => body.Roles.Contains(role));

        private string? Connected(string? connector) => connector is not null && Context.Connectors.Contains(connector) ? connector : null;

        private string? Utility => Connected(Context.Policies.OperatorById(State.Application!.OperatorCode!)?.Connector ?? State.Application.OperatorCode);

        // --- tasks -----------------------------------------------------------------------------------------------------

        public void Ask(string kind, string? about, IReadOnlyList<string> options)
        {
            if (State.Tasks.Any(task => task.IsOpen && task.Kind == kind && task.About == about))
                return;
            var task = new PersonTask { Id = $"t{State.TasksEver + 1}", Kind = kind, About = about, Options = options, RaisedAt = Now, DueAt = After(TaskWorkingDays, Now) };
            State = State with { Tasks = [.. State.Tasks, task], TasksEver = State.TasksEver + 1 };
            Trace("asked", about, kind);
        }

        public void Replace(PersonTask task) => State = State with { Tasks = [.. State.Tasks.Select(known => known.Id == task.Id ? task : known)] };

        public void Lapse(string kind, string? about) => Lapse(task => task.Kind == kind && task.About == about);

        public void LapseAll() => Lapse(_ => true);

        public void ExpireTasks() =>
            State = State with { Tasks = [.. State.Tasks.Select(task => task.Status == "open" && task.DueAt <= Now ? task with { Status = "overdue" } : task)] };

        private void Lapse(Func<PersonTask, bool> which) =>
            State = State with { Tasks = [.. State.Tasks.Select(task => task.IsOpen && which(task) ? task with { Status = "lapsed" } : task)] };

        /// <summary>End of the n-th working day after that one, in the city's zone.</summary>
        public DateTimeOffset After(int workingDays, DateTimeOffset from) => Clocks.EndOf(Calendar.AddWorkingDays(Clocks.DayOf(from), workingDays).Due);

        // --- what goes out ---------------------------------------------------------------------------------------------

        public void Distribute(string name)
        {
            var application = State.Application!;
            var item = State.Items[name] with { Told = State.Told + 1, ToldBy = Cause!.Id, Version = application.Version!.Value };
            Put(name, item);
            State = State with { Told = item.Told.Value };
            var window = Limits(rule => rule is { Span: LimitSpans.PermitItem, Part: "DISTRIBUTE" }).FirstOrDefault();
            var due = window is null ? null : Clocks.Count(Clocks.Of(window, State.AppliedAt!.Value), Calendar, Now, "").Due;
            Add(item.Connector!, CommandTypes.PermitDistribute, Order(name, item) with { Application = application }, SchemasJson.Readable.PermitOrder, due is { } day ? Clocks.EndOf(day) : null);
            Trace("sent", name, $"{item.Version}");
        }

        public void Recall(string name, Item item, string why)
        {
            if (Connected(item.Connector) is not { } connector)
                return;
            Add(connector, CommandTypes.PermitWithdraw, Order(name, item) with { Reason = why }, SchemasJson.Readable.PermitOrder);
            Trace("recalled", name, why);
        }

        private PermitOrder Order(string name, Item item) => new()
        {
            CaseNo = State.Application!.CaseNo!, OperatorCode = State.Application.OperatorCode!, RegionCode = State.Application.RegionCode!, Item = name,
            DepartmentZh = item.Department.Zh, DepartmentEn = item.Department.En, Version = item.Version,
        };

        /// <summary>What an item came to, at once and once.</summary>
        public void FeedBack(string name, string result, string? said)
        {
            var item = State.Items[name];
            var told = $"{result} {item.PermitNo} {item.Reason} {item.Version}";
            if (item.FedBack == told)
                return;
            Put(name, item with { FedBack = told });
            Trace("result", name, result);
            if (Utility is { } utility)
                Add(utility, CommandTypes.PermitResult, Result() with { Item = ResultOf(name, item, result, said) }, SchemasJson.Readable.PermitResult);
        }

        public void FeedBack(ExemptionDecision decision, ExemptionRule rule)
        {
            if (Utility is not { } utility)
                return;
            var letter = rule.Commitment && decision.Result == rule.Result ? PermitTexts.Commitment(rule, State.Application!) : null;
            Add(utility, CommandTypes.PermitResult, Result() with { Exemption = decision, CommitmentZh = letter?.Zh, CommitmentEn = letter?.En }, SchemasJson.Readable.PermitResult);
        }

        private PermitResult Result() => new() { CaseNo = State.Application!.CaseNo!, ApplicationNo = State.Application.ApplicationNo, Version = State.Application.Version!.Value };

        private static PermitItemResult ResultOf(string name, Item item, string result, string? said) => new()
        {
            Item = name, DepartmentZh = item.Department.Zh, DepartmentEn = item.Department.En, Result = result, PermitNo = item.PermitNo, Reason = item.Reason, At = said,
            FeeYuan = item.FeeYuan, FeeDue = item.FeeDue, Rule = item.Rule,
        };

        /// <summary>All results together, when one of them is new.</summary>
        public void Deliver()
        {
            var items = State.Items.Where(pair => pair.Value.State != ItemState.Dropped).ToList();
            var delivered = string.Join('\n', items.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value.FedBack}").Prepend($"{State.Application!.Version}"));
            if (State.Delivered == delivered)
                return;
            State = State with { Delivered = delivered };
            Trace("delivered", null, $"{State.Application.Version}");
            if (Utility is not { } utility)
                return;
            var delivery = new PermitDelivery
            {
                CaseNo = State.Application.CaseNo!, ApplicationNo = State.Application.ApplicationNo, Version = State.Application.Version!.Value,
                WorksMayBegin = items.TrueForAll(pair => pair.Value.State != ItemState.Refused),
                Items = [.. items.Select(pair => ResultOf(pair.Key, pair.Value, Words.Of(pair.Value.State), null))], Exemptions = State.Exemptions,
            };
            Add(utility, CommandTypes.PermitDelivered, delivery, SchemasJson.Readable.PermitDelivery);
        }

        /// <summary>Whoever has to keep the limit is told, then who supervises.</summary>
        public void Urge(CaseClock clock, string? department, int percent)
        {
            var rule = policy!.Limits.FirstOrDefault(known => known.Id == clock.Rule);
            var title = rule?.Title ?? PermitTexts.Restoration(policy.Exemptions.FirstOrDefault(known => known.Id == clock.Rule)?.Title);
            var roles = Warnings.First(warning => warning.Percent == percent).To;
            Trace("warned", clock.Rule, $"{percent} %");
            foreach (var role in roles.OrderBy(role => role == "supervisor"))
            {
                var to = Connected(role == "supervisor" ? Body("supervisor")?.Connector : clock.Responsible switch { "department" => department ?? Window, "window" => Window, _ => Utility });
                if (to is null)
                    continue;
                var warning = new DeadlineWarning
                {
                    CaseType = "permit_case", Case = PermitRules.CaseKey(State.Application!.OperatorCode!, State.Application.CaseNo!), Rule = clock.Rule, TitleZh = title.Zh, TitleEn = title.En,
                    Percent = percent, DueDay = clock.Due, DaysLeft = Clocks.Left(clock, Now, Calendar), Unit = clock.Unit, To = role, Clause = rule?.Clause,
                };
                Add(to, CommandTypes.DeadlineWarn, warning, SchemasJson.Readable.DeadlineWarning);
            }
        }

        /// <returns>False when no credit platform is connected.</returns>
        public bool ReportCredit(Said said)
        {
            if (Body("credit") is not { Connector: { } named } body || Connected(named) is not { } connector)
                return false;
            var application = State.Application!;
            var report = new CreditReport
            {
                CaseNo = application.CaseNo!, OperatorCode = application.OperatorCode!, RegionCode = application.RegionCode!, Subject = State.Commitment?.By ?? application.Applicant,
                CommitmentRef = State.Commitment?.Reference, CommittedAt = State.Commitment?.At, Rules = [.. Promises.Select(rule => rule.Id)], Clause = body.Clause,
                FoundAt = said.At, FoundBy = said.By!, EvidenceRef = said.Reference!, Note = said.Note,
            };
            Add(connector, CommandTypes.CreditReport, report, SchemasJson.Readable.CreditReport);
            Trace("credit_reported", body.Id, said.Reference);
            return true;
        }

        private void Add<T>(string connector, string command, T content, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json, DateTimeOffset? due = null) =>
            Orders.Add(new(connector, command, Cause!.Id, Cause.Type, Cause.OccurredAt, JsonSerializer.SerializeToUtf8Bytes(content, json), due));
    }
}
