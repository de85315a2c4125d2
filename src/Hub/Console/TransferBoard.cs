using Hub.Processes;

namespace Hub.Console;

/// <summary>Where a transfer stands on the board (受理→结算→过户→回执→办结, and 补偿中 beside them).</summary>
internal static class TransferBoard
{
    public const string Accepted = "accepted";
    public const string Settling = "settling";
    public const string Transferring = "transferring";

    /// <summary>Every utility has its order, and not all have said what became of it.</summary>
    public const string Receipts = "receipts";
    public const string Ended = "ended";
    public const string Compensating = "compensating";

    /// <summary>In their order; the last is the way back.</summary>
    public static IReadOnlyList<string> Columns { get; } = [Accepted, Settling, Transferring, Receipts, Ended, Compensating];

    public static string ColumnOf(CoTransferProcess.Transfer transfer) => transfer.Step switch
    {
        CoTransferProcess.Step.Checking => Accepted,
        CoTransferProcess.Step.Settling or CoTransferProcess.Step.Asking => Settling,
        CoTransferProcess.Step.Reversing => Compensating,
        CoTransferProcess.Step.Transferring => transfer.Parties.Values.Any(IsToBeSent) ? Transferring : Receipts,
        _ => Ended,
    };

    /// <summary>It has left this column behind it; a transfer on its way back leaves none.</summary>
    public static bool IsPast(string column, CoTransferProcess.Transfer transfer) =>
        ColumnOf(transfer) is var now && now != Compensating && Columns.ToList().IndexOf(column) < Columns.ToList().IndexOf(now);

    /// <summary>The steps of the way there, in their order.</summary>
    public static IReadOnlyList<string> Steps { get; } = [Accepted, Settling, Transferring, Receipts, Ended];

    /// <summary>How many reached a step, how many of them stand there, and how many went no further.</summary>
    public static (int Reached, int Here, int Out) FunnelOf(string step, IReadOnlyCollection<CoTransferProcess.Transfer> transfers)
    {
        var reached = transfers.Where(one => Reached(one) >= Place(step)).ToList();
        var stopped = reached.Where(one => Reached(one) == Place(step) && step != Ended).ToList();
        var over = stopped.Count(one => one.Ended || one.Step == CoTransferProcess.Step.Reversing);
        return (reached.Count, stopped.Count - over, over);
    }

    // The furthest step: who turned back was where the orders had gone out.
    private static int Reached(CoTransferProcess.Transfer transfer) => Place(transfer.Step switch
    {
        CoTransferProcess.Step.Checking or CoTransferProcess.Step.NoConsent => Accepted,
        CoTransferProcess.Step.Settling or CoTransferProcess.Step.Asking => Settling,
        CoTransferProcess.Step.Done or CoTransferProcess.Step.PartlyDone => Ended,
        CoTransferProcess.Step.NotDone => transfer.Begun ? Receipts : Settling,
        CoTransferProcess.Step.Reversing or CoTransferProcess.Step.Reversed => transfer.Sent > 0 ? Receipts : transfer.Begun ? Transferring : Settling,
        _ => ColumnOf(transfer),
    });

    private static int Place(string step) => Steps.ToList().IndexOf(step);

    private static bool IsToBeSent(CoTransferProcess.Party party) =>
        party.State is CoTransferProcess.PartyState.Created or CoTransferProcess.PartyState.Prechecked or CoTransferProcess.PartyState.WaitingCustomer;
}
