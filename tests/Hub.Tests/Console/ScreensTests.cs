using System.Text.RegularExpressions;
using Xunit;

namespace Hub.Tests.Console;

/// <summary>docs/screens, which Journeys' ScreensTests make from a running demo.</summary>
public sealed partial class ScreensTests
{
    private const int BytesMax = 150_000;

    // What the demo has nothing of when nobody asked for it, or no picture shows.
    private static readonly string[] Without = ["sign-out", "deliveries-bulk-one"];

    private static string Folder => Path.Combine(Repository.Root, "docs", "screens");

    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Hub", "Console", "Pages"), "*.cshtml", SearchOption.AllDirectories)
            .Select(file => Route().Match(File.ReadAllText(file))).Where(page => page.Success)
            .Select(page => page.Groups["route"].Success ? Place().Replace(page.Groups["route"].Value.Trim('/'), "one").Replace('/', '-') : "overview")
            .Except(Without).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_page_has_a_small_picture_in_both_languages(string page) => Assert.All((string[])["zh", "en"], language =>
    {
        var file = new FileInfo(Path.Combine(Folder, $"{page}.{language}.jpg"));
        Assert.True(file.Exists, $"{file.Name} is missing: ./run, then HUB_SCREENS_OF=http://127.0.0.1:8080 ./test Journeys -class '*ScreensTests'.");
        Assert.InRange(file.Length, 1, BytesMax);
    });

    [Fact]
    public void Every_picture_that_a_document_shows_is_there() => Assert.All(
        ((string[])["README.md", "README.zh-CN.md", .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(file => Path.GetRelativePath(Repository.Root, file))])
            .SelectMany(file => Picture().Matches(Repository.Read(file)).Select(match => match.Groups["file"].Value)),
        name => Assert.True(File.Exists(Path.Combine(Folder, name)), name));

    [GeneratedRegex("^@page( \"(?<route>[^\"]+)\")?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Route();

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.None, 1000)]
    private static partial Regex Place();

    [GeneratedRegex(@"screens/(?<file>[\w.-]+\.jpg)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Picture();
}
