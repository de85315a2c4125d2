using System.Security.Cryptography;
using System.Text.Json;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Engine;

/// <summary>What a person says to a task, as an event of its case: stored, chained and answered like every other input.</summary>
internal static class TaskAnswers
{
    /// <param name="caseType">Type of the case that asks.</param>
    /// <param name="key">Its key.</param>
    /// <param name="region">GB/T 2260 code of its place.</param>
    /// <param name="said">With name and reason.</param>
    /// <param name="now">When it was said.</param>
    /// <param name="requestId">Of the request it came with, which is then its name; null: it gets one.</param>
    public static EventInput Input(string caseType, string key, string region, TaskAnswered said, DateTimeOffset now, string? requestId = null)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(said, PersonTaskJson.Readable.TaskAnswered);
        var id = Guid.CreateVersion7(now);
        return new EventInput(
            new Event
            {
                Id = id, Source = "urn:hub:operator", SourceId = requestId ?? id.ToString("N"), Type = EventTypes.TaskAnswered, Subject = key, Partner = "hub", Region = region, OccurredAt = now,
                Body = body, DataStart = 0, DataLength = body.Length,
            },
            said, caseType, key, SHA256.HashData(body));
    }
}
