using System.Text.Json;

namespace Hub.Simulators;

/// <summary>One request that had an effect or was a repeat.</summary>
public sealed record JournalEntry(DateTimeOffset Time, string Partner, Guid Command, string Subject, long? Sequence, string Type, bool Effect);

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
        return new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0), earlier);
    }

    public static IReadOnlyList<JournalEntry> Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var entries = new List<JournalEntry>();
        while (reader.ReadLine() is { } line)
        {
            entries.Add(JsonSerializer.Deserialize<JournalEntry>(line, SimulatorJson.Options)
                ?? throw new InvalidOperationException($"Line {entries.Count + 1} of the journal {path} is empty."));
        }

        return entries;
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
}
