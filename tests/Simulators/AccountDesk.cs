using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Hub.Simulators;

/// <summary>What a utility's counter finds about one property; what is not said is in order.</summary>
public sealed record Finding
{
    public required string UnitNo { get; init; }

    /// <summary>Outcome of the pre-check; ARREARS lasts until it is settled.</summary>
    public string Precheck { get; init; } = "CLEAR";

    /// <summary>Outcome of the transfer; <c>silent</c>: it says nothing until it is asked, <c>mute</c>: nothing at all.</summary>
    public string Transfer { get; init; } = "DONE";

    /// <summary>Outcome of undoing it.</summary>
    public string Reversal { get; init; } = "DONE";

    public decimal? ArrearsYuan { get; init; }

    /// <summary>Accounts it finds, with their addresses.</summary>
    public JsonArray? Accounts { get; init; }

    /// <summary>How its reports go wrong: none, twice, other_order, unknown_field, html. Wrong ones are followed by the right one.</summary>
    public string Report { get; init; } = "none";
}

/// <summary>The counter of a pretended utility: takes orders of co-transfers and reports to the hub what became of them.</summary>
public sealed class AccountDesk : IAsyncDisposable
{
    private readonly TimeProvider clock;
    private readonly TimeSpan delay;
    private readonly HubPublisher hub;
    private readonly CancellationTokenSource stopping = new();
    private readonly Channel<Action<List<(string Type, JsonObject Data)>>> work = Channel.CreateUnbounded<Action<List<(string, JsonObject)>>>();
    private readonly Task worker;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Finding> findings = [];
    private readonly Dictionary<string, SimulatedOrder> orders = [];

    public AccountDesk(SimulatorSettings settings, PartnerSettings partner, string key, TimeProvider clock)
        : this(settings.HubUrl ?? throw new InvalidOperationException("A desk needs the hub's address."), partner, key, TimeSpan.FromSeconds(settings.AcceptAfterSeconds), clock)
    {
    }

    public AccountDesk(Uri hub, PartnerSettings partner, string key, TimeSpan delay, TimeProvider clock)
    {
        this.clock = clock;
        this.delay = delay;
        this.hub = new HubPublisher(hub, partner.Name, key, clock);
        worker = WorkAsync();
    }

    public IReadOnlyList<SimulatedOrder> Orders
    {
        get
        {
            lock (gate)
            {
                return [.. orders.Values];
            }
        }
    }

    public void Find(Finding finding)
    {
        lock (gate)
        {
            findings[finding.UnitNo] = finding;
        }
    }

    /// <summary>The customer pays: the hub is told.</summary>
    /// <returns>False when nothing was owed.</returns>
    public bool Settle(string unitNo)
    {
        lock (gate)
        {
            if (!findings.TryGetValue(unitNo, out var finding) || finding.Precheck is not "ARREARS")
            {
                return false;
            }

            findings[unitNo] = finding with { Precheck = "CLEAR", ArrearsYuan = null };
        }

        foreach (var order in Orders.Where(order => order.UnitNo == unitNo && order.State is "checked"))
        {
            Later(said => said.Add(("hub.utility_account.arrears_settled.v1", Report(order, outcome: null))));
        }

        return true;
    }

