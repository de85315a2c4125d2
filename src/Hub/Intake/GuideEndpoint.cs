using System.Security.Cryptography;
using System.Text.Json;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Intake;

/// <summary>
/// The guide (办电指南): what the pack in force says to the public about a place, without a key (S1 三.3, 三.11, S2 二(二)9, S3 三.11, S4 六(三)). In the language asked for,
/// with the clause of every line.
/// </summary>
internal sealed class GuideEndpoint(PolicyStore policies, AddressRate rate, TimeProvider time)
{
    private const int MaxAgeSeconds = 300;

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    public Task GetAsync(HttpContext http) => Answers.GuardAsync(http, async () =>
    {
        if (rate.TryTake(http) is { } wait)
            return new Problem("rate_limited", RetryAfterSeconds: wait);
        var query = http.Request.Query;
        var (region, named) = (query["region"].ToString(), query.ContainsKey("operator") ? query["operator"].ToString() : null);
        if (region.Length != 6 || !region.All(char.IsAsciiDigit) || named?.Length is 0 or > 64)
            return new Problem("bad_query");
        var set = policies.Current;
        if (set.For(region) is not { } policy)
            return new Problem("not_found");
        var operators = set.Route(region, named, Utilities.All);
        if (named is not null && operators.All(serving => serving.Id != named))
            return new Problem("not_found");

        var english = Answers.PrefersEnglish(http);
        var today = DateOnly.FromDateTime(time.GetUtcNow().ToOffset(CityOffset).DateTime);
        var guide = new GuideText(english, today).Of(set, policy, region, named is null ? operators : [.. operators.Where(serving => serving.Id == named)]);
        await SendAsync(http, JsonSerializer.SerializeToUtf8Bytes(guide, GuideJson.Readable.GuideView), english);
        return null;
    });

    private static Task SendAsync(HttpContext http, byte[] body, bool english)
    {
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))}\"";
        var headers = http.Response.Headers;
        headers.ETag = tag;
        headers.CacheControl = $"public, max-age={MaxAgeSeconds}";
        headers.Vary = "Accept-Language";
        headers.ContentLanguage = english ? "en" : "zh-CN";

        // A cache may have weakened the tag on the way.
        if (http.Request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Any(known => known == "*" || known == tag || known == "W/" + tag))
        {
            http.Response.StatusCode = 304;
            return Task.CompletedTask;
        }

        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
    }
}

