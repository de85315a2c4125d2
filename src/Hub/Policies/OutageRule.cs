namespace Hub.Policies;

/// <summary>How people are told of outages (停电通知, S1 三.10, S2 二(二)8, S0 任务三(三)).</summary>
internal sealed record OutageRule
{
    /// <summary>In the order in which they are tried: the next one gets whom the one before did not reach.</summary>
    public required IReadOnlyList<OutageChannel> Channels { get; init; }

    /// <summary>How long before an outage it has to be announced.</summary>
    public required IReadOnlyList<LeadTimeRule> Lead { get; init; }

    /// <summary>A channel whose gateway has not taken a notice by then is passed over.</summary>
    public required int FallBackMinutes { get; init; }

    /// <summary>A gateway, or the utility about a fault without an expected end, that has said nothing for so long is shown to people.</summary>
    public required int SilenceHours { get; init; }

    /// <summary>One of <see cref="RuleSources"/>; the two limits are in no document.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>One channel and the connector of its gateway.</summary>
internal sealed record OutageChannel
{
    /// <summary>APP, WECHAT or SMS.</summary>
    public required string Channel { get; init; }

    /// <summary>Name of the connector instance.</summary>
    public required string Connector { get; init; }

    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>Lead time (提前时间): how long ahead a planned outage has to be announced. Natural time, never working days.</summary>
internal sealed record LeadTimeRule
{
    /// <summary>SCHEDULED_REPAIR or TEMPORARY_REPAIR, the notice's reason.</summary>
    public required string Repair { get; init; }

    /// <summary>public or important (重要用户).</summary>
    public required string To { get; init; }

    public required int Limit { get; init; }

    /// <summary>days: dates apart in the city, the day of issue not counted; hours: full hours.</summary>
    public required string Unit { get; init; }

    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}
