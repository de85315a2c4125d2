using System.Text;

namespace Hub.Journeys.Telemetry;

/// <summary>From the bureau's trace to the partner's and back, as a collector sees it.</summary>
public sealed class TelemetryJourney
{
    private const string Trace = "5bd66ef5095369c7b0d1f8f4bd33716a";

    [Fact]
    public async Task One_trace_leads_from_the_publisher_to_the_partner_and_back()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var partner = await PushedPartner.StartAsync();
        partner.Answers.Enqueue((500, ""));
        await using var hub = await HubUnderTest.StartAsync(
            settings => settings with
            {
                Telemetry = new() { OtlpEndpoint = collector.Address, MetricsSeconds = 1 },
                Connectors = [settings.Connectors[0] with { Address = partner.Address }],
            },
            ["hohhot-power"]);

        var approval = Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot);
        var reply = await hub.PublishAsync(
            Encoding.UTF8.GetBytes(approval.ToJsonString()), headers: ("traceparent", $"00-{Trace}-c532cb4098ac3dd2-01"));
        Assert.Equal(202, reply.Status);
        await hub.UntilStatusAsync((Guid)reply.Json["id"]!, "delivered");
        var (returned, id, _) = partner.Calls.ElementAt(1);
        var receipt = await hub.SendAsync(
            HttpMethod.Post, $"/api/v1/events/{id}/receipts", await hub.UtilityKeyAsync("hohhot-power"),
            new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"status":"accepted","at":"{{DateTimeOffset.UnixEpoch.AddYears(56):O}}"}""")), "application/json", ("traceparent", returned!));
        Assert.Equal(202, receipt.Status);

        await Until.TrueAsync(() => Of("receipt").Count == 1 && Of("process").Count == 4, "the collector has the whole trace");
        var publish = Assert.Single(Of("publish hub.project_approval.created.v1"));
        Assert.Equal("c532cb4098ac3dd2", publish.ParentId);

        // Two attempts: each has its own span below the publish, and the partner was given that span's context.
        var sent = Of("send hohhot-power");
        Assert.Equal([publish.SpanId, publish.SpanId], sent.Select(span => span.ParentId));
        Assert.Equal(sent.Select(span => $"00-{Trace}-{span.SpanId}-01"), partner.Calls.Select(call => call.TraceParent!));
        Assert.Equal(sent[1].SpanId, Assert.Single(Of("receipt")).ParentId);

        // The event, both answers and the receipt.
        Assert.Equal([publish.SpanId, publish.SpanId, publish.SpanId, Assert.Single(Of("receipt")).SpanId], Of("process").Select(span => span.ParentId));

        await Until.TrueAsync(
            () => new[] { "hub_events_accepted_total", "hub_deliveries_total", "hub_delivery_latency_seconds", "hub_receipt_latency_seconds", "hub_breaker_state", "hub_attempts_total", "dotnet_gc_heap_bytes" }
                .All(collector.Metrics.ContainsKey),
            "the metrics arrive under the same names");

        List<ReceivedSpan> Of(string name) => [.. collector.Spans.Where(span => span.TraceId == Trace && span.Name == name)];
    }

    [Fact]
    public async Task Without_a_collector_the_bureaus_trace_still_reaches_the_partner()
    {
        await using var partner = await PushedPartner.StartAsync();
        await using var hub = await HubUnderTest.StartAsync(
            settings => settings with { Connectors = [settings.Connectors[0] with { Address = partner.Address }] }, ["hohhot-power"]);
        var approval = Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot);
        approval["traceparent"] = $"00-{Trace}-c532cb4098ac3dd2-01";

        await hub.UntilStatusAsync(await hub.AcceptedAsync(approval), "delivered");

        Assert.StartsWith($"00-{Trace}-", Assert.Single(partner.Calls).TraceParent, StringComparison.Ordinal);
    }
}
