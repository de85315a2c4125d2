using System.Text.Json;
using System.Text.RegularExpressions;
using Hub.Intake;
using Hub.Processes;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests;

public sealed partial class OpenApiTests
{
    private static readonly JsonElement Document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "schemas", "openapi.json"))).RootElement;

    // For everybody: without a key, limited by address.
    private static readonly string[] Public = ["/api/v1/guide"];

    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where Methods.Contains(operation.Name)
        select (path.Name, operation.Name, operation.Value);

    // The console's pages are for people and are not described.
    [Fact]
    public void Describes_every_route_and_no_other()
    {
        var routes = Mapped().Matches(Repository.Read("src", "Hub", "Routes.cs")).Select(match => $"{match.Groups["method"].Value.ToLowerInvariant()} {match.Groups["path"].Value}");

        // The connectors by themselves answer at some of the same addresses.
        Assert.Equal(routes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), Operations.Select(one => $"{one.Method} {one.Path}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Names_every_problem_code_and_no_other()
    {
        var named = Document.GetProperty("components").GetProperty("schemas").GetProperty("ProblemCode").GetProperty("enum").EnumerateArray().Select(code => code.GetString()!);

        Assert.Equal(ProblemKinds.All.Select(kind => kind.Code).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_problem_code_is_declared_under_its_status_somewhere()
    {
        var declared = Operations.SelectMany(one => one.Operation.GetProperty("responses").EnumerateObject())
            .SelectMany(response => Codes(response.Value).Select(code => (Code: code, Status: response.Name)))
            .Append((Code: "method_not_allowed", Status: "405")).Distinct().Order();

        Assert.Equal(ProblemKinds.All.Select(kind => (kind.Code, $"{kind.Status}")).Order(), declared);
    }

    [Fact]
    public void What_needs_a_key_says_so_and_how_it_is_refused()
    {
        foreach (var (path, method, operation) in Operations)
        {
            var secured = operation.GetProperty("security").GetArrayLength() > 0;
            Assert.True(secured == (path.StartsWith("/api/", StringComparison.Ordinal) && !Public.Contains(path)), $"{method} {path}: security is not what its place says.");
            Assert.True(secured == operation.GetProperty("responses").TryGetProperty("401", out _), $"{method} {path}: 401 belongs to what needs a key.");
        }
    }

    [Fact]
    public void Every_operation_and_answer_is_described_in_both_languages()
    {
        var texts = Operations.Select(one => one.Operation.GetProperty("summary").GetString()!)
            .Concat(Operations.SelectMany(one => one.Operation.GetProperty("responses").EnumerateObject()).Select(response => Resolve(response.Value).GetProperty("description").GetString()!));

        Assert.All(texts, text => Assert.True(text is "OpenAPI 3.1" or "JSON Schema" || (Chinese().IsMatch(text) && Latin().IsMatch(text)), $"Not in both languages: {text}"));
    }

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        var schemas = SchemaFiles.All().Values.Select(text => JsonDocument.Parse(text).RootElement.GetProperty("$id").GetString()!).ToHashSet();

        Assert.All(References(Document), reference =>
        {
            if (reference.StartsWith("#/", StringComparison.Ordinal))
                Assert.NotEqual(JsonValueKind.Undefined, Follow(reference).ValueKind);
            else
                Assert.Contains(reference, schemas);
        });
    }

    [Fact]
    public void The_members_of_answers_are_those_that_are_written()
    {
        // Each contract and the component that describes it.
        (Type Contract, string Component)[] pairs =
        [
            (typeof(AcceptedBody), "Accepted"), (typeof(EventView), "EventView"), (typeof(ReceiverView), "Receiver"), (typeof(ContactView), "FirstContact"), (typeof(ReceiptView), "ReceiptView"),
            (typeof(ProblemBody), "Problem"), (typeof(BatchBody), "BatchResult"), (typeof(Warning), "Warning"),
            (typeof(FeedPage), "FeedPage"), (typeof(FeedItem), "FeedItem"), (typeof(FeedPosition), "FeedPosition"), (typeof(FeedGaps), "FeedGaps"), (typeof(FeedGap), "FeedGap"),
            (typeof(AckRequest), "FeedAck"), (typeof(SeekRequest), "FeedSeek"),
            (typeof(LicenceQueryView), "LicenceQueryView"), (typeof(RequirementsView), "DocumentRequirements"), (typeof(RequirementView), "DocumentRequirement"), (typeof(LicenceTypeView), "LicenceType"),
            (typeof(DocumentsView), "Documents"), (typeof(DocumentView), "Document"), (typeof(DisclosuresRequest), "DisclosuresRequest"), (typeof(DisclosuresView), "Disclosures"), (typeof(DisclosureView), "Disclosure"),
            (typeof(GuideView), "Guide"), (typeof(GuideBasis), "GuideBasis"), (typeof(GuidePolicy), "GuidePolicy"), (typeof(GuideDocument), "GuideDocument"), (typeof(GuideOperator), "GuideOperator"),
            (typeof(GuideApplies), "GuideApplies"), (typeof(GuideProcedure), "GuideProcedure"), (typeof(GuideLimit), "GuideLimit"), (typeof(GuideMaterial), "GuideMaterial"),
            (typeof(GuideThreshold), "GuideThreshold"), (typeof(GuideExemption), "GuideExemption"), (typeof(GuideItem), "GuideItem"), (typeof(GuidePriceNotice), "GuidePriceNotice"),
            (typeof(GuideReliability), "GuideReliability"), (typeof(GuideCapacity), "GuideCapacity"), (typeof(GuidePlace), "GuidePlace"), (typeof(GuideHotline), "GuideHotline"),
            (typeof(GuideChannel), "GuideChannel"), (typeof(GuideLead), "GuideLead"),
            (typeof(LedgerPage), "LedgerPage"), (typeof(LedgerLine), "LedgerLine"), (typeof(ConnectionProgress), "ConnectionProgress"), (typeof(ProgressStep), "ProgressStep"), (typeof(ProgressStage), "ProgressStage"),
            (typeof(ProgressClock), "ProgressClock"), (typeof(ProgressPause), "ProgressPause"), (typeof(ProgressMark), "ProgressMark"), (typeof(ProgressProject), "ProgressProject"),
        ];
        foreach (var (contract, component) in pairs)
        {
            var written = (IntakeJson.Readable.GetTypeInfo(contract) ?? FeedJson.Readable.GetTypeInfo(contract) ?? DossierEndpointJson.Readable.GetTypeInfo(contract) ?? GuideJson.Readable.GetTypeInfo(contract) ?? LedgerEndpointJson.Readable.GetTypeInfo(contract) ?? ProgressJson.Readable.GetTypeInfo(contract)!).Properties.Select(property => property.Name);
            var described = Document.GetProperty("components").GetProperty("schemas").GetProperty(component).GetProperty("properties").EnumerateObject().Select(property => property.Name);
            Assert.Equal(written.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Its_events_are_events_that_the_intake_reads()
    {
        var content = Document.GetProperty("paths").GetProperty("/api/v1/events").GetProperty("post").GetProperty("requestBody").GetProperty("content");
        var example = content.GetProperty("application/cloudevents+json").GetProperty("examples").GetProperty("created").GetProperty("value").GetRawText();

        Assert.NotNull(EventReader.Structured(System.Text.Encoding.UTF8.GetBytes(example), Approvals.Key with { Sources = ["urn:hub:bureau:demo"] }, FakeClock.Start).Input);
    }

    [Fact]
    public void Lists_every_event_type_that_may_be_sent_and_no_other()
    {
        var events = Document.GetProperty("components").GetProperty("schemas").GetProperty("Event");
        var mapped = events.GetProperty("discriminator").GetProperty("mapping").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()!);

        Assert.Equal(EventTypes.Publishable.Order(StringComparer.Ordinal), mapped.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(mapped.Values.Order(StringComparer.Ordinal), events.GetProperty("oneOf").EnumerateArray().Select(one => one.GetProperty("$ref").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(mapped, one =>
        {
            var own = Follow(one.Value).GetProperty("allOf")[1].GetProperty("properties");
            Assert.Equal((one.Key, $"/schemas/{one.Key}.json"), (own.GetProperty("type").GetProperty("const").GetString(), own.GetProperty("data").GetProperty("$ref").GetString()));
        });
    }

    private static IEnumerable<string> Codes(JsonElement response) =>
        Resolve(response).TryGetProperty("x-problem-codes", out var codes) ? codes.EnumerateArray().Select(code => code.GetString()!) : [];

    private static JsonElement Resolve(JsonElement element) => element.TryGetProperty("$ref", out var reference) ? Follow(reference.GetString()!) : element;

    private static JsonElement Follow(string reference) => reference[2..].Split('/').Aggregate(Document, (element, name) =>
        element.TryGetProperty(name, out var next) ? next : throw new InvalidOperationException($"{reference} leads nowhere."));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    [GeneratedRegex("""app\.Map(?<method>Get|Post|Put|Patch|Delete)\("(?<path>[^"]+)""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Mapped();

    [GeneratedRegex(@"\p{IsCJKUnifiedIdeographs}", RegexOptions.NonBacktracking)]
    private static partial Regex Chinese();

    [GeneratedRegex("[A-Za-z]{2}", RegexOptions.NonBacktracking)]
    private static partial Regex Latin();
}
