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

    private static bool IsToBeSent(CoTransferProcess.Party party) =>
        party.State is CoTransferProcess.PartyState.Created or CoTransferProcess.PartyState.Prechecked or CoTransferProcess.PartyState.WaitingCustomer;
}
