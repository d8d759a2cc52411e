using Godwit.Connections;
using Godwit.Live.Positions;
using Godwit.Live.Rereading;
using Godwit.Migration;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Lanes;

/// <summary>
/// A lane to a server that holds all: each batch goes in one transaction together with the record of how far it goes. So a change is
/// applied once, whatever dies and whenever.
/// </summary>
/// <remarks>
/// Of two transactions the second is queued at the target while the first is applied, but its EXEC is sent only when the first
/// is known to be done: otherwise one that was refused would be overtaken by the next.
/// </remarks>
internal sealed partial class TransactionLane(LaneSettings settings, PositionRecord start) : ChangeLane(settings, start)
{
    // One is on its way, one is filled.
    private const int MostSpare = 2;

    private readonly KeyStateWriter _states = new(settings);
    private readonly Stack<LaneTransaction> _spare = [];
    private RedisConnection? _connection;
    private LaneReplies? _replies;
    private LaneTransaction? _queued;

    // Databases that the target has been seen to have. Within a transaction one that it has not would leave what follows to whichever was
    // selected before.
    private readonly HashSet<int> _databases = [];

    // A change that fails within a transaction is mended once that is answered. Where one may, the record within leaves open what became of
    // its changes, so that whoever goes on from there reads their keys anew.
    private bool _mayFail = settings.MayRefuse;
    private StreamPlace _answered = new(start.Applied, start.Database);

    // It was applied, but its answers are lost.
    private LaneTransaction? _unanswered;

    // Until the target refuses an MSET: its user may be allowed SET alone.
    private bool _mergesSets = true;

    /// <inheritdoc/>
    protected override int MostBatchesOnTheirWay => 1;

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => CloseAsync(_connection);

    /// <inheritdoc/>
    protected override LaneParcel Begin(ILaneChanges changes)
    {
        var transaction = _spare.TryPop(out var spare) && spare.MergesSets == _mergesSets ? spare : NewTransaction();
        transaction.Begin(changes);
        return transaction;
    }

    /// <inheritdoc/>
    protected override void Drop(LaneParcel parcel) => Keep((LaneTransaction)parcel);

    /// <inheritdoc/>
    protected override Task SubmitAsync(LaneParcel parcel, CancellationToken cancellationToken) =>
        PassAsync(End((LaneTransaction)parcel, HereAndNow()), cancellationToken);

