using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>A command as a structured CloudEvent: the same bytes on every attempt, whether it is pushed or fetched. What differs stands beside the body.</summary>
public static class CommandEvent
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] BodyOf(Command command)
    {
        using var stream = new MemoryStream(command.Data.Length + 1024);
        using (var writer = new Utf8JsonWriter(stream, Readable))
        {
            writer.WriteStartObject();
            writer.WriteString("specversion", "1.0");
            writer.WriteString("id", IdOf(command));
            writer.WriteString("source", "urn:hub");
            writer.WriteString("type", command.CauseType);
            writer.WriteString("subject", command.Subject);
            writer.WriteString("partitionkey", command.Subject);
            writer.WriteString("time", Instant(command.OccurredAt));
            writer.WriteString("recordedtime", Instant(command.RecordedAt));
            writer.WriteString("sequence", command.LaneSeq.ToString("D10", CultureInfo.InvariantCulture));
            writer.WriteString("causationid", command.CauseId.ToString("D"));
            writer.WriteString("hubcommand", command.Type);
            writer.WriteString("datacontenttype", "application/json");
            writer.WritePropertyName("data");
            writer.WriteRawValue(command.Data.Span);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>The message's id: of a push the header <c>webhook-id</c>, of a feed's item its <c>id</c>.</summary>
    public static string IdOf(Command command) => command.Id.ToString("D");

    internal static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