    /// <summary>An order with its effect; called once for each command.</summary>
    /// <param name="command">The hub's command type.</param>
    /// <param name="step">PRECHECK, TRANSFER or REVERSE.</param>
    /// <param name="given">Number, property, region and account as the dialect carried them.</param>
    public void Take(string command, string step, SimulatedOrder given) => Later(said =>
    {
        lock (gate)
        {
            var finding = findings.GetValueOrDefault(given.UnitNo) ?? new Finding { UnitNo = given.UnitNo };
            var order = orders.GetValueOrDefault(given.OrderId) ?? given;
            order = order with { AccountNo = given.AccountNo ?? order.AccountNo };
            switch (command)
            {
                case "account.precheck.v1":
                    orders[order.OrderId] = order with { State = "checked" };
                    said.Add(Checked(order, finding));
                    break;
                case "account.transfer.v1":
                    orders[order.OrderId] = order with { State = finding.Transfer is "DONE" or "silent" or "mute" ? "transferred" : "checked" };
                    if (finding.Transfer is not ("silent" or "mute"))
                    {
                        said.Add(("hub.utility_account.transfer_reported.v1", Report(order, finding.Transfer)));
                    }

                    break;
                case "account.reverse.v1":
                    orders[order.OrderId] = order with { State = finding.Reversal is "DONE" ? "reversed" : order.State };
                    said.Add(("hub.utility_account.reversal_reported.v1", Report(order, finding.Reversal)));
                    break;
                case "account.inquire.v1" when finding.Transfer is not "mute":
                    said.Add(step switch
                    {
                        "TRANSFER" => ("hub.utility_account.transfer_reported.v1", Report(order, order.State is "transferred" ? "DONE" : "NOT_SEEN")),
                        "REVERSE" => ("hub.utility_account.reversal_reported.v1", Report(order, order.State is "reversed" ? "DONE" : "NOT_SEEN")),
                        _ => Checked(order, finding),
                    });
                    break;
            }
        }
    });

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await worker;
        stopping.Dispose();
        hub.Dispose();
    }

    private static (string Type, JsonObject Data) Checked(SimulatedOrder order, Finding finding)
    {
        var data = Report(order, finding.Precheck);
        if (finding.Precheck is "CLEAR" && order.AccountNo is null && finding.Accounts is null)
        {
            data["accountNo"] = $"88{Math.Abs(order.UnitNo.Aggregate(17, (seed, c) => (seed * 31) + c)) % 100_000_000:D8}";
        }

        if (finding.Accounts is { } accounts)
        {
            data["accounts"] = accounts.DeepClone();
        }

        if (finding.ArrearsYuan is { } yuan)
        {
            data["arrearsYuan"] = yuan;
        }

        return ("hub.utility_account.prechecked.v1", data);
    }

    private static JsonObject Report(SimulatedOrder order, string? outcome)
    {
        var data = new JsonObject { ["orderId"] = order.OrderId, ["unitNo"] = order.UnitNo, ["regionCode"] = order.RegionCode };
        if (outcome is not null)
        {
            data["outcome"] = outcome;
        }

        if (order.AccountNo is not null && outcome is not ("ACCOUNT_NOT_FOUND" or "MULTI_ACCOUNT"))
        {
            data["accountNo"] = order.AccountNo;
        }

        return data;
    }

    private void Later(Action<List<(string, JsonObject)>> act) => work.Writer.TryWrite(act);

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var act in work.Reader.ReadAllAsync(stopping.Token))
            {
                await Task.Delay(delay, clock, stopping.Token);
                var said = new List<(string Type, JsonObject Data)>();
                act(said);
                foreach (var (type, data) in said)
                {
                    data["at"] = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
                    await SayAsync(type, data);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The simulator stops.
        }
    }

    private async Task SayAsync(string type, JsonObject data)
    {
        string mode;
        lock (gate)
        {
            mode = findings.GetValueOrDefault((string)data["unitNo"]!)?.Report ?? "none";
        }

        var right = Envelope(type, data);
        switch (mode)
        {
            case "twice":
                await hub.PostAsync(right, stopping.Token);
                break;
            case "other_order":
                var other = data.DeepClone().AsObject();
                other["orderId"] = "OTHER-1";
                await hub.PostAsync(Envelope(type, other), stopping.Token);
                break;
            case "unknown_field":
                var drifted = data.DeepClone().AsObject();
                drifted["ghjg"] = "1";
                await hub.PostAsync(Envelope(type, drifted), stopping.Token);
                break;
            case "html":
                await hub.PostAsync(Encoding.UTF8.GetBytes("<html><body>系统维护</body></html>"), stopping.Token);
                break;
        }

        await hub.PublishAsync(right, stopping.Token);
    }

    private byte[] Envelope(string type, JsonObject data) => hub.Envelope(type, (string)data["unitNo"]!, data);
}

/// <param name="State">checked, transferred, reversed.</param>
public sealed record SimulatedOrder(string OrderId, string UnitNo, string RegionCode, string? AccountNo, string State = "checked");
