using System.Text.Json.Nodes;
using Hub.Connectors;

namespace Hub.Console;

/// <summary>One setting that differs.</summary>
/// <param name="Field">Its key, such as <c>Breaker:Minimum</c>.</param>
/// <param name="Old">As people may see it; null: it was not there, or it is a secret.</param>
/// <param name="New">The same of now.</param>
/// <param name="Secret">It may only be told that it changed.</param>
internal sealed record SettingChange(string Field, string? Old, string? New, bool Secret)
{
    /// <summary>As it stands in the exchange log.</summary>
    public string Line => Secret ? $"{Field} changed" : $"{Field} {Old ?? "-"} -> {New ?? "-"}";
}

/// <summary>What differs between two versions of a connector's settings.</summary>
internal static class ConnectorDiff
{
    /// <param name="before">Null: there was none, and what differs from the usual values is told.</param>
    /// <param name="after">The settings of now.</param>
    public static IReadOnlyList<SettingChange> Of(ConnectorSettings? before, ConnectorSettings after)
    {
        before ??= new();
        var (old, now, oldText, nowText) = (Raw(before), Raw(after), Text(before), Text(after));
        return [.. now.Keys.Union(old.Keys).Where(key => old.GetValueOrDefault(key) != now.GetValueOrDefault(key)).Select(key => Change(key, oldText.GetValueOrDefault(key), nowText.GetValueOrDefault(key)))];
    }

    // What is masked looks the same before and after.
    private static SettingChange Change(string key, string? old, string? now) =>
        old == SettingsText.Masked || now == SettingsText.Masked || old == now ? new(key, null, null, true) : new(key, Given(old), Given(now), false);

    private static string? Given(string? text) => text is "(none)" or "(empty)" ? null : text;

    private static Dictionary<string, string> Text(ConnectorSettings settings) => SettingsText.Of(settings).ToDictionary(setting => setting.Key, setting => setting.Value, StringComparer.Ordinal);

    private static Dictionary<string, string> Raw(ConnectorSettings settings) => Flat("", JsonNode.Parse(ConnectorsInForce.Write(settings))!.AsObject()).ToDictionary(StringComparer.Ordinal);

    private static IEnumerable<KeyValuePair<string, string>> Flat(string prefix, JsonObject group) => group.SelectMany(pair =>
        pair.Value is JsonObject inner ? Flat($"{prefix}{pair.Key}:", inner) : [KeyValuePair.Create(prefix + pair.Key, pair.Value?.ToJsonString() ?? "")]);
}
