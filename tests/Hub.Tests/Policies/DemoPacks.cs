using Hub.Policies;

namespace Hub.Tests.Policies;

/// <summary>The shipped packs with the invented companies of the demo laid over them.</summary>
internal static class DemoPacks
{
    public static string Folder => Path.Combine(Repository.Root, "scripts", "demo-packs");

    public static PolicyStore Store { get; } = PolicyStore.Open(ShippedPacks.Folder, Folder);

    public static PolicySet Set => Store.Current;
}
