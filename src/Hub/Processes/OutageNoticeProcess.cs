using System.Text.Json;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>
/// Notice of an outage (停电通知, S1 三.10, S2 二(二)8, S0 任务三(三)): announced, repaired, restored or cancelled, in revisions; the customers concerned are told over the
/// channels of the place, the next channel getting whom the one before did not reach.
/// </summary>
/// <remarks>
/// One word for each customer: channels are tried in turn, never at once, because nobody keeps who was told over what. What is restored or cancelled is told to those
/// who were told before, by the references of the earlier notices: the gateways know whom they reached, Hub only counts.
/// </remarks>
internal sealed partial class OutageNoticeProcess() : Process<OutageNoticeProcess.Case>(OutageJson.Readable.Case)
{
    private const int RoundsMax = 200;
    private const int UnreachedMax = 100;

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    public override string Type => "outage";

    /// <summary>Name of the case: numbers are unique at the utility that gave them.</summary>
    public static string Key(string operatorId, string noticeId) => $"{operatorId}/{noticeId}";

    protected override Decision Decide(Case state, Input input, Context context)
    {
        var turn = new Turn(state, context);
        switch (input)
        {
            case Input.Received { Content: OutageNotice notice } received: Take(turn, received.Event, notice); break;
            case Input.Received { Content: OutageResults results } received: Count(turn, received.Event, results); break;
            case Input.Answered answered: Settle(turn, answered); break;
            case Input.TimeUp: Tick(turn); break;
            case Input.PolicyChanged: TryAgain(turn); break;
        }

        return Finish(turn);
    }

    // --- what the utility says -----------------------------------------------------------------------------------------

    private static void Take(Turn turn, Event received, OutageNotice notice)
    {
        var before = turn.State.InForce;
        if (before?.Revision >= notice.Revision)
        {
            turn.Warnings.Add(new("/revision", WarningCodes.Superseded, "收到的版次不高于现行版次：已存档，未采用", "Not later than the revision in force: stored, not applied"));
            return;
        }

        var announced = received.Type == EventTypes.OutageAnnounced;
        if (before is null && !announced)
            turn.Warnings.Add(new("", WarningCodes.NoEarlierRecord, "此前没有收到该停电通知", "No earlier record of this notice was received"));
        var inForce = announced ? notice : Over(notice, before);
        turn.State = turn.State with
        {
            Operator = received.Partner,
            InForce = inForce with { AffectedAccounts = null },
            Outage = announced ? notice.Type : turn.State.Outage,
            Step = received.Type switch
            {
                EventTypes.OutageAnnounced => Step.Announced,
                EventTypes.OutageProgress => Step.Repairing,
                EventTypes.OutageRestored => Step.Restored,
                _ => Step.Cancelled,
            },
            Cause = new(received.Id, received.Type, received.OccurredAt ?? turn.Now),
            HeardAt = turn.Now,
            Overdue = false,
        };
        turn.Pin = turn.Policy?.Pin;
        if (announced)
            CheckLead(turn, before);
        Tell(turn, announced ? before is null ? notice.Type == OutageWords.Planned ? "planned" : "fault" : "revised" : turn.State.Step switch
        {
            Step.Repairing => "progress",
            Step.Restored => "restored",
            _ => "cancelled",
        }, notice);
    }

    // What progress, restoration and cancellation leave out is as it was announced.
    private static OutageNotice Over(OutageNotice notice, OutageNotice? before) => before is null ? notice : notice with
    {
        FeederRef = notice.FeederRef ?? before.FeederRef,
        TransformerRef = notice.TransformerRef ?? before.TransformerRef,
        ImportantCustomers = notice.ImportantCustomers ?? before.ImportantCustomers,
        StartAt = notice.StartAt ?? before.StartAt,
        EndAt = notice.EndAt ?? before.EndAt,
        Reason = notice.Reason ?? before.Reason,
        OrderedBy = notice.OrderedBy ?? before.OrderedBy,
        Channels = notice.Channels ?? before.Channels,
        Supersedes = notice.Supersedes ?? before.Supersedes,
    };

