using System.Text;
using System.Text.Json.Nodes;

namespace Hub.Journeys;

/// <summary>Bodies nobody would send on purpose: whatever comes, the answer is the sender's to understand, never a fault of ours.</summary>
public sealed class MutatedBodies(SharedHub shared) : IClassFixture<SharedHub>
{
    private const int Bodies = 2400;
    private const int AtOnce = 8;
    private const int Seed = 20261121;

    private const string OddCharacters = "{}[]\",:\\\u0000 é";

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1e400", "-0.0", "123456789012345678901234567890", "\"\"", "\" \"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udfff\\ud800\"", "\"\\u202e\\u200b\"", "\"0001-01-01T00:00:00+14:00\"",
        "\"9999-12-31T23:59:59.9999999-14:00\"", "\"99999999999999999999\"", "[]", "{}", "[[[[]]]]", "{\"a\":{\"a\":{}}}", "\"<script>\"", "\"'; DROP TABLE events; --\"", "\"𠮷野家\"", "\"\\r\\nX: y\"", "[null]",
    ];

    [Fact]
    public async Task No_body_brings_the_hub_to_a_fault_of_its_own()
    {
        var random = new Random(Seed);
        var bodies = Enumerable.Range(0, Bodies).Select(_ => Mutate(random)).ToList();
        var found = new System.Collections.Concurrent.ConcurrentBag<(int Status, string Text, byte[] Body)>();

        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (body, _) =>
        {
            var reply = await shared.Hub.PublishAsync(body, contentType: body.Length > 0 && body[0] == '[' ? "application/cloudevents-batch+json" : "application/cloudevents+json");
            found.Add((reply.Status, reply.Text, body));
        });

        TestContext.Current.SendDiagnosticMessage($"seed {Seed}: {string.Join(", ", found.GroupBy(one => one.Status).OrderBy(group => group.Key).Select(group => $"{group.Key} × {group.Count()}"))}");
        Assert.Equal(Bodies, found.Count);
        Assert.All(found, one => Assert.True(one.Status < 500 && !one.Text.Contains("\"status\":503", StringComparison.Ordinal), $"{one.Text} for {Encoding.UTF8.GetString(one.Body)}"));
        Assert.Equal(0, await shared.Hub.Database.ScalarAsync<long>("SELECT count(*) FROM quarantine"));
        Assert.Equal(202, (await shared.Hub.PublishAsync(Approvals.Created(Approvals.NewCode()))).Status);
    }

    private static byte[] Mutate(Random random)
    {
        var approval = Approvals.Created(Approvals.NewCode());
        approval["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        var text = approval.ToJsonString();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            text = random.Next(7) switch
            {
                0 or 1 or 2 => WithValue(approval, text, random),
                3 => text.Remove(random.Next(text.Length), 1),
                4 => text.Insert(random.Next(text.Length), OddCharacters[random.Next(OddCharacters.Length)].ToString()),
                5 => text[..random.Next(text.Length)],
                _ => $"[{text},{text}]",
            };
            if (text.Length == 0)
                break;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > 0 && random.Next(10) == 0)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    // In the text, not in the tree: the tree could not hold most of these values.
    private static string WithValue(JsonObject approval, string text, Random random)
    {
        var inData = random.Next(2) == 0;
        var members = inData ? approval.Data() : approval;
        var name = members.ElementAt(random.Next(members.Count)).Key;
        var was = $"\"{name}\":{members[name]!.ToJsonString()}";
        return text.Replace(was, $"\"{name}\":{Values[random.Next(Values.Length)]}", StringComparison.Ordinal);
    }
}
