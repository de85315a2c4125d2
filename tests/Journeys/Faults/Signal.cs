using System.Diagnostics;
using System.Globalization;

namespace Hub.Journeys.Faults;

/// <summary>Signals to processes that the test started itself.</summary>
internal static class Signal
{
    /// <param name="signal">Name without SIG.</param>
    /// <param name="processes">Ids; those that are gone meanwhile are passed over.</param>
    public static async Task SendAsync(string signal, params int[] processes)
    {
        foreach (var id in processes)
        {
            using var kill = Process.Start(new ProcessStartInfo("kill", ["-" + signal, id.ToString(CultureInfo.InvariantCulture)]) { UseShellExecute = false, RedirectStandardError = true })!;
            await kill.WaitForExitAsync();
        }
    }
}
