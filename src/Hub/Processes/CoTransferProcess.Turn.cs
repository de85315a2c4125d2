using System.Text.Json;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

// What the decisions are made with.
internal sealed partial class CoTransferProcess
{
    /// <summary>One input's work: the state as it grows, and what it sends.</summary>
    private sealed class Turn(Case state, Context context)
    {
        private Policy? policy;

        public Case State { get; set; } = state;
        public Context Context => context;
        public List<Order> Orders { get; } = [];
        public List<Warning> Warnings { get; } = [];
        public string? Refusal { get; set; }
        public string? Pin { get; set; }
        public DateTimeOffset Now => context.Now;
        public Transfer? Current => State.Current;

        /// <summary>The version the case began under, as long as it is at hand and covers the place.</summary>
        public Policy? Policy => policy ??= Region is not { } region ? null
            : context.Pinned is { } pin && context.Policies.Pinned(pin) is { CoTransfer: not null } pinned && pinned.Covers(region) ? pinned : context.Policies.For(region);

        public CoTransferRule Rule => Policy?.CoTransfer ?? LastResort;

        private string? Region => Current?.Registration.Record.RegionCode;

        public Transfer Put(Transfer transfer)
        {
            State = State with { Current = transfer };
            return transfer;
        }

        public void Put(string id, Party party) =>
            Put(Current! with { Parties = new Dictionary<string, Party>(Current.Parties, StringComparer.Ordinal) { [id] = party } });

        public void Warn(string code, string zh, string en) => Warnings.Add(new("", code, zh, en));

        public void Trace(string what, string? id, string? detail)
        {
            if (Current is { } current)
                Put(current with { Trail = [.. current.Trail.TakeLast(TrailMax - 1), new(Now, what, id, detail)] });
        }

        /// <summary>What is known of an account only ever grows surer.</summary>
        public void Learn(string id, string accountNo, int confidence, string basis, string? by)
        {
            var account = AccountNumber.Parse(accountNo);
            var known = State.Links.FirstOrDefault(link => link.Operator == id && link.AccountNo == account.Text);
            if (known?.Confidence >= confidence)
                return;
            var link = new Link
            {
                Operator = id, AccountNo = account.Text, Form = account.Form, Confidence = confidence, Basis = basis, ConfirmedBy = by, ConfirmedAt = confidence == 100 ? Now : null,
            };
            State = State with { Links = [.. State.Links.Where(other => other != known).TakeLast(39), link] };
        }

        // --- tasks -----------------------------------------------------------------------------------------------------

        public void Ask(string kind, string? id, IReadOnlyList<string> options, string? proposal = null, int? days = null)
        {
            if (State.Tasks.Any(task => task.IsOpen && task.Kind == kind && task.Operator == id))
                return;
            var task = new PersonTask
            {
                Id = $"t{State.TasksEver + 1}", Kind = kind, Operator = id, Options = options, Proposal = proposal, RaisedAt = Now, DueAt = After(days ?? Rule.TaskWorkingDays),
            };
            State = State with { Tasks = [.. State.Tasks, task], TasksEver = State.TasksEver + 1 };
            Trace("asked", id, kind);
        }

        public void Replace(PersonTask task) => State = State with { Tasks = [.. State.Tasks.Select(known => known.Id == task.Id ? task : known)] };

        public void Lapse(string kind) => LapseWhere(task => task.Kind == kind);

        public void LapseOf(string id) => LapseWhere(task => task.Operator == id);

        // What a later transfer left behind about an earlier one is not this one's to end.
        public void LapseAll() => LapseWhere(task => task.Kind != TaskKinds.LateChange);

        private void LapseWhere(Func<PersonTask, bool> which) =>
            State = State with { Tasks = [.. State.Tasks.Select(task => task.IsOpen && which(task) ? task with { Status = "lapsed" } : task)] };

        // --- time ------------------------------------------------------------------------------------------------------

        /// <summary>End of the n-th working day after today, in the city's zone.</summary>
        public DateTimeOffset After(int workingDays) => EndOf(Day(workingDays).Due);

        public ProjectApprovalProcess.Clock StartWhole(CoTransferRule rule)
        {
            var due = Day(rule.LimitWorkingDays);
            return new()
            {
                Due = due.Due, Provisional = due.Provisional, WarnAt = EndOf(Day(rule.LimitWorkingDays - rule.WarnBeforeWorkingDays).Due), OverdueAt = EndOf(due.Due), Source = rule.Source,
            };
        }

