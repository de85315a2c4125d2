using System.Text.Json;
using Hub.Schemas;

namespace Hub.Tests.Records;

/// <summary>One structured CloudEvents document of <c>schemas/examples</c>.</summary>
internal sealed record Example(string File, JsonElement Envelope)
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "schemas", "examples");

    public string Type => Envelope.GetProperty("type").GetString()!;

    public string? Subject => Envelope.TryGetProperty("subject", out var subject) ? subject.GetString() : null;

    // Through the strict contract: an unknown member or a wrong type throws.
    public ProjectApproval Approval => Envelope.GetProperty("data").Deserialize(SchemasJson.Readable.ProjectApproval)!;

    public static Example Read(string file) => new(file, JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(Folder, file))).RootElement);
}
