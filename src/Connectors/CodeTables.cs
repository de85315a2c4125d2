using System.Text.Json;

namespace Hub.Connectors;

/// <summary>One partner's code tables, as data: an embedded file of tables, each with its codes and the code for "other".</summary>
internal sealed class CodeTables
{
    private readonly Dictionary<string, CodeTable> tables;

    private CodeTables(Dictionary<string, CodeTable> tables) => this.tables = tables;

    /// <param name="file">Name of the embedded file.</param>
    public static CodeTables Load(string file)
    {
        using var stream = typeof(CodeTables).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The code tables {file} are not embedded.");
        return new(JsonSerializer.Deserialize(stream, ConnectorsJson.Default.DictionaryStringCodeTable)!);
    }

    /// <summary>What is wrong with lines that are to be laid over tables; empty when nothing is.</summary>
    public static IEnumerable<string> Problems(IReadOnlyList<string> lines) => lines.Where(line => !TrySplit(line, out _)).Select(line => $"Codes: '{line}' is not of the form 'table value=code'.");

    /// <summary>The tables with a partner's own codes laid over them.</summary>
    /// <param name="lines">Such as <c>item EXCAVATION=ZLWJ</c>: table, value, code.</param>
    public CodeTables With(IReadOnlyList<string> lines)
    {
        var own = new Dictionary<string, CodeTable>(tables);
        foreach (var line in lines)
        {
            if (!TrySplit(line, out var part) || !own.TryGetValue(part.Table, out var table))
            {
                throw new InvalidOperationException($"Codes: there is no code table for '{line}'; there are {string.Join(", ", tables.Keys)}.");
            }

            own[part.Table] = table with { Codes = new Dictionary<string, string>(table.Codes) { [part.Value] = part.Code } };
        }

        return new(own);
    }

    private static bool TrySplit(string line, out (string Table, string Value, string Code) part)
    {
        part = line.Split(' ', 2) is [{ Length: > 0 } table, var rest] && rest.Split('=', 2) is [{ Length: > 0 } value, { Length: > 0 } code] ? (table, value, code) : default;
        return part.Table is not null;
    }

    public CodeTable this[string name] =>
        tables.TryGetValue(name, out var table) ? table : throw new InvalidOperationException($"There is no code table '{name}'.");
}

/// <summary>One table.</summary>
internal sealed record CodeTable
{
    /// <summary>What the table is and where it comes from.</summary>
    public required string About { get; init; }

    /// <summary>The partner's code for a value it has no code for.</summary>
    public required string Other { get; init; }

    /// <summary>When positive, a value not listed is looked up once more by its first so many characters.</summary>
    public int Prefix { get; init; }

    public required IReadOnlyDictionary<string, string> Codes { get; init; }

    public string? Find(string value) =>
        Codes.TryGetValue(value, out var code) ? code
        : Prefix > 0 && value.Length > Prefix && Codes.TryGetValue(value[..Prefix], out code) ? code
        : null;
}

/// <summary>Translates the codes of one message and keeps what had no code, so that nothing is dropped silently.</summary>
internal sealed class CodeTranslation(CodeTables tables)
{
    private Dictionary<string, string>? unmapped;

    /// <summary>The values that went out as "other", by the partner's field; null when there were none.</summary>
    public IReadOnlyDictionary<string, string>? Unmapped => unmapped;

    /// <param name="table">Name of the table.</param>
    /// <param name="field">The partner's field the code goes into.</param>
    /// <param name="value">The contract's value; null stays null.</param>
    public string? Code(string table, string field, string? value)
    {
        if (value is null)
        {
            return null;
        }

        if (tables[table].Find(value) is { } code)
        {
            return code;
        }

        (unmapped ??= [])[field] = value;
        return tables[table].Other;
    }
}
