namespace Hub.Journeys;

/// <summary>Where things lie in the checkout and in its build output.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    public static string Records => Path.Combine(Root, "schemas", "examples", "records");

    /// <summary>A program built with the tests, from its own output folder.</summary>
    public static string Program(string project, string assembly) =>
        Path.Combine(Root, project, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name, assembly + ".dll");

    private static string Find(DirectoryInfo? folder) => folder is null
        ? throw new InvalidOperationException($"No checkout around {AppContext.BaseDirectory}.")
        : File.Exists(Path.Combine(folder.FullName, "Hub.sln")) ? folder.FullName : Find(folder.Parent);
}

/// <summary>A folder that goes with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hub-journey-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
