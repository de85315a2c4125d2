using Hub.Policies;

namespace Hub.Tests.Policies;

/// <summary>The packs as they are shipped.</summary>
internal static class ShippedPacks
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Policies", "packs");

    public static PolicySet Set { get; } = PolicyStore.Open(Folder).Current;
}
