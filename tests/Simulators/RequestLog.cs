using System.Text;
using System.Text.Json;

namespace Hub.Simulators;

/// <summary>One request as it arrived, and the fault that struck it.</summary>
/// <param name="Command">The hub's command id; null for a question, or when it cannot be read.</param>
/// <param name="Fault">One of <see cref="Faults.Modes"/>.</param>
/// <param name="RetryAfter">The header it was answered with; null: none.</param>
public sealed record RequestEntry(DateTimeOffset Time, string Partner, Guid? Command, string Fault, string? RetryAfter);

/// <summary>Append-only file of <see cref="RequestEntry"/>, one JSON document a line: what a partner was burdened with, failures included.</summary>
public sealed class RequestLog : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream? file;

    private RequestLog(FileStream? file) => this.file = file;

    /// <param name="path">Null: nothing is kept.</param>
    public static RequestLog Open(string? path) =>
        new(path is null ? null : new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));

    /// <summary>The whole lines of a log, also while it is being written.</summary>
    public static IReadOnlyList<RequestEntry> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<RequestEntry>(line, SimulatorJson.Options)!)];
    }

    public void Append(DateTimeOffset time, string partner, Hit hit, Fault fault)
    {
        if (file is null)
        {
            return;
        }

        var entry = new RequestEntry(time, partner, CommandOf(hit), fault.Mode, fault.Mode is "http429" or "http503" or "limited" ? fault.RetryAfter : null);
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry, SimulatorJson.Options), (byte)'\n'];
        lock (gate)
        {
            file.Write(line);
        }
    }

    public void Dispose() => file?.Dispose();

    // Each dialect carries the id elsewhere; a question about a command is not an attempt of it.
    private static Guid? CommandOf(Hit hit)
    {
        if (hit.Method is "GET")
        {
            return null;
        }

        var text = hit.Header("webhook-id") ?? hit.Header("X-Request-Id");
        if (text is null && hit.Body.Length > 0)
        {
            try
            {
                using var envelope = JsonDocument.Parse(hit.Body);
                text = envelope.RootElement.TryGetProperty("serviceCode", out var service) && service.GetString() is not ("YKBZ_LX_QUERY" or "YKBZ_GH_SERIAL")
                    && envelope.RootElement.TryGetProperty("bizSerialNo", out var serial) ? serial.GetString() : null;
            }
            catch (JsonException)
            {
                // Not of a dialect that is known here.
            }
        }

        return Guid.TryParse(text, out var id) ? id : null;
    }
}