    /// <inheritdoc/>
    protected override void Pass(StreamPlace place)
    {
        base.Pass(place);
        _answered = place;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancellationToken)
    {
        if (Record.Applied == Place.Offset)
            return;

        var last = NewTransaction();
        last.Begin(NoChanges.Instance);
        await SubmitAsync(last, cancellationToken).ConfigureAwait(false);
        await SettleAllAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override Task SettleAllAsync(CancellationToken cancellationToken) => PassAsync(null, cancellationToken);

    /// <inheritdoc/>
    protected override async Task RunAsync(LaneErrand errand, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await SettleAllAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await errand.RunAsync(Connection, cancellationToken).ConfigureAwait(false);
                    EndWaiting();
                    errand.SetDone();
                    return;
                }
                catch (Protocol.GodwitException exception) when (MayPass(exception))
                {
                    await ReconnectAsync(exception, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception)
        {
            errand.Fail(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override async Task RunServerWideAsync(
        LaneStep step,
        TouchedKeys touched,
        PositionRecord record,
        CancellationToken cancellationToken
    )
    {
        var alone = NewTransaction();
        alone.Begin(NoChanges.Instance);
        if (touched.IsFlush && !Settings.Slots.IsAll)
        {
            // The record does not say yet that it is done. To do it again does no harm: nothing comes in between.
            var flush = new SlotFlush(Settings.Slots, touched.FlushedDatabase is null ? null : step.Database);
            await RunAsync(new LaneErrand(flush.RunAsync), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            alone.Add(step);
        }

        // All before it is answered. Itself it is not to be left open: what it does to all keys cannot be read anew.
        await PassAsync(EndExactly(alone, record, PlaceOf(record)), cancellationToken).ConfigureAwait(false);
        await SettleAllAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task WriteAsync(int database, KeyStates states, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await StoreRecordAsync(cancellationToken).ConfigureAwait(false);
                await Connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
                await _states.WriteAsync(Connection, database, states, cancellationToken).ConfigureAwait(false);
                EndWaiting();
                return;
            }
            catch (Protocol.GodwitException exception) when (MayPass(exception))
            {
                await ReconnectAsync(exception, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private RedisConnection Connection => _connection!;

    // Where the target refuses changes, each leaves one behind.
    private void Keep(LaneTransaction transaction)
    {
        if (_spare.Count < MostSpare)
            _spare.Push(transaction);
    }

    private LaneTransaction NewTransaction() => new() { MergesSets = _mergesSets };

    private LaneTransaction End(LaneTransaction transaction, PositionRecord record)
    {
        // It is executed only when the one that is queued by now is answered, and mended.
        var reached = PlaceOf(record);
        var sure = _queued?.Reached ?? _answered;
        if (_mayFail && !transaction.HasUnknownKeys && sure.Offset < reached.Offset)
        {
            record = record with
            {
                Applied = sure.Offset,
                Database = sure.Database,
                Sent = Math.Max(record.Sent, reached.Offset),
            };
        }

        return EndExactly(transaction, record, reached);
    }

    private LaneTransaction EndExactly(LaneTransaction transaction, PositionRecord record, StreamPlace reached)
    {
        transaction.ReadAt = ReadAt;
        transaction.End(Settings.PositionKey, Settings.PositionDatabase, Numbered(record), reached);
        return transaction;
    }

    private static StreamPlace PlaceOf(PositionRecord record) => new(record.Applied, record.Database);

    private static bool MayPass(Protocol.GodwitException exception) =>
        exception is ConnectionException or TargetFullException
        || (exception is ServerErrorException refused && LaneErrors.MayPass(refused.ServerMessage));

    private async Task StoreRecordAsync(CancellationToken cancellationToken)
    {
        Record = Record with { Sent = Math.Max(Record.Sent, Reread.Through) };
        await Connection.ExecuteAsync(cancellationToken, "SELECT", Settings.PositionDatabase).ConfigureAwait(false);
        await Connection
            .ExecuteAsync(cancellationToken, "SET", Settings.PositionKey, Record.ToBytes())
            .ConfigureAwait(false);
    }

    private async Task PassAsync(LaneTransaction? next, CancellationToken cancellationToken)
    {
        while (_queued is not null || next is not null)
        {
            try
            {
                if (_queued is null)
                {
                    await SelectOnceAsync(next!, cancellationToken).ConfigureAwait(false);
                    await SendAsync(next!.Body, cancellationToken).ConfigureAwait(false);
                    _queued = next;
                    return;
                }

                // One whose databases the target may lack waits until nothing is on its way.
                var behind = next is null || next.Databases.IsSubsetOf(_databases) ? next : null;
                if (await ExecuteQueuedAsync(behind, cancellationToken).ConfigureAwait(false))
                {
                    if (behind == next)
                        return;
                    continue;
                }
            }
            catch (ConnectionException exception)
            {
                await ReconnectAsync(exception, cancellationToken).ConfigureAwait(false);
                if (_unanswered is null)
                    continue;
                await RereadUnansweredAsync(cancellationToken).ConfigureAwait(false);
            }

            if (_queued is null && next is not null)
            {
                // Keys were read anew meanwhile: what the next one does to them may be in there already.
                await ApplyApartAsync(next, [], cancellationToken).ConfigureAwait(false);
                return;
            }
        }
    }

    private async Task SelectOnceAsync(LaneTransaction transaction, CancellationToken cancellationToken)
    {
        foreach (var database in transaction.Databases)
        {
            if (_databases.Contains(database))
                continue;
            await Connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            _databases.Add(database);
        }
    }

    // Runs the transaction that is queued, and queues the next one behind it. False if there is still something to be done.
    private async Task<bool> ExecuteQueuedAsync(LaneTransaction? next, CancellationToken cancellationToken)
    {
        var prior = _queued!;
        ThrowIfStruck(prior, prior.ReadAt);
        var refused = await _replies!.ReadQueuedAsync(prior.Commands, cancellationToken).ConfigureAwait(false);
        if (refused.Count > 0)
        {
            await DiscardAsync(cancellationToken).ConfigureAwait(false);
            await RecoverAsync(prior, refused, cancellationToken).ConfigureAwait(false);
            return false;
        }

        new RespWriter(Connection.Output).WriteCommand("EXEC");
        await SendAsync(next?.Body ?? default, cancellationToken).ConfigureAwait(false);
        var failed = await _replies.ReadExecutedAsync(prior.Commands, cancellationToken).ConfigureAwait(false);
        var reached = prior.Reached;
        if (failed.Count == 0)
        {
            Settle(prior);
            Pass(reached);
            _queued = next;
            return true;
        }

        if (next is not null)
        {
            await _replies.ReadQueuedAsync(next.Commands, cancellationToken).ConfigureAwait(false);
            await DiscardAsync(cancellationToken).ConfigureAwait(false);
        }

        if (failed[0].Command < 0)
        {
            await RecoverAsync(prior, failed, cancellationToken).ConfigureAwait(false);
            return false;
        }

        _mayFail = true;
        Settle(prior);
        await RepairAsync(prior, failed, cancellationToken).ConfigureAwait(false);
        Pass(reached);
        return false;
    }

    private void Settle(LaneTransaction transaction)
    {
        CountChanges(transaction.Steps.Count);
        Record = transaction.Record;
        _queued = null;
        EndWaiting();
        Keep(transaction);
    }

    private async Task DiscardAsync(CancellationToken cancellationToken)
    {
        // A transaction that was refused as a whole is gone already; the answer then says so, and that is as good.
        await Connection.TryExecuteAsync(cancellationToken, "DISCARD").ConfigureAwait(false);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (body.IsEmpty)
            await Connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        else
            await Connection.Output.WriteAsync(body, cancellationToken).ConfigureAwait(false);
    }

    private async Task ReconnectAsync(Protocol.GodwitException cause, CancellationToken cancellationToken)
    {
        await DisposeAsync().ConfigureAwait(false);
        var reason = cause;
        while (true)
        {
            await WaitAsync(reason, cancellationToken).ConfigureAwait(false);
            try
            {
                await ConnectAsync(cancellationToken).ConfigureAwait(false);

                // A target that takes no writes just now can be connected to all the same.
                if (cause is ConnectionException)
                    EndWaiting();
                return;
            }
            catch (Protocol.GodwitException exception) when (MayPass(exception))
            {
                reason = exception;
            }
        }
    }

    /// <inheritdoc/>
    // The record tells what the target has of what was on its way.
    protected override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _connection = await Settings.ConnectAsync(cancellationToken).ConfigureAwait(false);
        _replies = new LaneReplies(_connection.Input);
        await _connection.ExecuteAsync(cancellationToken, "SELECT", Settings.PositionDatabase).ConfigureAwait(false);
        var reply = await _connection
            .ExecuteAsync(cancellationToken, "GET", Settings.PositionKey)
            .ConfigureAwait(false);
        var found = PositionRecord.TryParse(reply.Bytes.Span);
        if (found?.Job != Record.Job || found.Sequence < Record.Sequence)
            throw new TargetLostChangesException(_connection.Endpoint.ToString(), Record.Applied, found?.Applied);

        _databases.Clear();
        if (_queued is not { } queued)
            return;

        if (found.Sequence < queued.Record.Sequence)
        {
            await SelectOnceAsync(queued, cancellationToken).ConfigureAwait(false);
            await SendAsync(queued.Body, cancellationToken).ConfigureAwait(false);
        }
        else if ((_mayFail || Settings.Expiries.MayHaveStruckSince(queued.ReadAt)) && !queued.HasUnknownKeys)
        {
            Record = queued.Record;
            (_queued, _unanswered) = (null, queued);
        }
        else
        {
            var reached = queued.Reached;
            Settle(queued);
            Pass(reached);
        }
    }
}
