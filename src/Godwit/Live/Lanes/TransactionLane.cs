using Godwit.Connections;
using Godwit.Live.Positions;
using Godwit.Live.Rereading;
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
    private readonly KeyStateWriter _states = new(settings);
    private readonly Stack<LaneTransaction> _spare = [];
    private RedisConnection? _connection;
    private LaneReplies? _replies;
    private LaneTransaction? _queued;

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
    protected override void Drop(LaneParcel parcel) => _spare.Push((LaneTransaction)parcel);

    /// <inheritdoc/>
    protected override Task SubmitAsync(LaneParcel parcel, CancellationToken cancellationToken) =>
        PassAsync(End((LaneTransaction)parcel, HereAndNow()), cancellationToken);

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
                    errand.SetDone();
                    return;
                }
                catch (ConnectionException exception)
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

        await PassAsync(End(alone, record), cancellationToken).ConfigureAwait(false);
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
                return;
            }
            catch (ConnectionException exception)
            {
                await ReconnectAsync(exception, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private RedisConnection Connection => _connection!;

    private LaneTransaction NewTransaction() => new() { MergesSets = _mergesSets };

    private LaneTransaction End(LaneTransaction transaction, PositionRecord record)
    {
        transaction.End(Settings.PositionKey, Settings.PositionDatabase, Numbered(record));
        return transaction;
    }

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
                    await SendAsync(next!.Body, cancellationToken).ConfigureAwait(false);
                    _queued = next;
                    return;
                }

                if (await ExecuteQueuedAsync(next, cancellationToken).ConfigureAwait(false))
                    return;

                if (_queued is null && next is not null)
                {
                    // Keys were read anew meanwhile: what the next one does to them may be in there already.
                    await ApplyApartAsync(next, [], cancellationToken).ConfigureAwait(false);
                    return;
                }
            }
            catch (ConnectionException exception)
            {
                await ReconnectAsync(exception, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Runs the transaction that is queued, and queues the next one behind it. False if there is still something to be done.
    private async Task<bool> ExecuteQueuedAsync(LaneTransaction? next, CancellationToken cancellationToken)
    {
        var prior = _queued!;
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
        if (failed.Count == 0)
        {
            Settle(prior);
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

        Settle(prior);
        await RepairAsync(prior, failed, cancellationToken).ConfigureAwait(false);
        return false;
    }

    private void Settle(LaneTransaction transaction)
    {
        CountChanges(transaction.Steps.Count);
        Record = transaction.Record;
        Applied = Record.Applied;
        _queued = null;
        EndWaiting();
        _spare.Push(transaction);
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

    private async Task ReconnectAsync(ConnectionException cause, CancellationToken cancellationToken)
    {
        await DisposeAsync().ConfigureAwait(false);
        Protocol.GodwitException reason = cause;
        while (true)
        {
            await WaitAsync(reason, cancellationToken).ConfigureAwait(false);
            try
            {
                await ConnectAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (ConnectionException exception)
            {
                reason = exception;
            }
            catch (ServerErrorException exception) when (LaneErrors.MayPass(exception.ServerMessage))
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

        EndWaiting();
        if (_queued is { } queued && found.Sequence >= queued.Record.Sequence)
            Settle(queued);
        if (_queued is not null)
            await SendAsync(_queued.Body, cancellationToken).ConfigureAwait(false);
    }
}
