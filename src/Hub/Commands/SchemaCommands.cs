using System.CommandLine;
using Command = System.CommandLine.Command;
using SchemaFiles = Hub.Schemas.SchemaFiles;

namespace Hub.Commands;

/// <summary><c>schemas write</c>: the schema files from the contracts.</summary>
internal static class SchemaCommands
{
    public static Command Command()
    {
        var to = new Option<string>("--to") { Required = true, Description = "The schemas folder" };
        var write = new Command("write", "Write the JSON Schemas of the contracts") { to };
        write.SetAction(async (parsed, cancellation) =>
        {
            foreach (var (path, content) in SchemaFiles.All())
            {
                var file = Path.Combine(parsed.GetValue(to)!, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllTextAsync(file, content, cancellation);
            }

            return 0;
        });
        return new Command("schemas", "JSON Schemas of what crosses the border") { write };
    }
}
