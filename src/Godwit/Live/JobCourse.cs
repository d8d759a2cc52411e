using Godwit.Live.Routing;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Sources;
using Godwit.Targets;

namespace Godwit.Live;

/// <summary>
/// What every live job has around its work: the files and counts of what fails, and the report of how it ended. For one run; what it says
/// of itself may be read from any thread.
/// </summary>
/// <param name="options">What the user chose.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class JobCourse(MigrationOptions options, TimeProvider timeProvider)
{
    private readonly long _started = timeProvider.GetTimestamp();
    private volatile Ledger? _ledger;
    private volatile bool _isWriting;

    /// <summary>The keys so far.</summary>
    public KeyCounts Counts => _ledger?.Counts ?? default;

    /// <summary>The target may have been written to: from here on the job can be resumed.</summary>
    public bool IsWriting
    {
        get => _isWriting;
        set => _isWriting = value;
    }

    /// <summary>Does the work, and reports how it ended. It throws for nothing that a user may meet.</summary>
    /// <param name="work">The work. It may be left in order when it is told to stop.</param>
    /// <param name="ends">What was read and written last; null where it did not come to that.</param>
    /// <param name="changes">The changes; null where it did not come to that.</param>
    /// <param name="stop">Ends it in order.</param>
    public async Task<MigrationReport> RunAsync(
        Func<Ledger, DeadLetters, CancellationToken, Task> work,
        Func<(EntrySource? Source, EntryTarget? Target)> ends,
        Func<LiveCounts?> changes,
        CancellationToken stop
    )
    {
        using var deadLetters = new DeadLetters(options.ErrorsFile, options.MaxErrors);
        var ledger = new Ledger(deadLetters, options.AllowLoss);
        _ledger = ledger;
        MigrationFailure? failure = null;
        var stopped = false;
        try
        {
            deadLetters.EnsureWritable();
            await work(ledger, deadLetters, stop).ConfigureAwait(false);
            stopped = stop.IsCancellationRequested;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            stopped = true;
        }
        catch (GodwitException exception)
        {
            failure = new MigrationFailure(exception.Message, exception.WhatToDo, !_isWriting, exception);
        }

        var status =
            failure is not null ? MigrationStatus.Failed
            : stopped ? MigrationStatus.Interrupted
            : deadLetters.Any ? MigrationStatus.Partial
            : MigrationStatus.Completed;
        var (source, target) = ends();
        return new MigrationReport
        {
            Status = status,
            Keys = ledger.Counts,
            BytesRead = source?.BytesRead ?? 0,
            BytesWritten = target?.BytesWritten ?? 0,
            Duration = timeProvider.GetElapsedTime(_started),
            Sources = source?.Reports ?? SourceReport.NotOpened(options.Sources),
            Target = target?.Report ?? new TargetReport($"{options.Target}", null, null),
            Events = ledger.Events.All,
            FunctionsWritten = ledger.FunctionsWritten,
            Lost = ledger.Lost,
            ErrorsFile = deadLetters.Any ? deadLetters.Path : null,
            Failure = failure,
            Live = changes() ?? (_isWriting ? new LiveCounts() : null),
            ResumeCommand = CanBeResumed(status, failure) ? ResumeCommand.ForLive(options) : null,
        };
    }

    // After a change that cannot be passed on it would stop there again.
    private bool CanBeResumed(MigrationStatus status, MigrationFailure? failure) =>
        _isWriting
        && status is MigrationStatus.Failed or MigrationStatus.Interrupted
        && failure?.Exception is not ChangeRefusedException;
}
