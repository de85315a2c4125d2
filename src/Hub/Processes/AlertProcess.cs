using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>
/// Telling the hub's own people that it needs them: one case for each rule, one notice for each thing that happened. So it has the order, the retries and the
/// evidence of everything else that leaves.
/// </summary>
internal sealed class AlertProcess() : Process<AlertProcess.Case>(AlertJson.Readable.Case)
{
    /// <summary>Template of such a notice at a gateway.</summary>
    public const string Template = "hub_alert";

    public override string Type => "alert";

    /// <summary>State of one rule's case; nobody is named in it.</summary>
    internal sealed record Case
    {
        public int Raised { get; init; }
        public int Taken { get; init; }
        public int Refused { get; init; }
        public DateTimeOffset? LastAt { get; init; }
        public bool Unserved { get; init; }
    }

    /// <summary>Content of <c>hub.alert.raised.v1</c>.</summary>
    /// <param name="Gateway">Connector that tells them.</param>
    /// <param name="Notice">What is told to whom.</param>
    internal sealed record Raised(string Gateway, Notice Notice);

    public static byte[] Bytes(Raised raised) => JsonSerializer.SerializeToUtf8Bytes(raised, AlertJson.Readable.Raised);

    protected override Decision Decide(Case state, Input input, Context context) => input switch
    {
        Input.Received { Content: Raised raised } received => Raise(state, received.Event, raised, context),
        Input.Answered { Answer.Outcome: Outcome.Taken } => Finish(state with { Taken = state.Taken + 1 }),
        Input.Answered { Answer.Outcome: Outcome.Refused } => Finish(state with { Refused = state.Refused + 1 }),
        _ => Finish(state),
    };

    private Decision Raise(Case state, Event received, Raised raised, Context context)
    {
        var served = context.Connectors.Contains(raised.Gateway);
        var next = Finish(state with { Raised = state.Raised + 1, LastAt = context.Now, Unserved = !served });
        return !served ? next : next with
        {
            Orders = [new(raised.Gateway, CommandTypes.NoticeSend, received.Id, received.Type, received.OccurredAt ?? context.Now, JsonSerializer.SerializeToUtf8Bytes(raised.Notice, SchemasJson.Readable.Notice), null)],
        };
    }

    private Decision Finish(Case state) => To(state) with { Unserved = state.Unserved ? "no_channel" : null };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AlertProcess.Case))]
[JsonSerializable(typeof(AlertProcess.Raised))]
internal sealed partial class AlertJson : JsonSerializerContext
{
    private static AlertJson? readable;

    public static AlertJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
