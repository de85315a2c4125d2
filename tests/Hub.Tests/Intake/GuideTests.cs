using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Hub.Intake;
using Hub.Policies;
using Hub.Tests.Policies;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hub.Tests.Intake;

/// <summary>What the public reads about a place, without a key.</summary>
public sealed class GuideTests
{
    private static readonly FakeClock Clock = new();

    private static async Task<(HttpContext Http, JsonNode? Body)> GetAsync(
        string query, PolicyStore? packs = null, AddressRate? rate = null, string? language = null, string? known = null, string address = "203.0.113.7")
    {
        await using var own = new AddressRate(new HubSettings());
        var http = new DefaultHttpContext();
        http.Request.QueryString = new QueryString(query);
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        http.Response.Body = new MemoryStream();
        if (language is not null)
            http.Request.Headers.AcceptLanguage = language;
        if (known is not null)
            http.Request.Headers.IfNoneMatch = known;
        await new GuideEndpoint(packs ?? PolicyStore.Open(ShippedPacks.Folder), rate ?? own, Clock).GetAsync(http);
        var bytes = ((MemoryStream)http.Response.Body).ToArray();
        return (http, bytes.Length == 0 ? null : JsonNode.Parse(Encoding.UTF8.GetString(bytes)));
    }

    // Region, pack, the documents its clauses cite, operators, hours a year in the centre, number of documents asked for.
    [Theory]
    [InlineData("141002", "linfen", "S1 S2 S2", "sgcc-linfen", 2.0, 10)]
    [InlineData("141033", "linfen", "S1 S2 S2", "slp-puxian", 2.0, 10)]
    [InlineData("140106", "shanxi", "S2 S2", "sgcc-shanxi", 1.0, 10)]
    [InlineData("140702", "jinzhong", "S0 S2 S2", "sgcc-jinzhong", 2.0, 10)]
    [InlineData("320706", "lianyungang", "S3", "sgcc-lianyungang", 1.5, 5)]
    [InlineData("150105", "hohhot", "S4", "hohhot-power", null, 8)]
    public async Task A_place_has_the_guide_of_its_pack(string region, string pack, string documents, string operators, double? centre, int materials)
    {
        var (http, body) = await GetAsync($"?region={region}");

        Assert.Equal(200, http.Response.StatusCode);
        Assert.Equal((pack, documents, operators), (
            (string)body!["policy"]!["id"]!, string.Join(' ', body["documents"]!.AsArray().Select(document => (string)document!["short"]!)), string.Join(' ', body["operators"]!.AsArray().Select(one => (string)one!["id"]!))));
        Assert.Equal((centre, materials), ((double?)body["reliability"]?["centre"], body["materials"]!.AsArray().Count));
        Assert.Equal(["12398", "95598"], body["hotlines"]!.AsArray().Select(hotline => (string)hotline!["number"]!));
        Assert.Equal(64, ((string)body["policy"]!["digest"]!).Length);
        Assert.NotEmpty(body["limits"]!.AsArray());
        Assert.NotEmpty(body["procedure"]!.AsArray());
    }

    [Fact]
    public async Task Every_line_has_its_basis_and_every_clause_is_of_a_document_that_is_named_or_of_a_regulation()
    {
        foreach (var region in (string[])["141002", "140106", "140702", "320706", "150105"])
        {
            var (_, body) = await GetAsync($"?region={region}");
            var documents = body!["documents"]!.AsArray().Select(document => (string)document!["short"]!).ToList();

            var bases = Bases(body).ToList();

            Assert.NotEmpty(bases);
            Assert.All(bases, basis => Assert.True((string?)basis["source"] switch
            {
                RuleSources.Document => documents.Exists(document => ((string)basis["clause"]!).StartsWith(document, StringComparison.Ordinal)),
                RuleSources.Regulation => basis["clause"] is not null && basis["note"] is not null,
                _ => basis["note"] is not null,
            }, basis.ToJsonString()));
        }
    }