    /// <summary>供电监管办法 第十三条, 电力供应与使用条例 第二十八条: how long ahead it was announced. Too short is marked and told back, never refused: the outage comes all the same.</summary>
    private static void CheckLead(Turn turn, OutageNotice? before)
    {
        var (notice, rule) = (turn.State.InForce!, turn.Rule);
        var rows = notice.Type == OutageWords.Planned && rule is not null
            ? rule.Lead.Where(row => row.Repair == notice.Reason && (row.To == "public" || notice.ImportantCustomers == true)).ToList() : [];
        if (before?.StartAt is not null && InstantText.Parse(before.StartAt) == InstantText.Parse(notice.StartAt) && turn.State.Lead.Count > 0 && before.Reason == notice.Reason
            && rows.Count == turn.State.Lead.Count)
        {
            // The time did not change: people knew it since the first announcement.
            return;
        }

        var (start, issued) = (InstantText.Parse(notice.StartAt)!.Value, InstantText.Parse(notice.IssuedAt)!.Value);
        var checks = rows.ConvertAll(row => new LeadTimeCheck
        {
            To = row.To, Unit = row.Unit, Limit = row.Limit, Issued = Ahead(row.Unit, issued, start), Received = Ahead(row.Unit, turn.Now, start), Clause = row.Clause ?? row.Source,
        });
        turn.State = turn.State with { Lead = checks, NoticeLeadOk = checks.Count == 0 ? null : checks.TrueForAll(check => check.Ok) };
        foreach (var check in checks.Where(check => !check.Ok || !check.Proven))
        {
            var (unitZh, unitEn) = check.Unit == "days" ? ("日", "days") : ("小时", "hours");
            turn.Warnings.Add(check.Ok
                ? new("/issuedAt", WarningCodes.LeadNotReceived, $"按发布时间提前 {check.Issued} {unitZh}，但本系统收到时只剩 {check.Received} {unitZh}（要求 {check.Limit}，{check.Clause}）",
                    $"Issued {check.Issued} {unitEn} ahead by its own word, received {check.Received} {unitEn} ahead ({check.Limit} are asked for, {check.Clause})")
                : new("/issuedAt", WarningCodes.LeadTooShort, $"只提前 {check.Issued} {unitZh}，要求 {check.Limit} {unitZh}（{check.Clause}）", $"Announced {check.Issued} {unitEn} ahead; {check.Limit} are asked for ({check.Clause})"));
        }
    }

    private static decimal Ahead(string unit, DateTimeOffset from, DateTimeOffset start) => unit == "days"
        ? Day(start).DayNumber - Day(from).DayNumber
        : Math.Floor((decimal)(start - from).TotalHours * 10) / 10;

    private static DateOnly Day(DateTimeOffset instant) => DateOnly.FromDateTime(instant.ToOffset(CityOffset).DateTime);

    // --- who is told, and over what ------------------------------------------------------------------------------------

    private static void Tell(Turn turn, string kind, OutageNotice notice)
    {
        var told = turn.Told();
        var named = notice.AffectedAccounts is { Count: > 0 } || notice.AccountsQueryRef is not null;
        var own = named && (kind is "planned" or "fault" or "revised" || (kind == "progress" && told.Count == 0));

        // What could not be sent before is out of date: its receivers are in this revision, or it is over.
        turn.State = turn.State with { Waiting = [.. turn.State.Waiting.Where(one => one.Connector is not null || !(own || turn.State.Ended))] };
        if (!own && told.Count == 0)
            return;
        var round = turn.Begin(kind, own);
        if (own)
            turn.Send(round, turn.Next(null), notice.AffectedAccounts, notice.AccountsQueryRef);
        else
        {
            foreach (var (channel, connector, references) in told)
                turn.Order(round, channel, connector, null, null, references);
        }
    }

    private static void Settle(Turn turn, Input.Answered answered)
    {
        // A lane keeps the order, so the first that waits at this connector is the one that was answered.
        if (turn.State.Waiting.FirstOrDefault(one => one.Connector == answered.Connector) is not { } waiting)
            return;
        turn.State = turn.State with { Waiting = [.. turn.State.Waiting.Where(one => one != waiting)] };
        if (turn.Find(waiting.Round) is not { } round)
            return;
        var channel = waiting.Channel!;
        var tally = round.Channels[channel];
        if (answered.Answer.Outcome != Outcome.Taken)
        {
            turn.Put(round, channel, tally with { Lost = tally.Lost + 1 });
            turn.PassOver(waiting);
            return;
        }

        turn.Put(round, channel, tally with { Taken = tally.Taken + 1, HeardAt = turn.Now });
        if (Rejected(answered.Answer, waiting) is { Count: > 0 } rejected)
            turn.Fail(round.No, channel, rejected, tellOthers: !waiting.PassedOver);
    }

