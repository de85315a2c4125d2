using System.Buffers;
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
        var buffer = new ArrayBufferWriter<byte>(command.Data.Length + 1024);
        using (var writer = new Utf8JsonWriter(buffer, Readable))
            Write(writer, command);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Several in one array, each with the same bytes as alone.</summary>
    public static byte[] BatchOf(IReadOnlyList<Command> commands)
    {
        var buffer = new ArrayBufferWriter<byte>(commands.Sum(command => command.Data.Length + 1024));
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            writer.WriteStartArray();
            foreach (var command in commands)
                Write(writer, command);
            writer.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The message's id: of a push the header <c>webhook-id</c>, of a feed's item its <c>id</c>.</summary>
    public static string IdOf(Command command) => command.Id.ToString("D");

    private static void Write(Utf8JsonWriter writer, Command command)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion"u8, "1.0"u8);
        writer.WriteString("id"u8, command.Id);
        writer.WriteString("source"u8, "urn:hub"u8);
        writer.WriteString("type"u8, command.CauseType);
        writer.WriteString("subject"u8, command.Subject);
        writer.WriteString("partitionkey"u8, command.Subject);
        writer.WriteString("time"u8, Instant(command.OccurredAt));
        writer.WriteString("recordedtime"u8, Instant(command.RecordedAt));
        writer.WriteString("sequence"u8, command.LaneSeq.ToString("D10", CultureInfo.InvariantCulture));
        writer.WriteString("causationid"u8, command.CauseId);
        writer.WriteString("hubcommand"u8, command.Type);
        writer.WriteString("datacontenttype"u8, "application/json"u8);
        writer.WritePropertyName("data"u8);
        // The engine's own bytes, valid by construction. Null: it was settled long ago, and retention took the body; only a feed that is read again shows such a one.
        if (command.Data.IsEmpty)
            writer.WriteNullValue();
        else
            writer.WriteRawValue(command.Data.Span, skipInputValidation: true);
        writer.WriteEndObject();
    }

    internal static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
