using Godwit.Live.Routing;
using Godwit.Live.State;
using Godwit.Live.Status;
using Godwit.Migration;

namespace Godwit.Live;

/// <summary>
/// One run of a live job with all that is around it: the state directory is its alone, whoever asks how it stands is answered,
/// and the state says afterwards how it ended.
/// </summary>
/// <param name="options">What its user chose.</param>
/// <param name="live">What its user chose about following.</param>
/// <param name="log">Hears what happens.</param>
/// <param name="create">Creates the job, with a log of its own.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class LiveRun(
    MigrationOptions options,
    LiveOptions live,
    IMigrationLog log,
    Func<IMigrationLog, ILiveJob> create,
    TimeProvider timeProvider
) : IMigrationRun
{
    private readonly long _started = timeProvider.GetTimestamp();
    private volatile ILiveJob? _job;

    /// <inheritdoc/>
    public MigrationProgress Progress => _job?.Progress ?? new(default, 0, null, null, LivePhase.Connecting);

    /// <inheritdoc/>
    public async Task<MigrationReport> RunAsync(CancellationToken stop)
    {
        var source = options.Sources[0].ToString()!;
        var path = live.StateDirectory ?? JobDirectory.DefaultPath(source, options.Target.ToString()!);
        try
        {
            var directory = JobDirectory.Open(path);
            using var held = JobLock.Take(directory.DirectoryPath);
            return await RunAsync(directory.DirectoryPath, stop).ConfigureAwait(false);
        }
        catch (RefusedException exception)
        {
            return NotBegun(exception);
        }
    }

    private async Task<MigrationReport> RunAsync(string directory, CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var ended = new CancellationTokenSource();
        var errors = new LastError(log, timeProvider);
        var job = create(errors);
        _job = job;
        var watch = new JobWatch(job, options, live, directory, errors, timeProvider);
        var asked = 0;
        var socket = JobSocket.Listen(directory, () => watch.Status(), Stop, timeProvider, job.RereadAsync);
        await using var closing = socket.ConfigureAwait(false);
        var watching = watch.RunAsync(ended.Token);
        try
        {
            var report = await job.RunAsync(enough.Token).ConfigureAwait(false);
            NoteEnd(directory, report);
            socket.End(watch.Status(report));
            return report;
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }

        void Stop()
        {
            if (Interlocked.Exchange(ref asked, 1) != 0)
                return;
            log.Info("Asked to stop by 'godwit stop': stopping in order.");
            Cancel(enough);
        }
    }

    // Whoever resumes or asks later is to know that it was not killed. What was refused has not begun, and changes nothing.
    private void NoteEnd(string path, MigrationReport report)
    {
        if (
            report.Failure is { BeforeFirstWrite: true }
            || JobDirectory.Find(path) is not { State: { } state } directory
        )
            return;

        directory.Save(
            state with
            {
                Seen = timeProvider.GetUtcNow(),
                Ended = report.Failure is null ? JobState.Stopped : JobState.Failed,
                Error = report.Failure?.Message,
                Refusal = (report.Failure?.Exception as ChangeRefusedException)?.Message,
            }
        );
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended while it was asked to.
        }
    }

    private MigrationReport NotBegun(RefusedException exception) =>
        new()
        {
            Status = MigrationStatus.Failed,
            Keys = default,
            BytesRead = 0,
            BytesWritten = 0,
            Duration = timeProvider.GetElapsedTime(_started),
            Sources = SourceReport.NotOpened(options.Sources),
            Target = new TargetReport(options.Target.ToString()!, Server: null, Write: null),
            Failure = new MigrationFailure(exception.Message, exception.WhatToDo, BeforeFirstWrite: true, exception),
        };
}
