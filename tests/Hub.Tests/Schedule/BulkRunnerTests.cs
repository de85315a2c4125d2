using Hub.Ledger;
using Hub.Schedule;
using Xunit;

namespace Hub.Tests.Schedule;

public sealed class BulkRunnerTests
{
    [Theory]
    // Canaries first, no more of them than asked for, and no other before all of them were taken.
    [InlineData("canary", 20, 0, 0, 0, 0, 3, "canary")]
    [InlineData("canary", 18, 2, 0, 0, 0, 1, "canary")]
    [InlineData("canary", 17, 1, 2, 0, 0, 0, "canary")]
    [InlineData("canary", 17, 0, 3, 0, 0, 0, "ramp")]
    [InlineData("canary", 17, 0, 2, 0, 1, 0, "ramp")]
    // One that fails again stops it.
    [InlineData("canary", 17, 1, 1, 1, 0, 0, "failed")]
    // Fewer than there are canaries.
    [InlineData("canary", 0, 0, 2, 0, 0, 0, "done")]
    [InlineData("canary", 0, 1, 1, 0, 0, 0, "canary")]
    // Then the rate, and no more than are left.
    [InlineData("ramp", 17, 0, 3, 0, 0, 5, "ramp")]
    [InlineData("ramp", 2, 9, 9, 0, 0, 2, "ramp")]
    [InlineData("ramp", 0, 1, 19, 0, 0, 0, "ramp")]
    [InlineData("ramp", 0, 0, 19, 1, 0, 0, "done")]
    // A few failures are told in the result; as many as successes stop it.
    [InlineData("ramp", 50, 0, 4, 5, 0, 5, "ramp")]
    [InlineData("ramp", 50, 0, 6, 5, 0, 5, "ramp")]
    [InlineData("ramp", 50, 0, 5, 6, 0, 0, "failed")]
    public void A_job_goes_on_only_while_it_goes_well(string state, long open, long sent, long taken, long again, long refused, int send, string next)
    {
        var job = new BulkJob(1, "li.ming", "", "", Canary: 3, Rate: 5, state, null, default, default);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["open"] = open, ["sent"] = sent, ["taken"] = taken, ["again"] = again, ["refused"] = refused };

        Assert.Equal((send, next), BulkRunner.Next(job, counts.GetValueOrDefault));
    }
}
