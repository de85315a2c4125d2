using Hub.Schemas;

namespace Hub.Policies;

/// <summary>Reads what a pack says of outages.</summary>
internal static class OutageReader
{
    private static readonly string[] Repairs = [OutageWords.ScheduledRepair, OutageWords.TemporaryRepair];
    private static readonly string[] Audiences = ["public", "important"];
    private static readonly string[] Units = ["days", "hours"];

    /// <returns>Null when the pack says nothing of them.</returns>
    public static OutageRule? Outage(PackNode pack)
    {
        if (pack.OptionalMapping("outage") is not { } node)
        {
            return null;
        }

        var (source, _, note) = PackReader.Source(node);
        var rule = new OutageRule
        {
            Channels = [.. node.Mappings("channels").Select(Channel)],
            Lead = [.. node.Mappings("lead").Select(Lead)],
            FallBackMinutes = node.Number("fall_back_minutes", 1, 1440),
            SilenceHours = node.Number("silence_hours", 1, 240),
            Source = source,
            Note = note,
        };
        foreach (var twin in rule.Channels.GroupBy(channel => channel.Channel).Where(group => group.Count() > 1))
        {
            node.Report("channels", $"渠道“{twin.Key}”重复。", $"Channel \"{twin.Key}\" stands twice.");
        }

        foreach (var twin in rule.Lead.GroupBy(lead => (lead.Repair, lead.To)).Where(group => group.Count() > 1))
        {
            node.Report("lead", $"“{twin.Key.Repair}”的提前时间重复。", $"The lead of \"{twin.Key.Repair}\" stands twice.");
        }

        node.Close();
        return rule;
    }

    private static OutageChannel Channel(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var channel = new OutageChannel { Channel = node.Word("channel", OutageWords.Channels), Connector = PackReader.Id(node, "connector"), Source = source, Clause = clause, Note = note };
        node.Close();
        return channel;
    }

    private static LeadTimeRule Lead(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var lead = new LeadTimeRule
        {
            Repair = node.Word("repair", Repairs),
            To = node.Word("to", Audiences),
            Limit = node.Number("limit", 1, 1000),
            Unit = node.Word("unit", Units),
            Source = source,
            Clause = clause,
            Note = note,
        };
        node.Close();
        return lead;
    }
}