    [Theory]
    [InlineData(null, "zh-CN", "能源监管热线")]
    [InlineData("zh-CN,en;q=0.5", "zh-CN", "能源监管热线")]
    [InlineData("en-GB", "en", "Energy regulator")]
    public async Task It_is_in_the_language_asked_for_and_a_cache_is_told_so(string? language, string written, string hotline)
    {
        var (http, body) = await GetAsync("?region=141002", language: language);

        Assert.Equal((written, "Accept-Language", "public, max-age=300"), (http.Response.Headers.ContentLanguage.ToString(), http.Response.Headers.Vary.ToString(), http.Response.Headers.CacheControl.ToString()));
        Assert.Equal(hotline, (string)body!["hotlines"]![0]!["title"]!);
    }

    [Fact]
    public async Task What_was_read_before_is_not_sent_again()
    {
        var tag = (await GetAsync("?region=141002")).Http.Response.Headers.ETag.ToString();

        foreach (var known in (string[])[tag, $"W/{tag}", $"\"other\", {tag}", "*"])
        {
            var (http, body) = await GetAsync("?region=141002", known: known);
            Assert.Equal((304, null, tag), (http.Response.StatusCode, body, http.Response.Headers.ETag.ToString()));
        }

        Assert.Equal(200, (await GetAsync("?region=141002", language: "en", known: tag)).Http.Response.StatusCode);
        Assert.Equal(200, (await GetAsync("?region=320706", known: tag)).Http.Response.StatusCode);
    }

    [Theory]
    [InlineData("", 400, "bad_query")]
    [InlineData("?region=14", 400, "bad_query")]
    [InlineData("?region=14100x", 400, "bad_query")]
    [InlineData("?region=１４１００２", 400, "bad_query")]
    [InlineData("?region=141002&region=320706", 400, "bad_query")]
    [InlineData("?region=141002&operator=", 400, "bad_query")]
    [InlineData("?region=110101", 404, "not_found")]
    [InlineData("?region=141002&operator=nobody", 404, "not_found")]
    [InlineData("?region=141002&operator=hohhot-power", 404, "not_found")]
    public async Task A_question_that_cannot_be_answered_is_told_why(string query, int status, string code)
    {
        var (http, body) = await GetAsync(query);

        Assert.Equal((status, code), (http.Response.StatusCode, (string)body!["code"]!));
    }

    [Fact]
    public async Task A_named_operator_is_the_only_one_and_its_places_are_shown()
    {
        var (_, body) = await GetAsync("?region=320706&operator=sgcc-lianyungang", DemoPacks.Store);
        Assert.Equal("sgcc-lianyungang", Assert.Single(body!["operators"]!.AsArray())!["id"]!.ToString());
        Assert.Equal("2026-11-01", Assert.Single(body["capacity"]!["places"]!.AsArray())!["asOf"]!.ToString());

        var (_, other) = await GetAsync("?region=320706&operator=donggang-energy", DemoPacks.Store);
        Assert.Equal("donggang-energy", Assert.Single(other!["operators"]!.AsArray())!["id"]!.ToString());
        Assert.Empty(other["capacity"]!["places"]!.AsArray());
    }

    [Fact]
    public async Task An_address_that_asks_too_often_waits_and_others_do_not()
    {
        await using var rate = new AddressRate(new HubSettings { PublicRequestsPerMinute = 2 });
        Assert.Equal(200, (await GetAsync("?region=141002", rate: rate)).Http.Response.StatusCode);
        Assert.Equal(404, (await GetAsync("?region=110101", rate: rate)).Http.Response.StatusCode);

        var (http, body) = await GetAsync("?region=141002", rate: rate);

        Assert.Equal((429, "rate_limited"), (http.Response.StatusCode, (string)body!["code"]!));
        Assert.InRange(int.Parse(http.Response.Headers.RetryAfter.ToString(), System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal(200, (await GetAsync("?region=141002", rate: rate, address: "203.0.113.8")).Http.Response.StatusCode);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:aaaa::1", "20010db800010002")]
    [InlineData("2001:db8:1:2:bbbb::9", "20010db800010002")]
    [InlineData("2001:db8:1:3::1", "20010db800010003")]
    public void Addresses_of_one_household_share(string address, string share) => Assert.Equal(share, AddressRate.Share(IPAddress.Parse(address)));

    private static IEnumerable<JsonObject> Bases(JsonNode? node) => node switch
    {
        JsonObject one => one.SelectMany(member => member.Key == "basis" ? [member.Value!.AsObject()] : Bases(member.Value)),
        JsonArray many => many.SelectMany(Bases),
        _ => [],
    };
}
