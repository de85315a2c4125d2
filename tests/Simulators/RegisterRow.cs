using System.Globalization;
using System.Text.Json.Nodes;

namespace Hub.Simulators;

/// <summary>A change of ownership as a pretended real-estate register shows it: names and codes of its own.</summary>
internal static class RegisterRow
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["registryNo"] = "ywh", ["unitNo"] = "bdcdyh", ["certNo"] = "bdcqzh", ["propertyAddress"] = "zl", ["transferReason"] = "zydjyy", ["registeredAt"] = "djsj", ["regionCode"] = "qxdm",
        ["version"] = "bbh", ["legalBasisRef"] = "gxyj", ["changeReason"] = "bgyy", ["name"] = "qlrmc", ["idType"] = "zjzl", ["idNo"] = "zjh", ["share"] = "qlbl", ["mobile"] = "dh",
        ["accountHolder"] = "khr", ["consentId"] = "sqh", ["signedAt"] = "qssj", ["utility"] = "hylx", ["accountNo"] = "hh",
    };

    private static readonly Dictionary<string, string> Codes = new()
    {
        ["SALE"] = "1", ["GIFT"] = "2", ["INHERIT"] = "3", ["DIVISION"] = "4", ["COURT"] = "5", ["zjzl OTHER"] = "99", ["OTHER"] = "9", ["zjzl 111"] = "1", ["zjzl 001"] = "7",
        ["power"] = "1", ["water"] = "2", ["gas"] = "3", ["heat"] = "4", ["true"] = "1", ["false"] = "0",
    };

    /// <param name="data">Data of the contract's event.</param>
    public static JsonObject Of(JsonObject data)
    {
        var row = Plain(data);
        foreach (var (ours, theirs) in (IEnumerable<(string, string)>)[("oldHolders", "ywr"), ("newHolders", "qlr"), ("accounts", "hhlb")])
        {
            if (data[ours] is JsonArray items)
            {
                row[theirs] = new JsonArray([.. items.Select(item => Plain(item!.AsObject()))]);
            }
        }

        if (data["consent"] is JsonObject consent)
        {
            row["lhgh"] = (bool?)consent["granted"] == true ? "1" : "0";
            foreach (var (name, value) in Plain(consent))
            {
                row[name] = value!.DeepClone();
            }

            if (consent["scope"] is JsonArray scope)
            {
                row["lhfw"] = string.Join(',', scope.Select(utility => Codes[(string)utility!]));
            }
        }

        return row;
    }

    private static JsonObject Plain(JsonObject data)
    {
        var row = new JsonObject();
        foreach (var (name, value) in data.Where(field => field.Value is JsonValue && Names.ContainsKey(field.Key)))
        {
            row[Names[name]] = Text(Names[name], value!.ToString());
        }

        return row;
    }

    private static string Text(string field, string value) => field is "djsj" or "qssj"
        ? DateTimeOffset.Parse(value, CultureInfo.InvariantCulture).ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
        : field is "zjzl" or "zydjyy" or "hylx" or "khr" ? Codes.GetValueOrDefault($"{field} {value}") ?? Codes.GetValueOrDefault(value, value) : value;
}
