using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Verifier;
using Xunit;

namespace Hub.Tests.Verifier;

public sealed class ExportVerifierTests
{
    private static readonly string[] Fields = ["seq", "at", "kind", "partner", "ref", "alg", "digest", "prev", "hash", "content"];

    [Fact]
    public void A_true_export_is_whole()
    {
        var export = Export.WithEntries(4);

        var report = export.Verify();

        Assert.Empty(report.Findings);
        Assert.Equal((4, export.Head), (report.Entries, report.Head));
    }

    // Computed by hand with another tool (printf and sha256sum), so that test and verifier cannot share a misreading of the format.
    [Fact]
    public void The_first_entry_hashes_as_the_format_says()
    {
        var entry = Export.WithEntries(1).Lines[1];

        Assert.Equal("d4e849d6133158cba2819db98120698706bd0b5bd819975528c411e343f7dc63", (string?)entry["hash"]);
    }

    [Fact]
    public void A_log_without_entries_is_whole() => Assert.True(Export.WithEntries(0).Verify().Ok);

    [Theory]
    [MemberData(nameof(EveryCharacter))]
    public void Any_changed_character_of_any_field_is_found_in_its_entry(string field, int position)
    {
        var export = Export.WithEntries(3);
        var entry = export.Lines[2];

        entry[field] = Changed(entry[field]!, position);

        Assert.Contains(export.Verify().Findings, finding => finding.Line == 3);
    }

    [Fact]
    public void One_changed_field_is_one_finding()
    {
        var export = Export.WithEntries(5);

        export.Lines[3]["partner"] = "someone-else";

        Assert.Equal(3, Assert.Single(export.Verify().Findings).Seq);
    }

    [Fact]
    public void A_removed_entry_is_found_even_when_the_header_agrees()
    {
        var export = Export.WithEntries(4);

        export.Lines.RemoveAt(2);
        export.Lines[0]["count"] = 3;

        Assert.Contains(export.Verify().Findings, finding => finding.Seq == 3 && finding.Sentence.StartsWith("2 should stand here", StringComparison.Ordinal));
    }

    [Fact]
    public void A_removed_entry_is_found_when_the_rest_is_numbered_anew()
    {
        var export = Export.WithEntries(4);

        export.Lines.RemoveAt(2);
        export.Lines[2]["seq"] = 2;
        export.Lines[3]["seq"] = 3;

        Assert.Contains(export.Verify().Findings, finding => finding.Seq == 2 && finding.Sentence.StartsWith("prev is not", StringComparison.Ordinal));
    }

    [Fact]
    public void An_inserted_entry_is_found()
    {
        var export = Export.WithEntries(3);

        export.Lines.Insert(2, export.Lines[2].DeepClone().AsObject());

        Assert.Contains(export.Verify().Findings, finding => finding.Line == 4);
    }

    [Fact]
    public void Swapped_entries_are_found()
    {
        var export = Export.WithEntries(4);

        (export.Lines[2], export.Lines[3]) = (export.Lines[3], export.Lines[2]);

        Assert.Contains(export.Verify().Findings, finding => finding.Line == 3);
        Assert.Contains(export.Verify().Findings, finding => finding.Line == 4);
    }

    [Fact]
    public void A_cut_tail_is_found_by_the_header()
    {
        var export = Export.WithEntries(4);

        export.Lines.RemoveAt(4);

        Assert.Equal(2, export.Verify().FindingsInAll);
    }

