using Hub.Policies;

namespace Hub.Processes;

/// <summary>What people are told about a co-transfer: plain words, no codes, no personal data beside what they gave themselves.</summary>
internal static class CoTransferNotices
{
    /// <param name="kind">arrears, open_case, question, holder, waived, withdrawn, the step it ended in, or warned, overdue, task_overdue for whoever is on duty.</param>
    /// <param name="transfer">The transfer it is about.</param>
    /// <param name="operatorId">The utility it is about; null: all of them.</param>
    public static Bilingual Of(string kind, CoTransferProcess.Transfer transfer, string? operatorId)
    {
        var party = operatorId is null ? null : transfer.Parties[operatorId];
        var (zh, en) = party is null ? ("水电气热", "utilities") : Utility(party.Utility);
        var place = transfer.Registration.Record.PropertyAddress;
        var sum = party?.ArrearsYuan is { } yuan ? yuan.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) : null;
        var done = Listed(transfer, CoTransferProcess.PartyState.Done);
        var open = Listed(transfer, CoTransferProcess.PartyState.Rejected);
        return kind switch
        {
            "arrears" => new(
                $"{place}的{zh}账户尚有欠费{(sum is null ? "" : $" {sum} 元")}，结清后自动继续过户。欠费不会转给新户主。",
                $"The {en} account of {place} has arrears{(sum is null ? "" : $" of {sum} yuan")}. The transfer goes on by itself once they are paid. They are not passed on to the new holder."),
            "open_case" => new($"{place}的{zh}账户有未办结的业务，办结后自动继续过户。", $"The {en} account of {place} has an open case. The transfer goes on by itself once it is closed."),
            "question" => new($"{place}的{zh}账户信息需要核对，工作人员将与您联系。", $"Something about the {en} account of {place} has to be checked; you will be contacted."),
            "holder" => new($"{place}有多位权利人，请告知由谁作为新户主。", $"{place} has several holders; please say who becomes the account holder."),
            "waived" => new($"{place}的{zh}账户欠费仍由原户主承担，过户继续办理。", $"The arrears of the {en} account of {place} stay with the former holder; the transfer goes on."),
            "withdrawn" => new($"{place}的不动产登记已撤回，已办的过户将予以恢复。", $"The registration of {place} was withdrawn; what was transferred is being undone."),
            "done" => new($"{place}的{done.Zh}账户已全部过户完成。", $"All accounts of {place} have changed hands: {done.En}."),
            "partly_done" => new($"{place}的{done.Zh}账户已过户；{open.Zh}未能联合办理，请到相应企业办理。", $"Accounts of {place} that have changed hands: {done.En}. Not done, please turn to the company: {open.En}."),
            "not_done" => new($"{place}的账户未能联合过户，请到相应企业办理。", $"The accounts of {place} could not be transferred together; please turn to the companies."),
            "no_consent" => new($"{place}未申请联合过户，如需办理可随时提出。", $"No joint transfer was asked for {place}; it can be asked for at any time."),
            "reversed" => new($"{place}的过户已按登记撤回恢复。", $"The transfers of {place} were undone after the registration was withdrawn."),
            "warned" => new($"过户单 {transfer.OrderId} 即将到期。", $"Order {transfer.OrderId} is nearly due."),
            "overdue" => new($"过户单 {transfer.OrderId} 已超时。", $"Order {transfer.OrderId} is overdue."),
            _ => new($"过户单 {transfer.OrderId} 有超时未处理的人工任务。", $"Order {transfer.OrderId} has an overdue task for a person."),
        };
    }

    private static Bilingual Listed(CoTransferProcess.Transfer transfer, CoTransferProcess.PartyState state)
    {
        var names = transfer.Parties.Values.Where(party => party.State == state).Select(party => Utility(party.Utility)).ToList();
        return new(string.Join('、', names.Select(name => name.Zh)), string.Join(", ", names.Select(name => name.En)));
    }

    private static (string Zh, string En) Utility(string utility) => utility switch
    {
        Utilities.Power => ("用电", "power"),
        Utilities.Water => ("用水", "water"),
        Utilities.Gas => ("用气", "gas"),
        _ => ("供热", "heat"),
    };
}
