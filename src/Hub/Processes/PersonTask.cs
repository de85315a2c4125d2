using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Processes;

/// <summary>Something only a person can say, with its due time: part of a case's state, whatever kind of case it is.</summary>
internal sealed record PersonTask
{
    /// <summary>As one of <see cref="Options"/>: a text of the person's own.</summary>
    public const string AnyText = "*";

    private const int OwnTextMax = 20;

    /// <summary>t1, t2, … within the case.</summary>
    public required string Id { get; init; }

    /// <summary>A word of the process.</summary>
    public required string Kind { get; init; }

    /// <summary>The utility it is about; null: all of them, or none.</summary>
    public string? Operator { get; init; }

    /// <summary>What else it is about, such as a rule's id; null: the case.</summary>
    public string? About { get; init; }

    /// <summary>What may be answered.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>What the records make likely; never acted on.</summary>
    public string? Proposal { get; init; }
    public required DateTimeOffset RaisedAt { get; init; }
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>open, overdue, answered, lapsed.</summary>
    public string Status { get; init; } = "open";
    public string? Answer { get; init; }
    public string? By { get; init; }
    public string? Reason { get; init; }

    [JsonIgnore] public bool IsOpen => Status is "open" or "overdue";

    /// <summary>The task that was answered, and as it then stands.</summary>
    /// <param name="tasks">Of the case.</param>
    /// <param name="given">What the person said.</param>
    /// <returns>A refusal's code when it cannot be taken.</returns>
    public static (PersonTask? Answered, string? Refusal) Take(IReadOnlyList<PersonTask> tasks, TaskAnswered given)
    {
        if (tasks.FirstOrDefault(task => task.Id == given.TaskId) is not { IsOpen: true } task)
            return (null, "no_such_task");
        if (string.IsNullOrWhiteSpace(given.By) || string.IsNullOrWhiteSpace(given.Reason))
            return (null, "name_and_reason_needed");
        var own = !task.Options.Contains(given.Answer);
        return own && !(task.Options.Contains(AnyText) && given.Answer.Trim().Length is > 0 and <= OwnTextMax)
            ? (null, "not_an_option")
            : (task with { Status = "answered", Answer = given.Answer, By = given.By, Reason = given.Reason }, null);
    }
}

/// <summary>Data of <c>hub.operator.task_answered.v1</c>: what a person says is an input with a name and a reason.</summary>
internal sealed record TaskAnswered
{
    public required string TaskId { get; init; }
    public required string Answer { get; init; }
    public required string By { get; init; }
    public required string Reason { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TaskAnswered))]
internal sealed partial class PersonTaskJson : JsonSerializerContext
{
    private static PersonTaskJson? readable;

    /// <summary>As <see cref="Default"/>, with Chinese text left as it is.</summary>
    public static PersonTaskJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