        // A day's end is the first moment of the next: what falls due then still belongs to the day that ended, or every second day would be lost.
        private (DateOnly Due, bool Provisional) Day(int workingDays) =>
            context.Policies.CalendarFor(Region ?? "").AddWorkingDays(DateOnly.FromDateTime(Now.AddTicks(-1).ToOffset(CityOffset).DateTime), workingDays);

        private static DateTimeOffset EndOf(DateOnly day) => new DateTimeOffset(day.AddDays(1).ToDateTime(TimeOnly.MinValue), CityOffset).ToUniversalTime();

        // --- what goes out ---------------------------------------------------------------------------------------------

        public void Send(string id, string command)
        {
            var (current, party) = (Current!, Current!.Parties[id]);
            var record = current.Registration.Record;
            var inquiry = command == CommandTypes.AccountInquire;
            var order = new AccountOrder
            {
                OrderId = current.OrderId,
                IdempotencyKey = string.Join('|', record.RegistryNo, record.UnitNo, party.AccountNo, record.Version),
                Step = command == CommandTypes.AccountTransfer || (inquiry && party.State is PartyState.Submitted or PartyState.Unknown && party.SentNo is not null) ? "TRANSFER"
                    : party.State == PartyState.Reversing ? "REVERSE" : "PRECHECK",
                RegistryNo = record.RegistryNo!,
                UnitNo = record.UnitNo!,
                RegionCode = record.RegionCode!,
                Utility = party.Utility,
                OperatorCode = id,
                AccountNo = party.AccountNo,
            };
            if (!inquiry)
            {
                order = order with
                {
                    CertNo = record.CertNo,
                    PropertyAddress = record.PropertyAddress,
                    TransferReason = record.TransferReason,
                    RegisteredAt = record.RegisteredAt,
                    OldHolders = record.OldHolders,
                    NewHolders = record.NewHolders,
                    AccountHolder = command == CommandTypes.AccountTransfer ? HolderOf(this) : null,
                    ConsentId = record.Consent?.ConsentId,
                    LegalBasisRef = record.LegalBasisRef,
                    ArrearsWaiver = party.Waiver,
                    ConfirmedBy = party.ConfirmedBy,
                };
            }

            Add(party.Connector, command, JsonSerializer.SerializeToUtf8Bytes(order, SchemasJson.Readable.AccountOrder), party.Due);
            Trace("sent", id, command);
        }

        public void FeedBack(string result)
        {
            var current = Current!;
            var record = current.Registration.Record;
            Put(current with { FedBack = result });
            if (Rule.Register is not { } register || !context.Connectors.Contains(register))
                return;
            var feedback = new TransferFeedback
            {
                RegistryNo = record.RegistryNo!, UnitNo = record.UnitNo!, Version = record.Version!.Value, Result = result,
                Parties = [.. current.Parties.Select(pair => new TransferFeedbackParty(pair.Value.Utility, pair.Key, Words.Of(pair.Value.State), pair.Value.Outcome))],
            };
            Add(register, CommandTypes.RegisterFeedback, JsonSerializer.SerializeToUtf8Bytes(feedback, SchemasJson.Readable.TransferFeedback), null);
        }

        /// <summary>Both holders are told, in plain words.</summary>
        public void Tell(string kind, string? id)
        {
            var record = Current!.Registration.Record;
            var to = (record.NewHolders ?? []).Select(holder => new NoticeRecipient("new_holder", holder.Name, holder.Mobile))
                .Concat((record.OldHolders ?? []).Select(holder => new NoticeRecipient("old_holder", holder.Name, holder.Mobile)));
            Notify(kind, [.. to], CoTransferNotices.Of(kind, Current, id));
        }

        /// <summary>Time has run: whoever is on duty is told.</summary>
        public void Escalate(string kind, string what)
        {
            Trace(kind, null, what);
            Notify(kind, [new("officer", null, null)], CoTransferNotices.Of(kind, Current!, null));
        }

        private void Notify(string kind, IReadOnlyList<NoticeRecipient> to, Bilingual text)
        {
            var connector = Rule.Notices is { } notices && context.Connectors.Contains(notices) ? notices : null;
            Put(Current! with { Told = [.. Current.Told.TakeLast(49), new(Now, kind, connector is not null)] });
            if (connector is null)
                return;
            var notice = new Notice { Kind = kind, Reference = Current.OrderId, To = to, TextZh = text.Zh, TextEn = text.En };
            Add(connector, CommandTypes.NoticeSend, JsonSerializer.SerializeToUtf8Bytes(notice, SchemasJson.Readable.Notice), null);
        }

        private void Add(string connector, string command, byte[] data, DateTimeOffset? due)
        {
            var registration = Current!.Registration;
            Orders.Add(new(connector, command, registration.EventId, registration.EventType, registration.OccurredAt, data, due));
        }
    }
}
