using System.Globalization;

namespace Hub.Benchmarks;

/// <summary>Remarks while it runs; at the end every figure as <c>name: value</c>, then every pass mark.</summary>
internal sealed class Report
{
    private readonly List<(string Name, string Value)> figures = [];
    private readonly Dictionary<string, double> values = [];

    /// <summary>A remark, on standard error so that the figures stand alone on standard output.</summary>
    public static void Note(string text) => Console.Error.WriteLine($"  {text}");

    public void Add(string name, double value, string form = "0.00")
    {
        figures.Add((name, value.ToString(form, CultureInfo.InvariantCulture)));
        values[name] = value;
    }

    public void Add(string name, string value) => figures.Add((name, value));

    /// <param name="marks">Judged last; a mark that was missed is told, not hidden.</param>
    public void Print(IEnumerable<Mark> marks)
    {
        foreach (var (name, value) in figures)
            Console.WriteLine($"{name}: {value}");
        foreach (var mark in marks)
            Console.WriteLine(mark.Judge(values.TryGetValue(mark.Name, out var value) ? value : null));
    }
}
