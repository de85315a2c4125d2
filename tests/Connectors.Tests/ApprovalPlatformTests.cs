using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Connectors.ApprovalPlatform;
using Hub.Schemas;
using Hub.Simulators;

namespace Hub.Connectors.Tests;

/// <summary>The dialect of approval platforms, against the simulator over real HTTP and against answers no simulator gives.</summary>
public sealed class ApprovalPlatformTests
{
    private static readonly PublisherSettings Settings = new()
    {
        Name = "platform", Kind = PublisherSettings.ApprovalPlatform, Address = new Uri("http://127.0.0.1:9/base/"), AppKey = "hub", Secret = "a shared secret", Source = "urn:test", PageSize = 2,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_becomes_the_contracts_data_and_is_named_by_its_number_stamp_and_version()
    {
        await using var host = await StartAsync();
        var number = Platform(host).Add(Approval("created", """{"projectCode":"2604-141002-04-01-100005","projectName":"示例","approvalType":"FILING","approvalDate":"2026-04-01","regionCode":"141002","investmentWan":1900,"loadKw":800.5,"usageType":"400","version":3}"""));
        using var reader = Reader.Of(host);

        var (page, answer) = await reader.Value.ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation);

        Assert.Equal(Outcome.Taken, answer.Outcome);
        Assert.Equal((1, 2, 1, FakeClock.Start), (page!.PageNo, page.PageSize, page.Total, page.ServerTime));
        var row = Assert.Single(page.Rows);
        Assert.Equal((number, $"{number}-20260302093000-3", FakeClock.Start, EventTypes.ProjectApprovalCreated), (row.RecordNo, row.EventId, row.ChangedAt, row.EventType));
        var data = JsonSerializer.Deserialize(row.Data.Span, SchemasJson.Default.ProjectApproval)!;
        Assert.Equal(
            new ProjectApproval
            {
                ProjectCode = "2604-141002-04-01-100005", ProjectName = "示例", ApprovalType = "FILING", ApprovalDate = "2026-04-01", RegionCode = "141002", InvestmentWan = 1900, LoadKw = 800.5m,
                UsageType = "400", Version = 3,
            },
            data);
    }

