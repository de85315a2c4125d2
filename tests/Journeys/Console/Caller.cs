using System.Net;
using System.Text.RegularExpressions;
using Hub.Ledger;

namespace Hub.Journeys.Console;

/// <summary>A person at the console without a browser: pages and forms as they are, over real HTTP.</summary>
internal sealed partial class Caller : IDisposable
{
    private readonly HttpClient http;

    private Caller(Uri hub) => http = new(new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = hub, DefaultRequestHeaders = { { "Accept", "text/html" } } };

    public static async Task<Caller> SignInAsync(HubUnderTest hub, string name)
    {
        var caller = new Caller(hub.Address);
        Assert.Equal(302, (await caller.PostAsync("/sign-in?lang=en", "/sign-in", ("name", name), ("password", People.Password))).Status);
        await caller.GetAsync("/account?lang=en");
        return caller;
    }

    public async Task<string> GetAsync(string path)
    {
        using var answer = await http.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path} {answer.StatusCode} {text}");
        return text;
    }

    /// <param name="page">Where the form stands.</param>
    /// <param name="path">Where it goes.</param>
    public async Task<(int Status, string Text)> PostAsync(string page, string path, params (string Name, string Value)[] fields)
    {
        var token = Token().Match(await GetAsync(page)).Groups["token"].Value;
        using var form = new FormUrlEncodedContent(fields.Append((Name: "__RequestVerificationToken", Value: token)).Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await http.PostAsync(path, form);
        return ((int)answer.StatusCode, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>Decides the one request that is open.</summary>
    public async Task<(int Status, string Text)> DecideAsync(HubUnderTest hub, bool granted = true)
    {
        var asked = Assert.Single(await hub.Service<ApprovalRequests>().OpenAsync());
        return await PostAsync("/account", $"/approvals?handler={(granted ? "Grant" : "Decline")}", ("id", $"{asked.Id}"), ("note", "looked at"));
    }

    public void Dispose() => http.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Token();
}
