using System.Text;
using System.Text.Json;

namespace Hub.Simulators;

/// <summary>One request that had an effect or was a repeat.</summary>
public sealed record JournalEntry(DateTimeOffset Time, string Partner, Guid Command, string Subject, long? Sequence, string Type, bool Effect)
{
    /// <summary>When the request came in; <see cref="Time"/> is when it was carried out.</summary>
    public DateTimeOffset? Began { get; init; }
}

/// <summary>Append-only file of <see cref="JournalEntry"/>, one JSON document a line, from which a fault test recounts.</summary>
// One unbuffered write per line: it survives the death of this process, which is the fault that is tested. It is not
// flushed to the disk itself, because nobody pulls the plug of a simulator and a flush per hit would slow what is measured.
public sealed class Journal : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream? file;

    private Journal(FileStream? file, IReadOnlyList<JournalEntry> earlier)
    {
        this.file = file;
        Earlier = earlier;
    }

    /// <summary>What the file held when it was opened.</summary>
    public IReadOnlyList<JournalEntry> Earlier { get; }

    /// <param name="path">Null: nothing is kept.</param>
    public static Journal Open(string? path)
    {
        if (path is null)
        {
            return new(null, []);
        }

        var earlier = File.Exists(path) ? Read(path) : [];
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

        // A line cut off by a kill was told to nobody; left in place it would spoil the next one.
        stream.SetLength(WholeLines(path));
        stream.Seek(0, SeekOrigin.End);
        return new(stream, earlier);
    }

    /// <summary>The whole lines of a journal, also while it is being written.</summary>
    public static IReadOnlyList<JournalEntry> Read(string path)
    {
        var bytes = Bytes(path);
        var text = Encoding.UTF8.GetString(bytes, 0, Array.LastIndexOf(bytes, (byte)'\n') + 1);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
            JsonSerializer.Deserialize<JournalEntry>(line, SimulatorJson.Options)
            ?? throw new InvalidOperationException($"The journal {path} holds a line without an entry."))];
    }

    public void Append(JournalEntry entry)
    {
        if (file is null)
        {
            return;
        }

        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry, SimulatorJson.Options), (byte)'\n'];
        lock (gate)
        {
            file.Write(line);
        }
    }

    public void Dispose() => file?.Dispose();

    private static int WholeLines(string path) => Array.LastIndexOf(Bytes(path), (byte)'\n') + 1;

    private static byte[] Bytes(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
