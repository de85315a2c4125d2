using Hub.Simulators;

namespace Hub.Journeys.Faults;

/// <summary>The figures are only worth something if each fault moves its own.</summary>
public sealed class RecorderTests
{
    private static readonly Guid[] Events = [.. Enumerable.Range(1, 3).Select(number => new Guid(number, 0, 0, new byte[8]))];
    private static readonly Guid[] Commands = [.. Enumerable.Range(101, 3).Select(number => new Guid(number, 0, 0, new byte[8]))];

    [Fact]
    public void A_clean_run_has_nothing_to_report() =>
        Assert.Equal((3, 3, 0, 0, 0, 0, 0), Counted(Hit(0, 1), Hit(1, 2), Hit(2, 3)));

    [Fact]
    public void What_no_partner_has_is_lost_and_leaves_a_gap() =>
        Assert.Equal((3, 2, 1, 0, 0, 0, 1), Counted(Hit(0, 1), Hit(2, 3)));

    [Fact]
    public void The_same_id_again_is_a_duplicate_without_effect() =>
        Assert.Equal((3, 3, 0, 1, 0, 0, 0), Counted(Hit(0, 1), Hit(0, 1) with { Effect = false }, Hit(1, 2), Hit(2, 3)));

    [Fact]
    public void A_second_effect_and_a_wrong_order_are_seen()
    {
        Assert.Equal((3, 3, 0, 0, 1, 1, 0), Counted(Hit(0, 1), Hit(0, 1), Hit(1, 2), Hit(2, 3)));
        Assert.Equal((3, 3, 0, 0, 0, 1, 0), Counted(Hit(0, 1), Hit(2, 3), Hit(1, 2)));
    }

    [Fact]
    public void A_call_that_begins_before_the_one_before_it_in_its_lane_is_done_overlaps_it()
    {
        var first = Hit(0, 1) with { Began = At(0), Time = At(4) };
        Assert.Equal(0, Recorder.Overlaps([first, Hit(1, 2) with { Began = At(5), Time = At(6) }]));
        Assert.Equal(1, Recorder.Overlaps([first, Hit(1, 2) with { Began = At(3), Time = At(6) }]));
        Assert.Equal(0, Recorder.Overlaps([first, Hit(1, 2) with { Began = At(3), Time = At(6), Subject = "another case" }]));

        static DateTimeOffset At(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);
    }

    [Fact]
    public void The_line_says_every_figure() => Assert.Equal(
        "accepted 9 · delivered 8 · lost 1 · duplicated 2 (same id) · duplicated effect 3 · out of order 4 · gaps 5 · parked 6 · longest stall 0.7 s · recovery 8.1 s · chain bad",
        new Figures(9, 8, 2, 3, 4, 5, 6, 0.71, 8.09, ChainOk: false).ToString());

    private static (int, int, int, int, int, int, int) Counted(params JournalEntry[] hits)
    {
        var recorder = new Recorder();
        foreach (var id in Events)
            recorder.Accept(id, "case");
        var figures = recorder.Count(hits, Events.Zip(Commands).ToDictionary(pair => pair.First, IReadOnlyList<Guid> (pair) => [pair.Second]), parked: 0, recovery: 0, chainOk: true);
        return (figures.Accepted, figures.Delivered, figures.Lost, figures.Duplicated, figures.DuplicateEffects, figures.OutOfOrder, figures.Gaps);
    }

    private static JournalEntry Hit(int command, long sequence) => new(default, "partner", Commands[command], "case", sequence, "update", Effect: true);
}
