using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// What these systems have no call of their own for (an application put before them, a deadline warning, results of permits): handed over as a message, its content in Hub's words
/// as <c>/schemas</c> describes them. Taken, repeated and asked about like everything else.
/// </summary>
internal sealed record LocalMessage
{
    [JsonPropertyName("case_ref")] public required string CaseRef { get; init; }
    [JsonPropertyName("sequence")] public required long Sequence { get; init; }
    [JsonPropertyName("type")] public required string Type { get; init; }
    [JsonPropertyName("at")] public required DateTimeOffset At { get; init; }
    [JsonPropertyName("content")] public required JsonElement Content { get; init; }

    public static LocalMessage Of(Command command) => new()
    {
        CaseRef = command.Subject, Sequence = command.LaneSeq, Type = command.Type, At = command.OccurredAt, Content = Dialect.ContentOf(command),
    };
}

/// <summary>The same in the abbreviated names of the gateway.</summary>
internal sealed record SgccMessage
{
    [JsonPropertyName("xmbs")] public required string Subject { get; init; }
    [JsonPropertyName("xh")] public required long Sequence { get; init; }
    [JsonPropertyName("xxlx")] public required string Type { get; init; }
    [JsonPropertyName("fssj")] public required DateTimeOffset At { get; init; }
    [JsonPropertyName("xxnr")] public required JsonElement Content { get; init; }

    public static SgccMessage Of(Command command) => new()
    {
        Subject = command.Subject, Sequence = command.LaneSeq, Type = command.Type, At = command.OccurredAt, Content = Dialect.ContentOf(command),
    };
}
