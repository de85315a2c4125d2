using System.Text;
using System.Text.Json;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;

namespace Hub.Tests.Processes;

/// <summary>One notice's case, moved by hand: what the engine would keep between the inputs is kept here.</summary>
internal sealed class OutageCase
{
    public const string Power = "sgcc-lianyungang";
    public const string App = "app-lianyungang";
    public const string Sms = "notices-lianyungang";

    private static readonly OutageNoticeProcess Process = ProcessCatalog.OutageNotice;

    private readonly List<Guid> causes = [];
    private string? pinned;

    /// <summary>Monday 2026-01-05 09:00 in the city.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 1, 5, 1, 0, 0, TimeSpan.Zero);

    public PolicySet Policies { get; set; } = DemoPacks.Set;

    public HashSet<string> Connectors { get; } = [App, Sms];

    public Decision Last { get; private set; } = null!;

    public string Text { get; private set; } = Process.Empty;

    public OutageNoticeProcess.Case State => Process.Read(Text);

    public OutageNoticeProcess.Tally Tally(int round, string channel) => State.Rounds.Single(one => one.No == round).Channels[channel];

    /// <summary>Notices of the last decision, as "connector template channel accounts".</summary>
    public IReadOnlyList<string> Sent => [.. Last.Orders.Select(order => $"{order.Connector} {NoticeOf(order).Kind} {NoticeOf(order).Channel} {string.Join('+', NoticeOf(order).To.Select(to => to.AccountNo))}".Trim())];

    public Notice Notice => NoticeOf(Last.Orders.Single());

    public IReadOnlyList<string> Warned => [.. Last.Warnings.Select(warning => warning.Code)];

    public static OutageNotice Planned(int revision = 1, string start = "2026-01-12T08:00:00+08:00", string issued = "2026-01-05T09:00:00+08:00", params string[] accounts) => new()
    {
        NoticeId = "TD-1", Type = "PLANNED", Revision = revision, RegionCode = "320706", AreaText = "示例路1号至99号", StartAt = start, EndAt = "2026-01-12T12:00:00+08:00", Reason = "SCHEDULED_REPAIR", IssuedAt = issued,
        AffectedAccounts = accounts.Length > 0 ? accounts : ["0123456780", "0123456781"],
    };

    public static OutageNotice Fault(int revision = 1) => Planned(revision) with { Type = "FAULT", StartAt = "2026-01-05T08:50:00+08:00", EndAt = null, Reason = "EQUIPMENT" };

    public static OutageNotice Later(string type, int revision, string? detail = null) =>
        new() { NoticeId = "TD-1", Type = type, Revision = revision, RegionCode = "320706", AreaText = "示例路1号至99号", IssuedAt = "2026-01-05T10:00:00+08:00", Detail = detail };

    public Decision Announced(OutageNotice? notice = null) => Receive(EventTypes.OutageAnnounced, notice ?? Planned());

    public Decision Progress(int revision = 2) => Receive(EventTypes.OutageProgress, Later("REPAIR_PROGRESS", revision, "正在抢修"));

    public Decision Restored(int revision = 3) => Receive(EventTypes.OutageRestored, Later("RESTORED", revision));

    public Decision Cancelled(int revision = 2) => Receive(EventTypes.OutageCancelled, Later("CANCELLED", revision));

    public Decision Results(string channel, int batch, string partner, params string[] results) => ResultsOf($"{Power}/TD-1/1-{channel}", channel, batch, partner, results);

    /// <param name="results">Each an account, with a minus before one that was not reached.</param>
    public Decision ResultsOf(string reference, string channel, int batch, string partner, params string[] results) => Advance(new Input.Received(Event(EventTypes.OutageNotified, partner), new OutageResults
    {
        OperatorCode = Power, NoticeId = "TD-1", RegionCode = "320706", Reference = reference, Channel = channel, Batch = batch,
        Results = [.. results.Select(one => new OutageResult { AccountNo = one.TrimStart('-'), State = one[0] == '-' ? "FAILED" : "DELIVERED", At = "2026-01-05T09:01:00+08:00" })],
    }));

    public Decision Taken(string connector = App, params int[] rejected) => Answered(connector, Answer.Taken("B1") with
    {
        Content = rejected.Length == 0 ? default : JsonSerializer.SerializeToUtf8Bytes(new NoticeTaken(rejected), SchemasJson.Readable.NoticeTaken),
    });

    public Decision Refused(string connector = App) => Answered(connector, Answer.Refused(AnswerReasons.ContentRefused));

    public Decision TimeUp()
    {
        Now = Last.Deadline!.Value;
        return Advance(new Input.TimeUp());
    }

    public Decision PolicyChanged() => Advance(new Input.PolicyChanged());

    public Decision Receive(string type, OutageNotice notice) => Advance(new Input.Received(Event(type, Power), notice));

    private Decision Answered(string connector, Answer answer) => Advance(new Input.Answered(connector, CommandTypes.NoticeSend, causes[^1], answer));

    private Decision Advance(Input input)
    {
        Last = Process.Advance(Text, input, new Context(Now, Policies, pinned, Connectors));
        Text = Last.State;
        pinned ??= Last.Pin;
        causes.AddRange(Last.Orders.Select(order => order.CauseId));
        return Last;
    }

    private static Notice NoticeOf(Order order) => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.Notice)!;

    private Event Event(string type, string partner) => new()
    {
        Id = Guid.CreateVersion7(Now), Source = "urn:test", SourceId = Guid.NewGuid().ToString("N"), Type = type, Subject = $"{Power}/TD-1", Partner = partner, Region = "320706", OccurredAt = Now,
        Body = Encoding.UTF8.GetBytes("{}"), DataStart = 0, DataLength = 2,
    };
}
