using Godwit.Live.Links;
using Godwit.Migration;

namespace Godwit.Live.Status;

/// <summary>Looks at a running job each second, and says how it stands.</summary>
internal sealed class JobWatch(
    ILiveJob job,
    MigrationOptions options,
    LiveOptions live,
    string directory,
    LastError errors,
    TimeProvider timeProvider
)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly DateTimeOffset _since = timeProvider.GetUtcNow();
    private readonly ChangeRates _rates = new(timeProvider);

    /// <summary>Notes the rates, and warns when the spool takes nothing more, until it is told to end.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        string? heldBack = null;
        try
        {
            while (true)
            {
                var changes = job.Changes ?? default;
                _rates.Note(changes.Received, changes.Applied);
                var now = job.Link?.HeldBack;
                if (now is not null && heldBack is null)
                    errors.Warn($"The source is not read for now: {now}. It keeps its changes for us meanwhile.");
                else if (now is null && heldBack is not null)
                    errors.Info("The spool has room again: the source is read.");
                heldBack = now;
                await Task.Delay(LookEvery, timeProvider, enough).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // The job has ended.
        }
    }

    /// <summary>How it stands now.</summary>
    /// <param name="report">How it ended; null while it runs.</param>
    public JobStatus Status(MigrationReport? report = null)
    {
        var progress = job.Progress;
        var changes = job.Changes;
        var link = job.Link;
        return new JobStatus
        {
            Running = report is null,
            Phase = report is null ? progress.Phase : Ended(report),
            Job = job.Job,
            Directory = directory,
            Source = options.Sources[0].ToString()!,
            Target = options.Target.ToString()!,
            Process = Environment.ProcessId,
            Since = _since,
            Offset = changes?.Offset,
            Servers = Servers(),
            Keys = Keys(progress),
            Changes = changes is { } counts ? Changes(counts) : null,
            Spool = link is null ? null : Spool(link),
            Link = link is null
                ? null
                : new LinkReport(PhaseOf(link.Phase), link.Endpoint, link.Joins, link.Generation),
            Expiries = new ExpiryStatus(
                job.Expiries.HoldsAll ? "all" : "near",
                job.Expiries.HeldBack,
                job.Expiries.Released
            ),
            LastError = report?.Failure is { } failure
                ? new ErrorStatus(failure.Message, timeProvider.GetUtcNow())
                : errors.Last,
            ResumeCommand = report?.ResumeCommand,
        };
    }

    private static string Ended(MigrationReport report) =>
        report.Status switch
        {
            MigrationStatus.Interrupted => "stopped",
            MigrationStatus.Failed => "failed",
            _ => "done",
        };

    private ServerStatus[]? Servers() =>
        job.Places is { Count: > 0 } places
            ?
            [
                .. places.Select(place => new ServerStatus(
                    place.Server,
                    place.ReplicationId,
                    place.Offset,
                    place.LagBytes
                )),
            ]
            : null;

    private static KeyStatus Keys(MigrationProgress progress) =>
        new(
            progress.Keys.Read,
            progress.Keys.Written,
            progress.Keys.Skipped,
            progress.Keys.Filtered,
            progress.Keys.Expired,
            progress.Keys.Failed,
            progress.ExpectedKeys
        );

    private ChangeStatus Changes(LiveCounts counts)
    {
        var (received, applied) = _rates.PerSecond(counts.Received, counts.Applied);
        return new ChangeStatus(
            counts.Received,
            counts.Applied,
            counts.Repaired,
            Math.Round(received, 1),
            Math.Round(applied, 1),
            counts.LagBytes,
            Math.Round(counts.Lag.TotalMilliseconds),
            counts.IsCaughtUp
        );
    }

    private SpoolStatus Spool(LinkStatus link) =>
        new(link.BytesInMemory, link.BytesOnDisk, link.Unread, live.MaxDisk, link.HeldBack);

    private static string PhaseOf(LinkPhase phase) =>
        phase switch
        {
            LinkPhase.Joining => "joining",
            LinkPhase.Preparing => "preparing",
            LinkPhase.Snapshot => "snapshot",
            LinkPhase.Streaming => "streaming",
            _ => "ended",
        };
}
