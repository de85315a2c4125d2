using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>What all dialects of this family read and say alike.</summary>
internal static class Dialect
{
    private const int ReferenceLengthMax = 64;

    public static string UserAgent { get; } = $"Hub/{typeof(Dialect).Assembly.GetName().Version?.ToString(3)}";

    public static Lead ReadLead(Command command) =>
        JsonSerializer.Deserialize(command.Data.Span, SchemasJson.Readable.Lead)
        ?? throw new InvalidOperationException($"Command {command.Id} carries no lead.");

    public static LicenceAnswer ReadLicence(Command command) =>
        JsonSerializer.Deserialize(command.Data.Span, SchemasJson.Readable.LicenceAnswer)
        ?? throw new InvalidOperationException($"Command {command.Id} carries no licence answer.");

    public static AccountOrder ReadOrder(Command command) =>
        JsonSerializer.Deserialize(command.Data.Span, SchemasJson.Readable.AccountOrder)
        ?? throw new InvalidOperationException($"Command {command.Id} carries no order.");

    /// <summary>The content as it is, for what a system has no call of its own for.</summary>
    public static JsonElement ContentOf(Command command)
    {
        using var document = JsonDocument.Parse(command.Data);
        return document.RootElement.Clone();
    }

    public static bool IsOfAccount(Command command) => command.Type.StartsWith("account.", StringComparison.Ordinal);

    /// <summary>What a question's answer says about the command: a question that went wrong says nothing, whatever it says about the partner.</summary>
    public static Answer OfQuestion(Answer answer) =>
        answer.Outcome is Outcome.Taken || answer.Reason is AnswerReasons.NotSeen ? answer : answer with { Outcome = Outcome.Unknown };

    /// <summary>A partner's own number, or null when what stands in its place cannot be one.</summary>
    public static string? Reference(string? text) => text is { Length: > 0 and <= ReferenceLengthMax } ? text : null;
}
