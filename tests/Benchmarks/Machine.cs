using System.Globalization;
using Npgsql;

namespace Hub.Benchmarks;

/// <summary>What the kernel counts (Linux, /proc).</summary>
internal static class Machine
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double MsPerTick = 10;

    public static bool Counts => Directory.Exists("/proc/self");

    /// <summary>CPU of one process so far, ms; 0 where the kernel does not say.</summary>
    public static double CpuMs(int process) => Stat(process) is { } stat ? (stat[UserTime] + stat[SystemTime]) * MsPerTick : 0;

    /// <summary>CPU of a process, of its children, and of those that ended: PostgreSQL's server processes come and go. ms.</summary>
    public static double TreeCpuMs(int parent)
    {
        if (Stat(parent) is not { } own)
            return 0;
        var children = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0]))
            .Select(name => Stat(int.Parse(name!, CultureInfo.InvariantCulture))).OfType<long[]>().Where(stat => stat[Parent] == parent);
        return (own[UserTime] + own[SystemTime] + own[ChildrenUserTime] + own[ChildrenSystemTime] + children.Sum(stat => stat[UserTime] + stat[SystemTime])) * MsPerTick;
    }

    /// <summary>Most memory a process ever had resident, MB (1024 × 1024 bytes).</summary>
    public static double PeakMb(int process)
    {
        var file = $"/proc/{process}/status";
        if (!File.Exists(file))
            return 0;
        var line = File.ReadLines(file).FirstOrDefault(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>The server process above all backends of the cluster; 0 when the cluster is not on this machine.</summary>
    public static async Task<int> PostmasterAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SELECT pg_backend_pid()");
        return Stat((int)(await command.ExecuteScalarAsync())!) is { } stat ? (int)stat[Parent] : 0;
    }

    // Places behind the closing bracket of the name, from proc(5): state is 0, ppid 1, utime 11 and so on.
    private const int Parent = 1;
    private const int UserTime = 11;
    private const int SystemTime = 12;
    private const int ChildrenUserTime = 13;
    private const int ChildrenSystemTime = 14;

    private static long[]? Stat(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return [.. text[(text.LastIndexOf(')') + 2)..].Split(' ').Select(word => long.TryParse(word, CultureInfo.InvariantCulture, out var value) ? value : 0)];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
