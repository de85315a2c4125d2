using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Validation;
using Hub.Intake;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;
using Xunit;
using static Hub.Processes.LedgerReportProcess;

namespace Hub.Tests.Processes;

public sealed class LedgerReportProcessTests
{
    private const string Key = "linfen:weekly:2026-W46";

    private static readonly LedgerReportProcess Process = ProcessCatalog.LedgerReport;

    private static readonly Policy Pack = ShippedPacks.Set.For("141002")! with
    {
        Reports = [ReportPeriodsTests.Rule("WEEK") with { Id = "weekly", Receivers = ["bureau", "reads-pages", "away"] }, ReportPeriodsTests.Rule("ON_EVENT") with { Id = "prompt" }],
        Authorities = [Authority("bureau", "bureau"), Authority("reads-pages", null), Authority("away", "not-set-up")],
        Limits = [ConnectionCase.Limit("average", LimitSpans.Whole, 25) with { Measure = "average" }],
    };

    private string state = Process.Empty;

    private DateTimeOffset now = ReportPeriodsTests.City("2026-11-16T00:01");

    private Case State => Process.Read(state);

    [Fact]
    public void It_is_begun_counted_noted_and_submitted_in_time()
    {
        Begin();
        Assert.Equal(("open", ReportPeriodsTests.City("2026-11-19T00:00")), (State.Status, Last.Deadline));
        Freeze();
        Assert.Equal("frozen", State.Status);
        Say(new Noted(new() { Progress = "按计划推进" }, "李示例", "周报"));
        Say(new Noted(new() { Problems = "两处待协调" }, "王示例", "补充"));

        var decision = Say(new Submitted("李示例", "按时报送"));

        var order = Assert.Single(decision.Orders);
        var report = JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.LedgerReport)!;
        Assert.Equal(("bureau", CommandTypes.LedgerReport), (order.Connector, order.Type));
        Assert.Equal(("submitted", false, "李示例", "按计划推进", "两处待协调"), (report.Status, report.Late, report.SubmittedBy, report.Progress, report.Problems));
        Assert.Equal((State.Digest, 40L, Key), (report.Digest, report.Position, report.Ledger));
        Assert.Null(decision.Deadline);
        Assert.Contains($"digest {State.Digest}", Assert.Single(decision.Notes).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-18T23:59", false)]
    [InlineData("2026-11-19T00:00", true)]
    [InlineData("2026-11-20T09:00", true)]
    public void It_is_late_from_Thursday_on_and_says_when_and_by_whom(string at, bool late)
    {
        Begin();
        Freeze();
        now = ReportPeriodsTests.City(at);
        Say(new Submitted("李示例", "报送"));

        Assert.Equal((late, now, "李示例"), (State.Late, State.SubmittedAt, State.SubmittedBy));
    }

    [Fact]
    public void What_was_not_submitted_in_time_stands_in_the_list_of_what_waits_until_it_is()
    {
        Begin();
        Freeze();
        now = ReportPeriodsTests.City("2026-11-19T00:00");
        Advance(new Input.TimeUp());
        Assert.Equal(("overdue", true), (Last.Unserved, Last.Deadline is null));

        Say(new Submitted("李示例", "迟报"));

        Assert.Null(Last.Unserved);
        Assert.True(State.Late);
    }

    [Theory]
    [InlineData("submit before it is counted", "ledger_not_counted")]
    [InlineData("submit twice", "ledger_submitted")]
    [InlineData("note after", "ledger_submitted")]
    [InlineData("count twice", "ledger_begun")]
    [InlineData("no such", "not_found")]
    public void Out_of_turn_it_is_on_record_and_changes_nothing(string story, string refusal)
    {
        if (story != "no such")
            Begin();
        if (story is not ("no such" or "submit before it is counted"))
            Freeze();
        if (story is "submit twice" or "note after")
            Say(new Submitted("李示例", "报送"));
        var before = state;

        object said = story switch { "note after" => new Noted(new() { Progress = "x" }, "王", "y"), "count twice" => Counted(new Line("applications.received", null, 9)), _ => new Submitted("王", "y") };
        Say(said);

        Assert.Equal(refusal, Last.Refusal);
        Assert.Empty(Last.Orders);
        Assert.Equal(before, state);
    }

    [Fact]
    public void The_digest_is_that_of_the_bytes_on_record_and_what_was_counted_stays()
    {
        Begin();
        Freeze();

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Bytes(State.Snapshot!))), State.Digest);
        Assert.Equal(new Line("applications.received", "HV_SINGLE", 3), State.Snapshot!.Figures[0]);
        Assert.Equal(("ledger.frozen", $"ledger {Key}\nposition 40\ndigest {State.Digest}"), (Assert.Single(Last.Notes).Kind, Last.Notes[0].Text));
    }

    [Fact]
    public void Sums_noughts_and_the_average_are_worked_out_for_the_reader()
    {
        Begin();
        Freeze(new("applications.energised", "in_time", 3), new("applications.energised", "late", 1), new("applications.received", "HV_SINGLE", 5), new("applications.received", "UNKNOWN", -1), new("applications.working_days", null, 90));

        var figures = Of(State, Pack).Figures;

        decimal? Value(string name, string? part = null) => figures.SingleOrDefault(figure => figure.Name == name && figure.Part == part)?.Value;
        Assert.Equal((4, 3, 1), (Value("applications.energised"), Value("applications.energised", "in_time"), Value("applications.energised", "late")));
        Assert.Equal((4, -1, 22.5m, 25), (Value("applications.received"), Value("applications.received", "UNKNOWN"), Value("applications.working_days_average"), Value("applications.working_days_limit")));
        Assert.Equal((0, null), (Value("co_transfers.received"), Value("applications.working_days")));
    }

    [Fact]
    public void Every_figure_and_part_that_is_counted_has_words_in_both_languages()
    {
        string[] parts =
        [
            .. ConnectionClasses.All, ConnectionFigures.Unknown, .. Exclusions.All, .. ConnectionProcess.MarkCodes.All, .. LicenceResults.All, "in_time", "late", "no_limit", "1", "2", "3", "4", "5",
            "DONE", "PARTLY_DONE", "NOT_DONE", "NO_CONSENT", "REVERSED", "code", "uscc", "address", "person", "created", "amended", "extended", "revoked",
        ];
        Assert.All(parts, part => Assert.True(LedgerTexts.Part(part) is var words && words.Zh != part && words.Zh.Length > 0 && words.En.All(char.IsAscii) && words.En.Any(char.IsAsciiLetterLower), part));
        Assert.All(LedgerTexts.All, name => Assert.True(LedgerTexts.Title(name) is var words && words.Zh != name && words.En != name, name));
    }

    [Fact]
    public void What_is_told_promptly_goes_at_once_without_figures()
    {
        var decision = Say(new Told("linfen:prompt:20261116T000100", Pack.Pin, "prompt", new() { Problems = "大面积停电" }, "李示例", "及时报告"));

        var report = JsonSerializer.Deserialize(Assert.Single(decision.Orders).Data.Span, SchemasJson.Default.LedgerReport)!;
        Assert.Equal(("ON_EVENT", "大面积停电", "submitted", false), (report.PeriodType, report.Problems, report.Status, report.Late));
        Assert.Empty(report.Figures);
    }

    [Fact]
    public void A_receivers_receipt_is_noted_and_a_strangers_is_not()
    {
        Begin();
        Freeze();
        Say(new Submitted("李示例", "报送"));
        Advance(new Input.Answered("bureau", CommandTypes.LedgerReport, Guid.Empty, Answer.Taken()));
        Say(new Receipt { Status = "done" }, "bureau");
        Assert.Equal(("done", now), (State.Receipts["bureau"], State.Taken["bureau"]));

        Say(new Receipt { Status = "done" }, "someone");
        Assert.Equal("not_a_receiver", Last.Refusal);
    }

    [Fact]
    public void Its_table_opens_in_Excel_and_what_people_wrote_is_no_formula()
    {
        Begin();
        Freeze();
        Say(new Noted(new() { Results = "=HYPERLINK(\"http://evil\")", Measures = "一、\"会商\"\n二、督办" }, "李示例", "周报"));
        var report = Of(State, Pack);

        var csv = LedgerSheet.Csv(report);
        var workbook = LedgerWorkbook.Of(LedgerSheet.Rows(report));

        Assert.Equal([0xEF, 0xBB, 0xBF], csv[..3]);
        var text = Encoding.UTF8.GetString(csv);
        Assert.Contains("\"指标\",\"分项\",\"数值\",\"代码\"\r\n\"Figure\",\"Part\",\"Value\",\"Code\"\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\"'=HYPERLINK(\"\"http://evil\"\")\"", text, StringComparison.Ordinal);
        Assert.Contains("\"高压单电源 high voltage, one supply\",3,", text, StringComparison.Ordinal);
        using var document = SpreadsheetDocument.Open(new MemoryStream(workbook), isEditable: false);
        Assert.Empty(new OpenXmlValidator().Validate(document, TestContext.Current.CancellationToken).Select(fault => $"{fault.Path?.XPath}: {fault.Description}"));
        var cells = document.WorkbookPart!.WorksheetParts.Single().Worksheet.Descendants<DocumentFormat.OpenXml.Spreadsheet.Cell>().Select(cell => cell.InnerText).ToList();
        Assert.Contains("=HYPERLINK(\"http://evil\")", cells);
        Assert.DoesNotContain(document.WorkbookPart.WorksheetParts.Single().Worksheet.Descendants<DocumentFormat.OpenXml.Spreadsheet.CellFormula>(), _ => true);
    }

    [Fact]
    public void A_long_table_is_read_at_its_address()
    {
        Begin();
        Freeze([.. Enumerable.Range(0, 1000).Select(number => new Line("applications.received", $"PART{number}", number + 1))]);
        var report = JsonSerializer.Deserialize(Assert.Single(Say(new Submitted("李示例", "报送")).Orders).Data.Span, SchemasJson.Default.LedgerReport)!;

        Assert.Null(report.Attachment);
        Assert.Equal($"/api/v1/ledgers/{Key}", report.Self);
    }

    private Decision Last { get; set; } = null!;

    private void Begin() => Say(new Due(Key, Pack.Pin, "weekly", ReportPeriodsTests.City("2026-11-09T00:00"), ReportPeriodsTests.City("2026-11-16T00:00"), ReportPeriodsTests.City("2026-11-19T00:00")));

    private void Freeze(params Line[] lines) => Say(Counted(lines.Length > 0 ? lines : [new("applications.received", "HV_SINGLE", 3)]));

    private static Snapshot Counted(params Line[] lines) =>
        new() { Ledger = Key, Regions = ["1410"], From = ReportPeriodsTests.City("2026-11-09T00:00"), To = ReportPeriodsTests.City("2026-11-16T00:00"), After = 7, Position = 40, Figures = lines };

    private Decision Say(object content, string partner = "hub")
    {
        var body = content is Snapshot snapshot ? Bytes(snapshot) : "{}"u8.ToArray();
        return Advance(new Input.Received(
            new Event
            {
                Id = Guid.CreateVersion7(now), Source = "urn:hub:ledger", SourceId = "1", Type = EventTypes.LedgerSubmitted, Subject = Key, Partner = partner, Region = "1410", OccurredAt = now,
                Body = body, DataStart = 0, DataLength = body.Length,
            },
            content));
    }

    private Decision Advance(Input input)
    {
        Last = Process.Advance(state, input, new Context(now, ConnectionCase.Set(Pack), Pack.Pin, new HashSet<string> { "bureau" }));
        state = Last.State;
        return Last;
    }

    private static Authority Authority(string id, string? connector) => new() { Id = id, Title = new("能源局", "Energy bureau"), Roles = ["ledger"], Connector = connector, Source = RuleSources.HubDefault };
}
