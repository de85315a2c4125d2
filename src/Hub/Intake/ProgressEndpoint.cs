using System.Security.Cryptography;
using System.Text.Json;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;

namespace Hub.Intake;

/// <summary>Progress of an application for who sent it, for offices, and for the operator itself; to everybody else there is no such application.</summary>
internal sealed class ProgressEndpoint(PartnerAuthentication authentication, PublisherRate rate, CaseNumbers numbers, PolicyStore policies, TimeProvider time)
{
    /// <summary>A publisher's key with this among its types reads the progress of applications that others sent.</summary>
    public const string ConnectionsScope = "hub.connection.read";

    // Several operators may have given the same number.
    private const int SameNumberMax = 20;

    public Task GetAsync(HttpContext http, string no) => Answers.GuardAsync(http, async () =>
    {
        if (await authentication.AuthenticateAsync(http) is not { } key)
            return new Problem("unauthorised");
        if (!rate.TryTake(key.KeyId, http.Response))
            return new Problem("rate_limited", RetryAfterSeconds: 1);
        var named = http.Request.Query.ContainsKey("operator") ? http.Request.Query["operator"].ToString() : null;
        if (named is "" or { Length: > 64 })
            return new Problem("bad_query");
        if (no.Length > 40 || await FindAsync(key, no, named) is not var (found, state))
            return new Problem("not_found");

        var set = policies.Current;
        var progress = ConnectionProgress.Of(state, ConnectionProcess.PolicyOf(state, set, found.Policy), set, time.GetUtcNow(), own: key.Partner == state.Operator);
        var etag = $"\"{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(progress, ProgressJson.Readable.ConnectionProgress)).AsSpan(0, 16))}\"";
        http.Response.Headers.ETag = etag;
        http.Response.Headers.CacheControl = "private, no-cache";
        if (http.Request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Any(known => known == etag || known == "W/" + etag || known == "*"))
        {
            http.Response.StatusCode = 304;
            return null;
        }

        await Answers.WriteAsync(http, 200, progress, ProgressJson.Readable.ConnectionProgress);
        return null;
    });

    private async Task<(NumberedCase Case, ConnectionProcess.Case State)?> FindAsync(ApiKey key, string no, string? named)
    {
        IReadOnlyList<NumberedCase> found = named is null
            ? await numbers.FindAsync(NumberKinds.Application, no, ProcessCatalog.Connection.Type, SameNumberMax)
            : await numbers.ByKeyAsync(ProcessCatalog.Connection.Type, ConnectionProcess.Key(named, no)) is { } one ? [one] : [];
        foreach (var candidate in found)
        {
            if (ProcessCatalog.Connection.Read(candidate.State) is { Application.RegionCode: { } region, Operator: not null } state && key.AllowsRegion(region) && MayRead(key, state))
                return (candidate, state);
        }

        return null;
    }

    private static bool MayRead(ApiKey key, ConnectionProcess.Case state) =>
        key.Partner == state.Operator || (key.Direction == ApiKey.Publish && (key.Partner == state.From || key.Types.Contains(ConnectionsScope)));
}
