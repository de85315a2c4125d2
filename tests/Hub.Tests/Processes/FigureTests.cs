using Hub.Processes;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Processes;

/// <summary>What cases book for the ledgers: the difference each decision makes, and contrary bookings for what is put right.</summary>
public sealed class FigureTests
{
    private readonly ConnectionCase connection = new();
    private readonly Dictionary<string, int> books = [];

    [Fact]
    public void An_application_is_booked_when_it_comes_with_its_class()
    {
        Book(connection.Apply());

        Assert.Equal(1, books["applications.received HV_SINGLE"]);
        Assert.Equal(["figure applications.received", "part HV_SINGLE", "region 141002", "amount 1"], Assert.Single(Booked(connection.Last)).Text.Split('\n'));
        Assert.Equal(ConnectionCase.Utility, Booked(connection.Last)[0].Partner);
    }

    [Fact]
    public void A_repeat_or_a_report_that_changes_no_figure_books_nothing()
    {
        connection.Apply();
        connection.Apply();
        Assert.Empty(Booked(connection.Last));
        connection.Stage(ConnectionStages.Survey, "START");
        Assert.Empty(Booked(connection.Last));
    }

    [Fact]
    public void A_class_that_is_known_later_is_put_right_by_a_contrary_booking()
    {
        Book(connection.Apply(ConnectionCase.Application() with { Supplies = null }));
        Book(connection.Apply(ConnectionCase.Application(version: 2)));

        Assert.Equal((0, 1), (books["applications.received UNKNOWN"], books["applications.received HV_SINGLE"]));
    }

    [Fact]
    public void Energised_in_time_counts_its_working_days()
    {
        Book(connection.Apply());
        connection.Now = ConnectionCase.At("2021-03-08");
        Book(connection.Stage(ConnectionStages.Metered, "FINISH"));

        Assert.Equal((1, 5), (books["applications.energised in_time"], books["applications.working_days "]));
        Assert.DoesNotContain("applications.overdue ", books);
    }

    [Fact]
    public void Past_the_legal_limit_it_is_overdue_once_and_late_in_the_end()
    {
        Book(connection.Apply());
        connection.Now = ConnectionCase.At("2021-05-10");
        Book(connection.TimeUp());
        Book(connection.TimeUp());
        Book(connection.Stage(ConnectionStages.Metered, "FINISH"));

        Assert.Equal((1, 1), (books["applications.overdue "], books["applications.energised late"]));
    }

    [Fact]
    public void A_correction_of_the_end_books_the_difference()
    {
        Book(connection.Apply());
        connection.Now = ConnectionCase.At("2021-03-05");
        Book(connection.Stage(ConnectionStages.Metered, "FINISH", ConnectionCase.At("2021-03-04T18:00:00")));
        var wrong = connection.LastId;
        Assert.Equal(3, books["applications.working_days "]);
        Book(connection.Stage(ConnectionStages.Metered, "CORRECT", ConnectionCase.At("2021-03-05"), reason: "typed wrong", corrects: wrong));

        Assert.Equal(4, books["applications.working_days "]);
        Assert.Contains("amount 1", Booked(connection.Last).Single(note => note.Text.Contains("working_days", StringComparison.Ordinal)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Pauses_marks_scores_matches_and_cancellations_are_booked()
    {
        Book(connection.Apply(projects: [new() { Key = "2110-141002-04-01-000001", MatchedBy = "code", Confidence = 100 }]));
        Book(connection.Stage(ConnectionStages.Accepted, "PAUSE", kind: "APPLICANT", reason: "补正"));
        Book(connection.Stage(ConnectionStages.Survey, "FINISH", ConnectionCase.At("2021-02-01")));
        Book(connection.Evaluate(4));
        Book(connection.Stage(ConnectionStages.Accepted, "CANCEL", reason: "不办了"));

        Assert.Equal((1, 1, 1, 1), (books["projects.matched code"], books["applications.paused APPLICANT"], books["applications.evaluated 4"], books["applications.cancelled "]));
        Assert.Equal((1, 1), (books["applications.marks BACKDATED"], books["applications.marks OUTSIDE_SYSTEM"]));
    }

    [Fact]
    public void No_booking_names_anybody()
    {
        Book(connection.Apply(ConnectionCase.Application() with { ApplicantName = "张示例", UnitUscc = "911410020000000191", Address = "示例路1号" }));
        Book(connection.Stage(ConnectionStages.Accepted, "PAUSE", kind: "APPLICANT", reason: "张示例补正"));

        Assert.All(Booked(connection.Last), note => Assert.DoesNotContain("示例", note.Text, StringComparison.Ordinal));
        Assert.All(books.Keys, key => Assert.DoesNotContain("A-1", key, StringComparison.Ordinal));
    }

    // The list of earlier transfers is cut at twenty; the figures are not.
    [Fact]
    public void Every_transfer_of_a_property_counts_however_many_there_were()
    {
        var property = new CoTransferCase();
        for (var number = 1; number <= 23; number++)
        {
            property.Now = property.Now.AddDays(1);
            Book(property.Registered(Transfers.Record(registry: $"DJ-{number}") with { Consent = new() { Granted = false } }));
        }

        Assert.Equal((23, 23), (books["co_transfers.received "], books["co_transfers.ended NO_CONSENT"]));
        Assert.Equal(20, property.State.Past.Count);
    }

    [Fact]
    public void An_item_that_is_exempt_is_booked_once_it_is()
    {
        var permits = new PermitCase { Region = "140702", Operator = "sgcc-jinzhong" };

        Book(permits.Applied(permits.Application() with
        {
            Purpose = "LV_SMALL_MICRO", Applicant = "示例便利店", Occupies = [Occupied.Sidewalk], InUrbanDistrict = true, InsideForbidden = false, MunicipalFacility = false,
            WorkPosition = "示例路1号", WorkQuantity = "电缆30米",
        }));

        Assert.Equal(1, books["permits.exempt EXEMPT"]);
    }

    [Fact]
    public void A_decision_that_is_made_again_books_the_same()
    {
        var again = new ConnectionCase();

        Assert.Equal(Booked(connection.Apply()).Select(note => note.Text), Booked(again.Apply()).Select(note => note.Text));
    }

    private static IReadOnlyList<Note> Booked(Decision decision) => [.. decision.Notes.Where(note => note.Kind == Figure.Booked)];

    private void Book(Decision decision)
    {
        foreach (var lines in Booked(decision).Select(note => note.Text.Split('\n').Select(line => line.Split(' ', 2)[1]).ToArray()))
            books[$"{lines[0]} {lines[1]}"] = books.GetValueOrDefault($"{lines[0]} {lines[1]}") + int.Parse(lines[3], System.Globalization.CultureInfo.InvariantCulture);
    }
}
