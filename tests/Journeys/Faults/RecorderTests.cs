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
