using System.Text.Json;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

// What the decisions are made with.
internal sealed partial class OutageNoticeProcess
{
    /// <summary>One input's work: the state as it grows, and what it sends.</summary>
    private sealed class Turn(Case state, Context context)
    {
        private Policy? policy;

        public Case State { get; set; } = state;
        public List<Order> Orders { get; } = [];
        public List<Warning> Warnings { get; } = [];
        public string? Refusal { get; set; }
        public string? Pin { get; set; }
        public DateTimeOffset Now => context.Now;

        /// <summary>The version the case began under, as long as it is at hand and covers the place.</summary>
        public Policy? Policy => policy ??= State.InForce?.RegionCode is not { } region ? null
            : context.Pinned is { } pin && context.Policies.Pinned(pin) is { Outage: not null } pinned && pinned.Covers(region) ? pinned : context.Policies.For(region);

        public OutageRule? Rule => Policy?.Outage;

        public Round? Find(int no) => State.Rounds.FirstOrDefault(round => round.No == no);

        public void Put(Round round, string channel, Tally tally) => Put(round with { Channels = new Dictionary<string, Tally>(round.Channels, StringComparer.Ordinal) { [channel] = tally } });

        private void Put(Round round) => State = State with { Rounds = [.. State.Rounds.Select(known => known.No == round.No ? round : known)] };

        public Round Begin(string kind, bool own)
        {
            var round = new Round { No = State.RoundsEver + 1, Kind = kind, Revision = State.InForce!.Revision!.Value, At = Now, OwnReceivers = own };
            State = State with { Rounds = [.. State.Rounds.TakeLast(RoundsMax - 1), round], RoundsEver = round.No };
            return round;
        }

        /// <summary>One round on one channel, as the gateway repeats it in its reports.</summary>
        public string ReferenceOf(Round round, string channel) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{State.Operator}/{State.InForce!.NoticeId}/{round.No}-{channel}");

        /// <summary>Who may have been told so far: by channel, its connector and the references of rounds that had receivers of their own.</summary>
        public List<(string Channel, string Connector, IReadOnlyList<string> References)> Told() =>
        [
            .. from round in State.Rounds
               where round.OwnReceivers
               from pair in round.Channels
               where pair.Value.Ordered > pair.Value.Lost
               group ReferenceOf(round, pair.Key) by (Channel: pair.Key, pair.Value.Connector) into told
               select (told.Key.Channel, told.Key.Connector, (IReadOnlyList<string>)[.. told]),
        ];

        /// <summary>The next channel of the place that the notice allows and that is set up; null: there is none.</summary>
        /// <param name="after">The channel that failed; null: the first.</param>
        public OutageChannel? Next(string? after)
        {
            var allowed = State.InForce?.Channels is { Count: > 0 } channels ? channels : null;
            var usable = (Rule?.Channels ?? []).Where(channel => allowed?.Contains(channel.Channel) != false).ToList();
            var from = after is null ? 0 : usable.FindIndex(channel => channel.Channel == after) + 1;
            return usable.Skip(from).FirstOrDefault(channel => context.Connectors.Contains(channel.Connector));
        }

        public void Send(Round round, OutageChannel? channel, IReadOnlyList<string>? accounts, string? queryRef)
        {
            if (channel is null)
                State = State with { Waiting = [.. State.Waiting, new Waiting { Round = round.No, Since = Now, Accounts = accounts, QueryRef = queryRef }] };
            else
                Order(round, channel.Channel, channel.Connector, accounts, queryRef, null);
        }