/// <summary>Puts a pack into the guide's form, in one language.</summary>
/// <param name="english">Else Chinese.</param>
/// <param name="today">What ended before is left out.</param>
internal sealed class GuideText(bool english, DateOnly today)
{
    public GuideView Of(PolicySet set, Policy policy, string region, IReadOnlyList<Operator> operators)
    {
        var open = policy.Public;
        return new()
        {
            Region = region,
            Policy = new(policy.Id, policy.Version, Text(policy.Title), policy.ValidFrom, policy.ValidTo, set.Digest),
            Documents = [.. Line(set, policy).Select(one => one.Document).Distinct().Select(document => new GuideDocument(document.ShortName, document.Title, document.Number, document.Date))],
            Operators = [.. operators.Select(serving => new GuideOperator(serving.Id, english ? serving.TitleEn : serving.TitleZh, serving.Utility))],
            Procedure = [.. policy.Steps.Where(rule => InForce(rule.Applies)).Select(rule => new GuideProcedure(Of(rule.Applies), rule.Count, [.. rule.Steps.Select(step => Text(step.Title))], rule.Abolished, Basis(rule.Source, rule.Clause, rule.Note)))],
            Limits = [.. policy.Limits.Where(rule => rule.Applied && InForce(rule.Applies)).Select(Of)],
            Materials = [.. (policy.Documents ?? []).Select(rule => new GuideMaterial(rule.Class, rule.Stage, rule.Material, Text(rule.Title), rule.SatisfiedBy, Basis(rule.Source, rule.Clause, rule.Note)))],
            Thresholds = [.. policy.Thresholds.Where(rule => InForce(rule.Applies)).Select(rule => new GuideThreshold(rule.Grants, rule.Amount, rule.Unit, rule.Inclusive, rule.Areas, Of(rule.Applies), Basis(rule.Source, rule.Clause, rule.Note)))],
            Exemptions = [.. policy.Exemptions.Select(rule => new GuideExemption(rule.Id, Text(rule.Title), rule.Result, [.. rule.Conditions.Select(condition => Text(condition.Text))], rule.Permits, rule.Commitment, rule.Filing, Basis(rule.Source, rule.Clause, rule.Note)))],
            ForbiddenZones = Items(open?.ForbiddenZones),
            Charges = Items(open?.Charges),
            ServiceStandard = Items(open?.ServiceStandard),
            PriceNotice = open?.PriceNotice is { } price ? new(price.Months, Text(price.By), Basis(price.Source, price.Clause, price.Note)) : null,
            Reliability = open?.ReliabilityOf(region) is { } target
                ? new(target.Centre, target.Urban, target.Town, target.Rural, target.OrLessPercent, target.By, Basis(target.Source, target.Clause, target.Note)) : null,
            Capacity = open?.Capacity is { } capacity
                ? new([.. capacity.Places.Where(place => operators.Any(serving => serving.Id == place.Operator) && place.Regions.Any(prefix => region.StartsWith(prefix, StringComparison.Ordinal)))
                    .Select(place => new GuidePlace(place.Operator, Text(place.Title), place.AsOf))], Basis(capacity.Source, capacity.Clause, capacity.Note)) : null,
            Hotlines = [.. (open?.Hotlines ?? []).Select(hotline => new GuideHotline(hotline.Number, Text(hotline.Title), Basis(hotline.Source, hotline.Clause, hotline.Note)))],
            OutageChannels = [.. (policy.Outage?.Channels ?? []).Select(channel => new GuideChannel(channel.Channel, Basis(channel.Source, channel.Clause, channel.Note)))],
            OutageLead = [.. (policy.Outage?.Lead ?? []).Select(lead => new GuideLead(lead.Repair, lead.To, lead.Limit, lead.Unit, Basis(lead.Source, lead.Clause, lead.Note)))],
        };
    }

    // A line of the guide may be one that the pack has from the one it extends.
    private static IEnumerable<Policy> Line(PolicySet set, Policy policy)
    {
        for (var one = policy; one is not null; one = one.Extends is { } parent ? set.Pinned(parent) ?? set.Policies.FirstOrDefault(known => known.Id == parent) : null)
            yield return one;
    }

    private GuideLimit Of(LimitRule rule) => new(
        rule.Id, Text(rule.Title), rule.Span, rule.Stage, rule.Part, Of(rule.Applies), rule.Limit, rule.Unit, rule.Measure, rule.Excludes, rule.Responsible,
        rule.Department is null ? null : Text(rule.Department), Basis(rule.Source, rule.Clause, rule.Note));

    private static GuideApplies? Of(Applies applies) => applies is { Classes.Count: 0, Tags.Count: 0, Without.Count: 0, ExternalLine: null, Excavation: null, From: null, To: null }
        ? null
        : new(applies.Classes, applies.Tags, applies.Without, applies.ExternalLine, applies.Excavation, applies.From, applies.To);

    private bool InForce(Applies applies) => applies.To is null || applies.To >= today;

    private IReadOnlyList<GuideItem> Items(IReadOnlyList<PublicItem>? items) => [.. (items ?? []).Select(item => new GuideItem(Text(item.Title), item.Link, Basis(item.Source, item.Clause, item.Note)))];

    private GuideBasis Basis(string source, string? clause, Bilingual? note) => new(source, clause, note is null ? null : Text(note));

    private string Text(Bilingual text) => english ? text.En : text.Zh;
}
