using System.Runtime.ExceptionServices;
using Godwit.Batches;
using Godwit.Protocol;
using Godwit.Sources;
using Godwit.Targets;

namespace Godwit.Migration;

/// <summary>
/// One migration from beginning to end: both ends are opened and checked, then every batch of the source goes to the target,
/// then the account is closed.
/// </summary>
internal sealed class MigrationJob(MigrationOptions options, IMigrationLog log, TimeProvider timeProvider)
    : IMigrationRun
{
    private readonly long _started = timeProvider.GetTimestamp();
    private volatile Ledger? _ledger;
    private volatile EntrySource? _source;
    private volatile EntryTarget? _target;
    private volatile string _phase = "connecting";
    private volatile bool _writing;
    private bool _canTellConflicts;

    /// <inheritdoc/>
    public MigrationProgress Progress =>
        new(_ledger?.Counts ?? default, _source?.BytesRead ?? 0, _source?.ExpectedKeys, _source?.ExpectedBytes, _phase);

    /// <inheritdoc/>
    public async Task<MigrationReport> RunAsync(CancellationToken stop)
    {
        using var deadLetters = new DeadLetters(options.ErrorsFile, options.MaxErrors);
        var ledger = new Ledger(deadLetters, options.AllowLoss);
        _ledger = ledger;
        var opener = new EndsOpener(options, ledger, log, timeProvider);
        await using var closing = opener.ConfigureAwait(false);
        MigrationFailure? failure = null;
        var stopped = false;
        try
        {
            deadLetters.EnsureWritable();
            var ends = await opener.OpenAsync(() => _writing = true, stop).ConfigureAwait(false);
            _source = ends.Source;
            _target = ends.Target;
            _canTellConflicts = ends.CanTellConflicts;
            _phase = "copying";
            await CopyAsync(ends, ledger, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            stopped = true;
        }
        catch (GodwitException exception)
        {
            failure = new MigrationFailure(exception.Message, exception.WhatToDo, !_writing, exception);
        }

        return Report(ledger, deadLetters, failure, stopped);
    }

    // What the source has given is written and settled even where the source breaks off or its user stops the run.
    private async Task CopyAsync(Ends ends, Ledger ledger, CancellationToken stop)
    {
        var (source, target, retry, _) = ends;
        ExceptionDispatchInfo? broken = null;
        try
        {
            await CopyAsync(source.ReadAsync(stop), target, stop).ConfigureAwait(false);
            while (await MustLookAgainAsync(source, target, ledger, stop).ConfigureAwait(false))
                await CopyAsync(source.LookAgainAsync(stop), target, stop).ConfigureAwait(false);

            retry?.SettleMissing(ledger.Open(source: null));
        }
        catch (Exception exception) when (exception is GodwitException or OperationCanceledException)
        {
            broken = ExceptionDispatchInfo.Capture(exception);
        }

        _phase = "finishing";
        try
        {
            await target.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (GodwitException exception) when (broken?.SourceException is GodwitException)
        {
            // What broke off first is what the report tells. Where the target was it, it has told us twice.
            if (exception != broken.SourceException)
                log.Warn($"{exception.Message}.");
        }

        broken?.Throw();
        if (ledger.Unsettled != 0)
            throw new InvalidOperationException($"{ledger.Unsettled} entries were read and never accounted for");
    }

    private async Task CopyAsync(IAsyncEnumerable<EntryBatch> batches, EntryTarget target, CancellationToken stop)
    {
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            batch.Account.Take(batch.Count);
            _writing = true;
            await target.WriteAsync(batch, CancellationToken.None).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }
    }

    // What is read again must not be overtaken by what was read before, nor be counted beside it.
    private static async Task<bool> MustLookAgainAsync(
        EntrySource source,
        EntryTarget target,
        Ledger ledger,
        CancellationToken stop
    )
    {
        if (!source.MayLookAgain)
            return false;
        await target.SettleAsync(() => ledger.Unsettled == 0, stop).ConfigureAwait(false);
        return await source.MustLookAgainAsync(stop).ConfigureAwait(false);
    }

    private MigrationReport Report(Ledger ledger, DeadLetters deadLetters, MigrationFailure? failure, bool stopped)
    {
        var counts = ledger.Counts;
        var status =
            failure is not null ? MigrationStatus.Failed
            : stopped ? MigrationStatus.Interrupted
            : counts.Failed > 0 ? MigrationStatus.Partial
            : MigrationStatus.Completed;
        return new MigrationReport
        {
            Status = status,
            Keys = counts,
            BytesRead = _source?.BytesRead ?? 0,
            BytesWritten = _target?.BytesWritten ?? 0,
            Duration = timeProvider.GetElapsedTime(_started),
            Sources = _source?.Reports ?? SourceReport.NotOpened(options.Sources),
            Target = _target?.Report ?? new TargetReport(options.Target.ToString()!, null, null),
            Conflicts = _canTellConflicts ? ledger.Existing : null,
            Events = ledger.Events.All,
            FunctionsWritten = ledger.FunctionsWritten,
            Lost = ledger.Lost,
            ErrorsFile = deadLetters.Any ? deadLetters.Path : null,
            Failure = failure,
            ResumeCommand = ResumeCommand.For(options, status, deadLetters, _writing, copying: _target is not null),
        };
    }
}