        public void Order(Round round, string channel, string connector, IReadOnlyList<string>? accounts, string? queryRef, IReadOnlyList<string>? toldBy)
        {
            var (notice, cause) = (State.InForce!, State.Cause!);
            var text = OutageTexts.Of(round.Kind, notice);
            var content = new Notice
            {
                Kind = $"outage_{round.Kind}", Reference = ReferenceOf(round, channel), Channel = channel, To = [.. (accounts ?? []).Select(account => new NoticeRecipient("customer", AccountNo: account))],
                AccountsQueryRef = queryRef, ToldBy = toldBy, TextZh = text.Zh, TextEn = text.En, Parameters = OutageTexts.Parameters(notice),
            };
            Orders.Add(new(connector, CommandTypes.NoticeSend, cause.EventId, cause.EventType, cause.OccurredAt, JsonSerializer.SerializeToUtf8Bytes(content, SchemasJson.Readable.Notice), null));
            var current = Find(round.No)!;
            var tally = current.Channels.GetValueOrDefault(channel) ?? new Tally { Connector = connector };
            Put(current, channel, tally with { Ordered = tally.Ordered + 1, Accounts = tally.Accounts + (accounts?.Count ?? 0) });
            State = State with
            {
                Waiting = [.. State.Waiting, new Waiting { Round = round.No, Channel = channel, Connector = connector, Since = Now, Accounts = accounts, QueryRef = queryRef, ToldBy = toldBy }],
            };
        }

        /// <summary>Its gateway does not have it: the next channel gets the same receivers. Whom another gateway reached no one else knows, so such a notice has to wait.</summary>
        public void PassOver(Waiting waiting)
        {
            if (waiting.PassedOver || waiting.ToldBy is not null || Find(waiting.Round) is not { } round || !Stands(round))
                return;
            if (Next(waiting.Channel) is { } next)
                Send(round, next, waiting.Accounts, waiting.QueryRef);
            else
                GiveUp(round, waiting.Channel!, waiting.Accounts ?? []);
        }

        /// <summary>These were not reached on the channel.</summary>
        public void Fail(int no, string channel, IReadOnlyList<string> accounts, bool tellOthers)
        {
            var round = Find(no)!;
            var tally = round.Channels[channel];
            Put(round, channel, tally with { Failed = tally.Failed + accounts.Count });
            round = Find(no)!;
            if (!tellOthers || !Stands(round))
                return;
            if (Next(channel) is { } next)
                Send(round, next, accounts, null);
            else
                GiveUp(round, channel, accounts);
        }

        /// <summary>Power is off, or back, whatever was said before: only what is still true is told over another channel.</summary>
        private bool Stands(Round round) => !State.Rounds.Any(later => later.No > round.No && (later.OwnReceivers || State.Ended));

        private void GiveUp(Round round, string channel, IReadOnlyList<string> accounts) => State = State with
        {
            Unreached = [.. State.Unreached.Concat(accounts.Select(account => new Unreached(AccountNumber.Masked(account), round.No, channel))).TakeLast(UnreachedMax)],
            UnreachedEver = State.UnreachedEver + accounts.Count,
        };

        // --- time ------------------------------------------------------------------------------------------------------

        public DateTimeOffset? PassOverAt(Waiting waiting) =>
            Rule is { } rule && waiting is { Channel: not null, PassedOver: false, ToldBy: null } ? waiting.Since.AddMinutes(rule.FallBackMinutes) : null;

        public DateTimeOffset? SilentAt(Tally tally) => Rule is { } rule && tally is { AwaitsResults: true, Silent: false, HeardAt: { } heard } ? heard.AddHours(rule.SilenceHours) : null;

        public DateTimeOffset? OverdueAt() => State is { Overdue: true } or { Step: Step.None } || State.Ended ? null
            : InstantText.Parse(State.InForce!.EndAt)?.ToUniversalTime() ?? State.HeardAt.AddHours(Rule?.SilenceHours ?? 24);

        public DateTimeOffset? Deadline()
        {
            var passing = State.Waiting.Select(PassOverAt);
            return State.Ended ? passing.Min() : passing.Concat(State.Rounds.SelectMany(round => round.Channels.Values).Select(SilentAt)).Append(OverdueAt()).Min();
        }
    }
}
