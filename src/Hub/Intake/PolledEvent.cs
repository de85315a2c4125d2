using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hub.Intake;

/// <summary>The CloudEvent that a polled row, or a poll itself, becomes. The same facts always give the same bytes.</summary>
internal readonly record struct PolledEvent(ReadOnlyMemory<byte> Body, int DataStart, int DataLength)
{
    /// <param name="id">CloudEvents id.</param>
    /// <param name="source">CloudEvents source.</param>
    /// <param name="type">CloudEvents type.</param>
    /// <param name="time">RFC 3339; null: not said.</param>
    /// <param name="data">JSON.</param>
    public static PolledEvent Write(string id, string source, string type, string? time, ReadOnlySpan<byte> data)
    {
        using var stream = new MemoryStream(data.Length + 512);
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        writer.WriteString("specversion", "1.0");
        writer.WriteString("id", id);
        writer.WriteString("source", source);
        writer.WriteString("type", type);
        if (time is not null)
            writer.WriteString("time", time);
        writer.WriteString("datacontenttype", "application/json");
        writer.WritePropertyName("data");
        writer.Flush();
        var start = (int)stream.Position;
        writer.WriteRawValue(data);
        writer.Flush();
        var length = (int)stream.Position - start;
        writer.WriteEndObject();
        writer.Flush();
        return new(stream.ToArray(), start, length);
    }
}
