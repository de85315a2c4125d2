using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Hub.Verifier;

/// <summary>
/// Recomputes an exported exchange log from nothing but the file and, when given, a head noted earlier. Written from the description of
/// the format (docs/exchange-log.md) and sharing no code with Hub, so that a fault in Hub's own hashing cannot hide itself.
/// </summary>
public sealed class ExportVerifier
{
    /// <summary>Findings kept; the rest are only counted.</summary>
    public const int FindingsMax = 100;

    private const string Sha256Name = "sha-256";

    private readonly List<Finding> findings = [];
    private readonly ChainHead? expectedHead;
    private ExportHeader? header;
    private ChainHead last = ChainHead.Origin;
    private string lastAt = "";
    private bool expectedSeen;
    private long lines;
    private long entries;
    private long contentsRemoved;
    private long findingsInAll;

    private ExportVerifier(ChainHead? expectedHead) => this.expectedHead = expectedHead;

    /// <param name="export">The export, JSON Lines in UTF-8; read to its end and left open.</param>
    /// <param name="expectedHead">A head or receipt noted earlier: the log must still hold that entry with that hash. Without it a log
    /// rewritten from some entry on to its end, or cut together with its header, cannot be told from a true one.</param>
    public static VerifyReport Verify(Stream export, ChainHead? expectedHead = null)
    {
        var verifier = new ExportVerifier(expectedHead);
        using var reader = new StreamReader(export, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        verifier.ReadAll(reader);
        return verifier.Report();
    }

    private void ReadAll(StreamReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            lines++;
            if (lines == 1)
            {
                ReadHeader(line);
            }
            else
            {
                ReadEntry(line);
            }
        }

        CheckEnd();
    }

    private void ReadHeader(string line)
    {
        header = ExportLine.Read<ExportHeader>(line, out var fault);
        switch (header)
        {
            case null:
                Find(null, $"the header cannot be read: {fault}");
                break;
            case { Format: not ExportHeader.KnownFormat }:
                Find(null, $"the format is \"{header.Format}\", known is \"{ExportHeader.KnownFormat}\"");
                break;
            case { Algorithm: not Sha256Name }:
                Find(null, $"the chain is said to be hashed with \"{header.Algorithm}\", known is \"{Sha256Name}\"");
                break;
        }
    }

    private void ReadEntry(string line)
    {
        entries++;
        if (ExportLine.Read<ExportEntry>(line, out var fault) is not { } entry)
        {
            Find(null, $"the entry cannot be read: {fault}");
            return;
        }

        CheckPlace(entry);
        CheckSpelling(entry);
        CheckHash(entry);
        CheckContent(entry);
        CheckExpected(entry);

        // What the file states, not what was recomputed: one changed entry is then one finding, not one for every entry after it.
        last = new(entry.Seq, entry.Hash);
        lastAt = entry.At;
    }

    private void CheckPlace(ExportEntry entry)
    {
        if (entry.Seq != last.Seq + 1)
        {
            Find(entry.Seq, $"{last.Seq + 1} should stand here: entries were removed, inserted or swapped");
        }

        if (entry.Prev != last.Hash)
        {
            Find(entry.Seq, "prev is not the hash of the entry before it");
        }

        // The spelling has one length, so the order of the texts is the order of the times.
        if (string.CompareOrdinal(entry.At, lastAt) < 0)
        {
            Find(entry.Seq, "at is earlier than in the entry before it: entries are never back-dated");
        }
    }

    // The leaf joins the fields with line feeds, so a field holding one could borrow from its neighbour without changing the hash.
    private void CheckSpelling(ExportEntry entry)
    {
        Check(IsInstant(entry.At), "at is not a UTC time with six decimals");
        Check(IsOneLine(entry.Kind), "kind is empty or holds control characters");
        Check(IsOneLine(entry.Partner), "partner is empty or holds control characters");
        Check(Guid.TryParseExact(entry.Ref, "D", out var id) && id.ToString("D") == entry.Ref, "ref is not a lower-case UUID");
        Check(Hex.IsDigest(entry.Digest), "digest is not 64 lower-case hexadecimal digits");

        void Check(bool right, string sentence)
        {
            if (!right)
            {
                Find(entry.Seq, sentence);
            }
        }
    }

    private static bool IsInstant(string text) =>
        DateTime.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsOneLine(string text) => text.Length > 0 && !text.Any(char.IsControl);

    private void CheckHash(ExportEntry entry)
    {
        if (!Hex.IsDigest(entry.Prev) || HashOf(entry) != entry.Hash)
        {
            Find(entry.Seq, "the hash does not follow from prev and the entry's own fields: one of them was changed");
        }
    }

    private static string HashOf(ExportEntry entry)
    {
        var seq = entry.Seq.ToString(CultureInfo.InvariantCulture);
        var leaf = string.Join('\n', seq, entry.At, entry.Kind, entry.Partner, entry.Ref, entry.Alg, entry.Digest);
        byte[] covered = [.. Convert.FromHexString(entry.Prev), .. Encoding.UTF8.GetBytes(leaf)];
        return Convert.ToHexStringLower(SHA256.HashData(covered));
    }

    private void CheckContent(ExportEntry entry)
    {
        if (entry.Content is null)
        {
            contentsRemoved++;
        }
        else if (entry.Alg != Sha256Name)
        {
            Find(entry.Seq, $"the content's digest is made with \"{entry.Alg}\", which this verifier does not know");
        }
        else if (Decode(entry.Content) is not { } content)
        {
            Find(entry.Seq, "the content is not base64");
        }
        else if (Convert.ToHexStringLower(SHA256.HashData(content)) != entry.Digest)
        {
            Find(entry.Seq, "the content is not the one the digest was made of");
        }
    }

    // Encoded again and compared, because base64 has several spellings for the same bytes.
    private static byte[]? Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var count) && Convert.ToBase64String(bytes, 0, count) == base64
            ? bytes[..count]
            : null;
    }

    private void CheckExpected(ExportEntry entry)
    {
        if (entry.Seq != expectedHead?.Seq)
        {
            return;
        }

        expectedSeen = true;
        if (entry.Hash != expectedHead.Hash)
        {
            Find(entry.Seq, $"the hash is not the expected {expectedHead.Hash}: the log was rewritten up to here");
        }
    }

    private void CheckEnd()
    {
        if (lines == 0)
        {
            Find(null, "the file is empty");
        }

        if (header is not null && header.Count != entries)
        {
            Find(null, $"the header counts {header.Count} entries, the file holds {entries}");
        }

        if (header is not null && (header.HeadSeq, header.HeadHash) != (last.Seq, last.Hash))
        {
            Find(null, $"the header names the head {header.HeadSeq}:{header.HeadHash}, the file ends with {last}");
        }

        if (expectedHead is { Seq: > 0 } && !expectedSeen)
        {
            Find(null, $"the expected entry {expectedHead.Seq} is not there: the log was cut");
        }
    }

    private void Find(long? seq, string sentence)
    {
        findingsInAll++;
        if (findings.Count < FindingsMax)
        {
            findings.Add(new(lines, seq, sentence));
        }
    }

    private VerifyReport Report() => new()
    {
        Entries = entries,
        Head = last,
        ContentsRemoved = contentsRemoved,
        Findings = findings,
        FindingsInAll = findingsInAll,
    };
}