    private static List<string> Rejected(Answer answer, Waiting waiting) =>
        answer.Content.IsEmpty || waiting.Accounts is not { } accounts || JsonSerializer.Deserialize(answer.Content.Span, SchemasJson.Default.NoticeTaken) is not { } taken
            ? []
            : [.. taken.Rejected.Where(place => place >= 0 && place < accounts.Count).Distinct().Select(place => accounts[place])];

    private static void Count(Turn turn, Event received, OutageResults results)
    {
        var round = turn.State.Rounds.FirstOrDefault(round => round.Channels.ContainsKey(results.Channel!) && turn.ReferenceOf(round, results.Channel!) == results.Reference);
        if (round is null)
        {
            turn.Refusal = "no_such_notification";
            return;
        }

        var tally = round.Channels[results.Channel!];
        if (tally.Connector != received.Partner)
        {
            turn.Refusal = "not_the_gateway";
            return;
        }

        if (tally.Batches.Contains(results.Batch!.Value))
        {
            turn.Warnings.Add(new("/batch", WarningCodes.CountedBefore, "该批结果此前已计入：已存档，未再计", "This batch was counted before: stored, not counted again"));
            return;
        }

        var failed = results.Results!.Where(result => result.State == OutageWords.Failed).Select(result => result.AccountNo!).ToList();
        turn.Put(round, results.Channel!, tally with
        {
            Batches = [.. tally.Batches, results.Batch.Value], Delivered = tally.Delivered + results.Results!.Count - failed.Count, HeardAt = turn.Now, Silent = false,
        });
        if (failed.Count > 0)
            turn.Fail(round.No, results.Channel!, failed, tellOthers: true);
    }

    // --- time ----------------------------------------------------------------------------------------------------------

    private static void Tick(Turn turn)
    {
        foreach (var late in turn.State.Waiting.Where(one => turn.PassOverAt(one) <= turn.Now).ToList())
        {
            turn.State = turn.State with { Waiting = [.. turn.State.Waiting.Select(one => one == late ? one with { PassedOver = true } : one)] };
            turn.PassOver(late);
        }

        if (turn.State.Ended)
            return;
        foreach (var round in turn.State.Rounds)
        {
            foreach (var (channel, tally) in round.Channels.Where(pair => turn.SilentAt(pair.Value) <= turn.Now).ToList())
                turn.Put(turn.Find(round.No)!, channel, tally with { Silent = true });
        }

        if (turn.OverdueAt() <= turn.Now)
            turn.State = turn.State with { Overdue = true };
    }

    /// <summary>Other packs or connectors: what nobody could be told goes out now.</summary>
    private static void TryAgain(Turn turn)
    {
        foreach (var held in turn.State.Waiting.Where(one => one.Channel is null).ToList())
        {
            if (turn.Find(held.Round) is not { } round || turn.Next(null) is not { } channel)
                continue;
            turn.State = turn.State with { Waiting = [.. turn.State.Waiting.Where(one => one != held)] };
            turn.Send(round, channel, held.Accounts, held.QueryRef);
        }
    }

    private Decision Finish(Turn turn)
    {
        var state = turn.State;
        return To(state) with
        {
            Private = state.Step != Step.None,
            Orders = turn.Orders,
            Warnings = turn.Warnings,
            Refusal = turn.Refusal,
            Pin = turn.Pin,
            Deadline = turn.Deadline(),
            Unserved = state.Ended || state.Step == Step.None ? null
                : state.Waiting.Any(one => one.Channel is null) ? turn.Rule is null ? "no_outage_rule" : "no_channel"
                : state.Overdue ? "restoration_overdue"
                : state.Rounds.Any(round => round.Channels.Values.Any(tally => tally.Silent)) ? "gateway_silent"
                : null,
            Closed = state.Step == Step.None || (state.Ended && state.Waiting.All(one => one.PassedOver)),
        };
    }
}