    [Theory]
    [InlineData("created", EventTypes.ProjectApprovalCreated)]
    [InlineData("amended", EventTypes.ProjectApprovalAmended)]
    [InlineData("extended", EventTypes.ProjectApprovalExtended)]
    [InlineData("revoked", EventTypes.ProjectApprovalRevoked)]
    public async Task Every_status_has_its_event(string change, string type)
    {
        await using var host = await StartAsync();
        Platform(host).Add(Approval(change, """{"projectCode":"a","version":1}"""));
        using var reader = Reader.Of(host);

        Assert.Equal(type, (await reader.Value.ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation)).Page!.Rows[0].EventType);
    }

    [Fact]
    public async Task The_list_begins_at_the_moment_asked_for_and_has_pages()
    {
        await using var host = await StartAsync();
        for (var i = 0; i < 5; i++)
            Platform(host).Add(Approval("created", $$"""{"projectCode":"{{i}}","version":1}"""), FakeClock.Start.AddSeconds(i));
        using var reader = Reader.Of(host);

        var first = (await reader.Value.ListAsync(FakeClock.Start.AddSeconds(1), 1, Cancellation)).Page!;
        var second = (await reader.Value.ListAsync(FakeClock.Start.AddSeconds(1), 2, Cancellation)).Page!;

        Assert.Equal((4, 1, 2), (first.Total, (int)(first.Rows[0].ChangedAt!.Value - FakeClock.Start).TotalSeconds, first.Rows.Count));
        Assert.Equal((4, 3, 2), (second.Total, (int)(second.Rows[0].ChangedAt!.Value - FakeClock.Start).TotalSeconds, second.Rows.Count));
    }

    [Fact]
    public async Task What_the_list_has_not_got_is_in_the_record_and_a_record_that_is_gone_is_said_to_be()
    {
        await using var host = await StartAsync();
        // Which records are long is the simulator's choice, by their number.
        var numbers = Enumerable.Range(0, 9).Select(i => Platform(host).Add(Approval("created", $$"""{"projectCode":"{{i}}","scaleContent":"规模","version":1}"""))).ToList();
        using var reader = Reader.Of(host, pageSize: 100);

        var rows = (await reader.Value.ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation)).Page!.Rows;
        var partial = rows.First(row => row.NeedsDetail);
        var whole = (await reader.Value.RecordAsync(partial.RecordNo!, Cancellation)).Row!;

        Assert.Contains(partial.RecordNo!, numbers);
        Assert.Contains(rows, row => !row.NeedsDetail && Text(row.Data).Contains("规模", StringComparison.Ordinal));
        Assert.DoesNotContain("规模", Text(partial.Data), StringComparison.Ordinal);
        Assert.Contains("规模", Text(whole.Data), StringComparison.Ordinal);
        Assert.Equal(partial.EventId, whole.EventId);
        Assert.Equal(AnswerReasons.NotSeen, (await reader.Value.RecordAsync("XM0", Cancellation)).Answer.Reason);
    }

    [Fact]
    public async Task A_wrong_secret_is_told_as_such()
    {
        await using var host = await StartAsync();
        using var reader = Reader.Of(host, secret: "another");

        Assert.Equal(AnswerReasons.Unauthorised, (await reader.Value.ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation)).Answer.Reason);
    }

    [Theory]
    [InlineData("html", AnswerReasons.Unintelligible)]
    [InlineData("empty", AnswerReasons.Unintelligible)]
    [InlineData("truncated", AnswerReasons.Unintelligible)]
    [InlineData("gbk", AnswerReasons.Unintelligible)]
    [InlineData("huge", AnswerReasons.Unintelligible)]
    [InlineData("http500", AnswerReasons.ServerError)]
    [InlineData("http503", AnswerReasons.Throttled)]
    [InlineData("redirect", AnswerReasons.Redirected)]
    [InlineData("unauthorised", AnswerReasons.Unauthorised)]
    public async Task A_wrong_answer_is_no_page(string mode, string reason)
    {
        await using var host = await StartAsync();
        Platform(host).Add(Approval("created", """{"projectCode":"a","projectName":"示例项目","version":1}"""));
        Assert.Null(Platform(host).Faults.Set(new Fault { Mode = mode }));
        using var reader = Reader.Of(host);

        var (page, answer) = await reader.Value.ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation);

        Assert.Null(page);
        Assert.Equal(reason, answer.Reason);
    }

    [Fact]
    public async Task GBK_is_read_where_the_platform_says_that_it_is_GBK()
    {
        await using var host = await StartAsync();
        Platform(host).Add(Approval("created", """{"projectCode":"a","projectName":"示例项目","version":1}"""));
        Assert.Null(Platform(host).Faults.Set(new Fault { Mode = "gbk_declared" }));
        using var reader = Reader.Of(host);

        Assert.Contains("示例项目", Text((await reader.Value.ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation)).Page!.Rows[0].Data), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"code":"0000"}""")]
    [InlineData("""{"code":"0000","data":{}}""")]
    [InlineData("""{"code":"0000","data":{"pageNo":1,"pageSize":2,"total":0,"list":[]}}""")]
    [InlineData("""{"code":"0000","data":{"pageNo":1,"pageSize":2,"total":-1,"fwsj":"2026-03-02 09:30:00","list":[]}}""")]
    [InlineData("""{"code":"0000","data":{"pageNo":1,"pageSize":0,"total":0,"fwsj":"2026-03-02 09:30:00","list":[]}}""")]
    [InlineData("""{"code":"0000","data":{"pageNo":1,"pageSize":2,"total":0,"fwsj":"now","list":[]}}""")]
    [InlineData("""{"code":"王五 13800000000","data":null}""")]
    [InlineData("[]")]
    public async Task An_answer_that_lacks_what_the_walk_needs_is_no_page(string body)
    {
        var (page, answer) = await ReadAsync(body);

        Assert.Null(page);
        Assert.Equal((AnswerReasons.Unintelligible, "200"), (answer.Reason, answer.PartnerCode));
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_still_a_row_with_its_bytes()
    {
        var (page, _) = await ReadAsync("""{"code":"0000","data":{"pageNo":1,"pageSize":9,"total":5,"fwsj":"2026-03-02 09:30:00","list":[7,{"xmid":"a","gxsj":"soon"},{"gxsj":"2026-03-02 09:30:00"},{"xmid":"b","gxsj":"2026-03-02 09:30:00","zt":"77"},{"xmid":"\ud800"}]}}""");

        Assert.Equal([null, null, null, "b-20260302093000-0", null], page!.Rows.Select(row => row.EventId));
        Assert.Equal("7", Text(page.Rows[0].Raw));
        Assert.Equal(("77", null), (page.Rows[3].Status, page.Rows[3].EventType));
    }

    [Fact]
    public async Task What_cannot_be_translated_goes_on_as_it_is_and_blanks_do_not()
    {
        var (page, _) = await ReadAsync("""{"code":"0000","data":{"pageNo":1,"pageSize":9,"total":1,"fwsj":"2026-03-02 09:30:00","list":[{"xmid":"a","gxsj":"2026-03-02 09:30:00","zt":"01","ztz":"about 5","ydfh":"1,200.50","pfrq":"2026-04-01 00:00:00","yxqz":"20270401","splx":"8","xmdw":"  ","lxr":null,"bbh":2}]}}""");

        Assert.Equal("""{"approvalType":"8","approvalDate":"2026-04-01","validUntil":"2027-04-01","investmentWan":"about 5","loadKw":1200.5,"version":2}""", Text(page!.Rows[0].Data));
    }

    [Fact]
    public void Settings_print_no_secret() => Assert.DoesNotContain("secret", Settings.ToString(), StringComparison.Ordinal);

    private static async Task<(PlatformPage? Page, Answer Answer)> ReadAsync(string body) =>
        await new ApprovalPlatformReader(Settings, StubPartner.Answering(200, body), new FakeClock()).ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation);

    private static Simulators.ApprovalPlatform Platform(SimulatorHost host) => (Simulators.ApprovalPlatform)host.Partner("platform");

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static JsonObject Approval(string change, string data) => new() { ["type"] = $"hub.project_approval.{change}.v1", ["data"] = JsonNode.Parse(data) };

    private static Task<SimulatorHost> StartAsync() => SimulatorHost.StartAsync(
        new() { Partners = [new() { Name = "platform", Kind = PublisherSettings.ApprovalPlatform, AppKey = "hub", Secret = "a shared secret" }] }, Cancellation, new FakeClock());

    private sealed class Reader(SocketsHttpHandler handler, ApprovalPlatformReader value) : IDisposable
    {
        public ApprovalPlatformReader Value => value;

        public static Reader Of(SimulatorHost host, int pageSize = 2, string secret = "a shared secret")
        {
            var settings = Settings with { Address = host.AddressOf("platform"), PageSize = pageSize, Secret = secret };
            var handler = ApprovalPlatformReader.CreateHandler(settings);
            return new(handler, new(settings, handler, new FakeClock()));
        }

        public void Dispose() => handler.Dispose();
    }
}
