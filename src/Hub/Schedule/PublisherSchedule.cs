using Npgsql;
using Quartz;

namespace Hub.Schedule;

/// <summary>
/// Wakes the polls: Quartz, clustered in the hub's own database, so that one node polls and another takes over when it dies. Does nothing, and touches
/// nothing, where no publisher is set up.
/// </summary>
internal sealed class PublisherSchedule(HubSettings settings, IServiceProvider services) : IDisposable
{
    /// <summary>The tables of Quartz lie beside the hub's, under this prefix; Quartz makes them itself.</summary>
    public const string TablePrefix = "qrtz_";

    // A node that dies is missed after both, and the node's own share of connections is small.
    private static readonly TimeSpan Checkin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CheckinTolerance = TimeSpan.FromSeconds(6);
    private const int ConnectionsMax = 6;

    // A turn later than this is missed: one poll makes up for all that were. Within it every late turn is made up for by a poll of its own, and where
    // nobody looks for missed ones (by default once a minute) nothing is polled after a hub was away for long.
    private static readonly TimeSpan Missed = TimeSpan.FromSeconds(5);

    private static readonly TimeZoneInfo Beijing = TimeZoneInfo.CreateCustomTimeZone("Beijing", TimeSpan.FromHours(8), "Beijing", "Beijing");

    private readonly CancellationTokenSource stopping = new();
    private IScheduler? scheduler;

    /// <summary>Set when the hub stops.</summary>
    public CancellationToken Stopping => stopping.Token;

    public static bool IsCron(string text) => CronExpression.TryParse(text, out _);

    /// <summary>Registers Quartz where there is something to poll.</summary>
    public static void Register(IServiceCollection services, HubSettings settings)
    {
        services.AddSingleton<PublisherSchedule>();
        if (settings.Publishers.Count == 0)
            return;
        services.AddQuartz(quartz =>
        {
            // InstanceId stays unset: Quartz then makes one for each node.
            quartz.ConfigureScheduler(scheduler => scheduler.InstanceName = "hub");
            quartz.UseDefaultThreadPool(settings.Publishers.Count);
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(new NpgsqlConnectionStringBuilder(settings.Database) { ApplicationName = "hub-schedule", MaxPoolSize = ConnectionsMax }.ConnectionString);
                store.ConfigureStore(options => (options.TablePrefix, options.MisfireThreshold, options.MisfireHandlerFrequency) = (TablePrefix, Missed, Missed));
                store.UseClustering(cluster => (cluster.CheckinInterval, cluster.CheckinMisfireThreshold) = (Checkin, CheckinTolerance));
                store.ProvisionSchema();
            });
        });
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        if (settings.Publishers.Count == 0)
            return;
        scheduler = await services.GetRequiredService<ISchedulerFactory>().GetScheduler(cancellation);
        await ForgetOthersAsync(scheduler, cancellation);
        foreach (var publisher in settings.Publishers)
            await ScheduleAsync(scheduler, publisher.Name, publisher.Cron, publisher.Every, cancellation);
        await scheduler.Start(cancellation);
    }

    /// <summary>No poll begins any more, and the one under way ends before its next page.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        if (scheduler is not null)
            await scheduler.Shutdown(true, CancellationToken.None);
    }

    public void Dispose() => stopping.Dispose();

    // What is there is kept: a node that overwrote the triggers of the others would make them fire at once, a second time. A changed schedule has a
    // trigger of another name, and the old one goes.
    private static async Task ScheduleAsync(IScheduler scheduler, string name, string? cron, int every, CancellationToken cancellation)
    {
        var job = new JobKey(name);
        if (!await scheduler.Exists(job, cancellation))
        {
            try
            {
                await scheduler.AddJob(JobBuilder.Create<PollJob>().WithIdentity(job).StoreDurably().Build(), new AddJobOptions(), cancellation);
            }
            catch (ObjectAlreadyExistsException)
            {
                // Another node was quicker.
            }
        }

        var trigger = new TriggerKey(cron is null ? $"{name} every {every} s" : $"{name} {cron}");
        var old = (await scheduler.QueryTriggers(new TriggerQuery { Job = job }, cancellation)).Items.Select(found => found.Key).Where(key => !key.Equals(trigger)).ToList();
        if (old.Count > 0)
            await scheduler.UnscheduleJobs(old, cancellation);
        var builder = TriggerBuilder.Create().WithIdentity(trigger).ForJob(job).StartNow();
        await scheduler.ScheduleTrigger(
            cron is null
                ? builder.WithSimpleSchedule(simple => simple.WithInterval(TimeSpan.FromSeconds(every)).RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.NowWithRemainingCount)).Build()
                : builder.WithCronSchedule(cron, schedule => schedule.InTimeZone(Beijing).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed)).Build(),
            TriggerConflict.Keep, cancellation);
    }

    private async Task ForgetOthersAsync(IScheduler scheduler, CancellationToken cancellation)
    {
        var names = settings.Publishers.Select(publisher => publisher.Name).ToHashSet(StringComparer.Ordinal);
        var gone = (await scheduler.QueryJobs(new JobQuery(), cancellation)).Items.Select(job => job.Key).Where(key => !names.Contains(key.Name)).ToList();
        if (gone.Count > 0)
            await scheduler.DeleteJobs(gone, cancellation);
    }
}
