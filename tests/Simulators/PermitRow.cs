using System.Globalization;
using System.Text.Json.Nodes;

namespace Hub.Simulators;

/// <summary>What became of a permit item, as a pretended window that is polled shows it: names and codes of its own.</summary>
internal static class PermitRow
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["caseNo"] = "ajbh", ["operatorCode"] = "gdqy", ["regionCode"] = "xzqhdm", ["item"] = "sxlx", ["status"] = "zt", ["at"] = "blsj", ["version"] = "bbh", ["permitNo"] = "xkzh", ["reason"] = "yy",
        ["survey"] = "tkjg", ["feeYuan"] = "yjfy", ["by"] = "jbr",
    };

    private static readonly Dictionary<string, string> Codes = new()
    {
        ["zt PENDING"] = "00", ["zt RECEIVED"] = "10", ["zt SURVEYED"] = "11", ["zt OWNER_CONSENTED"] = "12", ["zt MATERIAL_MISSING"] = "20", ["zt RESUMED"] = "21", ["zt APPROVED"] = "30",
        ["zt REFUSED"] = "31", ["zt RETURNED"] = "32", ["zt FILED"] = "33", ["zt EXEMPT"] = "34",
        ["sxlx PLANNING"] = "01", ["sxlx EXCAVATION"] = "02", ["sxlx TRAFFIC"] = "03", ["sxlx GREEN"] = "04", ["sxlx HIGHWAY"] = "05", ["sxlx FILING"] = "06", ["sxlx OTHER"] = "99",
    };

    /// <param name="data">Data of the contract's event; the status PENDING: not taken in yet.</param>
    public static JsonObject Of(JsonObject data)
    {
        var row = new JsonObject { ["bbh"] = "1" };
        foreach (var (name, value) in data.Where(field => field.Value is not null && Names.ContainsKey(field.Key)))
        {
            var theirs = Names[name];
            var text = value!.ToString();
            row[theirs] = theirs == "blsj"
                ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
                : Codes.GetValueOrDefault($"{theirs} {text}", text);
        }

        return row;
    }
}
