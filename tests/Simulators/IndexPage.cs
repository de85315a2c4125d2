using System.Text.Encodings.Web;

namespace Hub.Simulators;

/// <summary>The index of the pretended partners, for the demo.</summary>
internal static class IndexPage
{
    public static string Render(IReadOnlyList<SimulatorHost.RunningPartner> partners) => $$"""
        <!doctype html>
        <html lang="zh">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>模拟系统 · Simulated partners</title>
        <style>
          body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
          table { border-collapse: collapse; width: 100% }
          th, td { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left }
          td.number { text-align: right }
        </style>
        <h1>模拟系统 · Simulated partners</h1>
        <p>演示与测试用，不是真实的供电企业系统。 For demo and tests; no real utility's system.</p>
        <table>
          <thead><tr>
            <th>系统 System</th><th>类型 Kind</th><th>线索 Leads</th><th>重复 Repeats</th><th>故障 Fault</th><th></th>
          </tr></thead>
          <tbody>
        {{string.Concat(partners.Select(Row))}}
          </tbody>
        </table>
        </html>

        """;

    private static string Row(SimulatorHost.RunningPartner running)
    {
        var stats = running.Stats;
        var name = HtmlEncoder.Default.Encode(stats.Name);
        return $"""
                <tr><td>{name}</td><td>{HtmlEncoder.Default.Encode(stats.Kind)}</td><td class="number">{stats.Book.Leads}</td><td class="number">{stats.Book.Repeats}</td>
                <td>{HtmlEncoder.Default.Encode(stats.Fault.Mode)}</td><td><a href="/{name}/leads">线索 leads</a> · <a href="/{name}/stats">统计 stats</a></td></tr>

            """;
    }
}