    [Fact]
    public void A_cut_tail_with_a_matching_header_is_found_by_the_expected_head()
    {
        var noted = Export.WithEntries(4).Head;
        var cut = Export.WithEntries(3);

        Assert.True(cut.Verify().Ok);
        Assert.Contains("the log was cut", Assert.Single(cut.Verify(noted).Findings).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rewritten_log_is_found_by_the_expected_head()
    {
        var noted = Export.WithEntries(4).Head;
        var rewritten = Export.WithEntries(4, partner: "someone-else");

        Assert.True(rewritten.Verify().Ok);
        Assert.Equal(4, Assert.Single(rewritten.Verify(noted).Findings).Seq);
    }

    [Fact]
    public void A_log_that_has_grown_still_holds_an_earlier_head() => Assert.True(Export.WithEntries(6).Verify(Export.WithEntries(4).Head).Ok);

    [Fact]
    public void A_removed_content_is_counted_and_the_chain_holds()
    {
        var export = Export.WithEntries(3);

        export.Lines[2]["content"] = null;

        var report = export.Verify();
        Assert.Equal((true, 1L), (report.Ok, report.ContentsRemoved));
    }

    // kind LF partner: without a check on the fields, "event.accepted\nbureau" + "x" would hash like "event.accepted" + "bureau\nx".
    [Fact]
    public void A_field_cannot_borrow_from_its_neighbour()
    {
        var export = Export.WithEntries(1, partner: "bureau\nx");
        export.Lines[1]["kind"] = "event.accepted\nbureau";
        export.Lines[1]["partner"] = "x";

        Assert.Contains(export.Verify().Findings, finding => finding.Sentence.StartsWith("kind", StringComparison.Ordinal));
    }

    // Well hashed all the way: only whoever can write the log can do this, and the order of time gives it away.
    [Fact]
    public void A_back_dated_entry_is_found() =>
        Assert.Equal(3, Assert.Single(Export.WithEntries(3, secondOf: seq => seq is 3 ? 1 : seq).Verify().Findings).Seq);

    // "Zg==" and "Zh==" decode to the same byte; only the first is written by an encoder.
    [Fact]
    public void A_respelt_content_is_found()
    {
        var export = Export.WithEntries(10);
        var content = (string)export.Lines[10]["content"]!;
        Assert.EndsWith("Q==", content, StringComparison.Ordinal);

        export.Lines[10]["content"] = content[..^3] + "R==";

        Assert.Equal(Convert.FromBase64String(content), Convert.FromBase64String((string)export.Lines[10]["content"]!));
        Assert.Equal(10, Assert.Single(export.Verify().Findings).Seq);
    }

    [Fact]
    public void A_member_the_chain_does_not_cover_is_found()
    {
        var export = Export.WithEntries(2);

        export.Lines[1]["note"] = "added later";

        Assert.Equal(2, export.Verify().Findings[0].Line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("null\n")]
    [InlineData("<html>\n")]
    [InlineData("""{"format":"hub-exchange-log/2","algorithm":"sha-256","count":0,"headSeq":0,"headHash":"0000000000000000000000000000000000000000000000000000000000000000","exportedAt":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"format":"hub-exchange-log/1","algorithm":"sm3","count":0,"headSeq":0,"headHash":"0000000000000000000000000000000000000000000000000000000000000000","exportedAt":"2026-01-01T00:00:00Z"}""")]
    public void What_is_not_an_export_is_not_ok(string text) => Assert.False(ExportVerifier.Verify(new MemoryStream(Encoding.UTF8.GetBytes(text))).Ok);

    public static TheoryData<string, int> EveryCharacter()
    {
        var entry = Export.WithEntries(2).Lines[2];
        var characters = new TheoryData<string, int>();
        foreach (var field in Fields)
        {
            for (var position = 0; position < entry[field]!.ToString().Length; position += field is "content" or "digest" ? 5 : 3)
            {
                characters.Add(field, position);
            }
        }

        return characters;
    }

    private static JsonNode Changed(JsonNode value, int position)
    {
        if (value.GetValueKind() is JsonValueKind.Number)
        {
            return value.GetValue<int>() + 1;
        }

        var text = value.GetValue<string>().ToCharArray();
        text[position] = text[position] is '1' ? '2' : '1';
        return new string(text);
    }

    /// <summary>A small export made the way the format says, open to tampering before it is verified.</summary>
    private sealed class Export
    {
        public List<JsonObject> Lines { get; } = [[]];

        public ChainHead Head { get; private set; } = ChainHead.Origin;

        public static Export WithEntries(int count, string partner = "urban-bureau", Func<int, int>? secondOf = null)
        {
            var export = new Export();
            for (var seq = 1; seq <= count; seq++)
            {
                export.Append(seq, partner, secondOf?.Invoke(seq) ?? seq);
            }

            export.Lines[0] = new()
            {
                ["format"] = "hub-exchange-log/1",
                ["algorithm"] = "sha-256",
                ["count"] = count,
                ["headSeq"] = export.Head.Seq,
                ["headHash"] = export.Head.Hash,
                ["exportedAt"] = "2026-03-02T01:00:00.000000Z",
            };
            return export;
        }

        public VerifyReport Verify(ChainHead? expectedHead = null)
        {
            var text = string.Concat(Lines.Select(line => line.ToJsonString() + "\n"));
            return ExportVerifier.Verify(new MemoryStream(Encoding.UTF8.GetBytes(text)), expectedHead);
        }

        private void Append(int seq, string partner, int second)
        {
            var content = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"projectName":"配电工程","version":{{seq}}}"""));
            var digest = Convert.ToHexStringLower(SHA256.HashData(content));
            string[] covered =
            [
                seq.ToString(CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"2026-03-02T00:00:{second:00}.000001Z"),
                "event.accepted",
                partner,
                string.Create(CultureInfo.InvariantCulture, $"0195a0b0-0000-7000-8000-{seq:000000000000}"),
                "sha-256",
                digest,
            ];
            var prev = Head.Hash;
            var hash = Convert.ToHexStringLower(SHA256.HashData([.. Convert.FromHexString(prev), .. Encoding.UTF8.GetBytes(string.Join('\n', covered))]));
            Head = new(seq, hash);
            Lines.Add(new()
            {
                ["seq"] = seq,
                ["at"] = covered[1],
                ["kind"] = covered[2],
                ["partner"] = partner,
                ["ref"] = covered[4],
                ["alg"] = covered[5],
                ["digest"] = digest,
                ["prev"] = prev,
                ["hash"] = hash,
                ["content"] = Convert.ToBase64String(content),
            });
        }
    }
}
