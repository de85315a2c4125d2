using System.Collections;
using System.Globalization;
using System.Reflection;
using Hub.Connectors;
using Npgsql;

namespace Hub;

/// <summary>The effective settings as text, every key with its value; what is secret is masked.</summary>
internal static partial class SettingsText
{
    public const string Masked = "***";

    private const string Section = "Hub";

    /// <summary>One line for each key, such as <c>Hub:Connectors:0:Workers</c>.</summary>
    public static IReadOnlyList<(string Key, string Value)> Of(HubSettings settings) => [.. Walk(Section, settings)];

    /// <summary>One connector's, without a prefix.</summary>
    public static IReadOnlyList<(string Key, string Value)> Of(ConnectorSettings settings) => [.. Walk("", settings).Select(setting => (setting.Key[1..], setting.Value))];

    /// <summary>The start-up print: a line for each key, all of a connector in one.</summary>
    public static void Log(ILogger logger, HubSettings settings)
    {
        foreach (var group in Of(settings).GroupBy(setting => Group(setting.Key), StringComparer.Ordinal))
            LogSetting(logger, group.Key, group.Count() == 1 && group.First().Key == group.Key ? group.First().Value : string.Join(", ", group.Select(one => $"{one.Key[(group.Key.Length + 1)..]} {one.Value}")));
    }

    /// <summary>The keys that can be set, without the numbers of list items, each with the property behind it.</summary>
    internal static IEnumerable<(string Key, PropertyInfo Property, object Owner)> Keys(string prefix, object owner)
    {
        foreach (var property in Settable(owner))
        {
            if (ItemOf(property.PropertyType) is { } item && IsGroup(item))
            {
                foreach (var inner in Keys($"{prefix}:{property.Name}", Activator.CreateInstance(item)!))
                    yield return inner;
            }
            else if (IsGroup(property.PropertyType))
            {
                foreach (var inner in Keys($"{prefix}:{property.Name}", property.GetValue(owner)!))
                    yield return inner;
            }
            else
            {
                yield return ($"{prefix}:{property.Name}", property, owner);
            }
        }
    }

    private static IEnumerable<(string Key, string Value)> Walk(string prefix, object owner)
    {
        foreach (var property in Settable(owner))
        {
            var key = $"{prefix}:{property.Name}";
            var value = property.GetValue(owner);
            if (ItemOf(property.PropertyType) is { } item && IsGroup(item))
            {
                var items = ((IEnumerable)value!).Cast<object>().ToList();
                foreach (var inner in items.Count == 0 ? [(key, "(none)")] : items.SelectMany((one, index) => Walk($"{key}:{index}", one)))
                    yield return inner;
            }
            else if (IsGroup(property.PropertyType))
            {
                foreach (var inner in Walk(key, value!))
                    yield return inner;
            }
            else
            {
                yield return (key, Text(property, owner));
            }
        }
    }

    /// <summary>The value in force, as text.</summary>
    internal static string Text(PropertyInfo property, object owner) => (property.GetValue(owner), property.Name) switch
    {
        (null, _) => "(none)",
        ("", _) => "(empty)",
        (string database, nameof(HubSettings.Database)) when owner is HubSettings => Database(database),
        (string, var name) when IsSecret(name) => Masked,
        (string text, _) => Uri.TryCreate(text, UriKind.Absolute, out var address) && !address.IsFile ? Address(address) : text,
        (Uri address, _) => Address(address),
        (bool flag, _) => flag ? "true" : "false",
        // Empty means the usual ones.
        (IReadOnlyList<double>, _) when owner is BreakerSettings breaker => string.Join(", ", breaker.Breaks.Select(seconds => seconds.ToString(CultureInfo.InvariantCulture))),
        (ICollection { Count: 0 }, _) => "(none)",
        (IEnumerable, var name) when IsSecret(name) => Masked,
        (IEnumerable list, _) => string.Join(", ", list.Cast<object>().Select(one => Convert.ToString(one, CultureInfo.InvariantCulture))),
        var (value, _) => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    // By the name, so that a new key is masked without anybody thinking of it.
    private static bool IsSecret(string name) =>
        name.Contains("Secret", StringComparison.Ordinal) || name.Contains("Password", StringComparison.Ordinal) || name.Contains("Token", StringComparison.Ordinal) || name.EndsWith("Key", StringComparison.Ordinal) || name.EndsWith("Keys", StringComparison.Ordinal);

    private static string Database(string connectionString)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            foreach (var secret in builder.Keys.OfType<string>().Where(key => key.Contains("Password", StringComparison.OrdinalIgnoreCase)).ToList())
                builder[secret] = Masked;
            return builder.ConnectionString;
        }
        catch (ArgumentException)
        {
            return Masked;
        }
    }

    // User names, passwords and query strings may be tickets.
    private static string Address(Uri address) => address.IsAbsoluteUri
        ? address.GetLeftPart(UriPartial.Path).Replace($"{address.UserInfo}@", address.UserInfo.Length > 0 ? $"{Masked}@" : "@", StringComparison.Ordinal) + (address.Query.Length > 0 ? $"?{Masked}" : "")
        : address.OriginalString;

    private static string Group(string key) => key.Split(':') is [var section, var list, var index, ..] && int.TryParse(index, CultureInfo.InvariantCulture, out _) ? $"{section}:{list}:{index}" : key;

    private static IEnumerable<PropertyInfo> Settable(object owner) => owner.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is { IsPublic: true });

    private static Type? ItemOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private static bool IsGroup(Type type) => type.IsClass && type.Namespace?.StartsWith(nameof(Hub), StringComparison.Ordinal) == true;

    [LoggerMessage(Level = LogLevel.Information, Message = "Setting {Key} = {Value}")]
    private static partial void LogSetting(ILogger logger, string key, string value);
}
