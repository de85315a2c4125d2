using System.Text.Json.Serialization;
using Hub.Connectors;
using Hub.Engine;
using Hub.Schemas;

namespace Hub.Dispatch;

/// <summary>What a hub released for one connector: as a rule what one commit released. One message for many commands.</summary>
/// <param name="Hub">The process that released them.</param>
internal sealed record CommandEnvelope(Guid Hub, IReadOnlyList<LeasedCommand> Commands);

/// <summary>Answers to commands of one hub; any hub can settle them, because each carries all that settling needs.</summary>
/// <param name="Hub">The process that released the commands and counts them as under way.</param>
internal sealed record AnswerEnvelope(Guid Hub, string Connector, IReadOnlyList<BusAnswer> Answers);

/// <summary>One answer with the command it belongs to; the command's content stays behind, its digest comes back.</summary>
internal sealed record BusAnswer(LeasedCommand Leased, Answer Answer);

/// <summary>Tells the hub that released them that another hub has their answers.</summary>
internal sealed record Freed(Guid Hub, string Connector, IReadOnlyList<Release> Releases);

/// <summary>Names one release of one command.</summary>
internal sealed record Release(Guid Command, long Fence)
{
    public static Release Of(LeasedCommand leased) => new(leased.Command.Id, leased.Fence);
}

/// <summary>A connectors node is there, and how its connectors are. Without one nothing is released.</summary>
/// <param name="Node">The process.</param>
/// <param name="Lanes">Empty when it leaves.</param>
internal sealed record Presence(Guid Node, IReadOnlyList<LanePresence> Lanes);

/// <summary>One connector at one node.</summary>
/// <param name="Connector">Its name.</param>
/// <param name="Breaker">Whether calls go out.</param>
/// <param name="WaitMs">The least wait before the next command is welcome, milliseconds; null when it may come at once. A span, because clocks differ.</param>
internal sealed record LanePresence(string Connector, BreakerState Breaker, double? WaitMs);

/// <summary>The bodies of the bus, source-generated; what the bus library adds around them is its own.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CommandEnvelope))]
[JsonSerializable(typeof(AnswerEnvelope))]
[JsonSerializable(typeof(Freed))]
[JsonSerializable(typeof(Presence))]
internal sealed partial class BusJson : JsonSerializerContext;
