using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.Positions;
using Godwit.Live.Rereading;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Lanes;

/// <summary>
/// A lane to the primary of a cluster's shard. A cluster takes no transaction over several slots, so changes go one by one, and the
/// record says beforehand up to where they may have been applied. Whoever begins anew from it reads the keys of all changes in
/// between from the source, instead of applying them a second time.
/// </summary>
/// <remarks>
/// It does not connect again: whatever happens to its server or to its slots, all lanes begin anew (<see cref="LaneInterruptedException"/>).
/// A change that a server sends elsewhere is no such case: its keys are read anew and written to whoever has them.
/// </remarks>
internal sealed class ClusterLane(LaneSettings settings, PositionRecord start, ClusterKeyWriter writer)
    : ChangeLane(settings, start)
{
    // Bytes of the stream that a record allows ahead. So much is read anew after a crash, and a record is written for each half of it.
    private const long Ahead = 1024 * 1024;

    // Enough that the target always finds the next one.
    private const int MostOnTheirWay = 2;

    private readonly Queue<PlainParcel> _onTheirWay = new();
    private readonly Stack<PlainParcel> _spare = new();
    private RedisConnection? _connection;
    private LaneReplies? _replies;
    private long _allowed = start.Sent;
    private int _appliedDatabase = start.Database;

    /// <inheritdoc/>
    protected override int MostBatchesOnTheirWay => MostOnTheirWay;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await CloseAsync(_connection).ConfigureAwait(false);
        await writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override Task ConnectAsync(CancellationToken cancellationToken) =>
        InterruptibleAsync(async () =>
        {
            _connection = await Settings.ConnectAsync(cancellationToken).ConfigureAwait(false);
            _replies = new LaneReplies(_connection.Input);
        });

    /// <inheritdoc/>
    protected override LaneParcel Begin(ILaneChanges changes)
    {
        var parcel = _spare.TryPop(out var spare) ? spare : new PlainParcel();
        parcel.Begin(changes);
        return parcel;
    }

    /// <inheritdoc/>
    protected override void Drop(LaneParcel parcel) => _spare.Push((PlainParcel)parcel);

    /// <inheritdoc/>
    protected override Task SubmitAsync(LaneParcel parcel, CancellationToken cancellationToken) =>
        InterruptibleAsync(() => SubmitAsync((PlainParcel)parcel, cancellationToken));

    /// <inheritdoc/>
    protected override Task SettleAllAsync(CancellationToken cancellationToken) =>
        _onTheirWay.Count == 0 ? Task.CompletedTask : InterruptibleAsync(() => SettleDownToAsync(0, cancellationToken));

    /// <inheritdoc/>
    protected override async Task RunAsync(LaneErrand errand, CancellationToken cancellationToken)
    {
        try
        {
            await InterruptibleAsync(() => errand.RunAsync(Connection, cancellationToken)).ConfigureAwait(false);
            errand.SetDone();
        }
        catch (Exception exception)
        {
            errand.Fail(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override Task RunServerWideAsync(
        LaneStep step,
        TouchedKeys touched,
        PositionRecord record,
        CancellationToken cancellationToken
    ) =>
        InterruptibleAsync(async () =>
        {
            if (touched.IsFlush && Settings.Slots.IsAll)
            {
                // One transaction: it would take the record along.
                await FlushAsync(step, Numbered(record), cancellationToken).ConfigureAwait(false);
                return;
            }

            if (touched.IsFlush)
            {
                var flush = new SlotFlush(Settings.Slots, touched.FlushedDatabase is null ? null : step.Database);
                await flush.RunAsync(Connection, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await RunLibraryChangeAsync(step, cancellationToken).ConfigureAwait(false);
            }

            await StoreAsync(record, cancellationToken).ConfigureAwait(false);
            CountChanges(1);
            Applied = record.Applied;
        });

    /// <inheritdoc/>
    protected override Task WriteAsync(int database, KeyStates states, CancellationToken cancellationToken) =>
        InterruptibleAsync(async () =>
        {
            if (states.Offset > _allowed)
                await StoreAsync(Record with { Sent = states.Offset }, cancellationToken).ConfigureAwait(false);
            await writer.WriteAsync(Connection, database, states, cancellationToken).ConfigureAwait(false);
        });

    /// <inheritdoc/>
    protected override Task EndAsync(CancellationToken cancellationToken) =>
        InterruptibleAsync(() => StoreAsync(HereAndNow(), cancellationToken));

    private RedisConnection Connection => _connection!;

    private async Task SubmitAsync(PlainParcel parcel, CancellationToken cancellationToken)
    {
        var reached = HereAndNow();
        parcel.End(reached);
        ThrowIfStruck(parcel, ReadAt);
        if (parcel.Steps.Count == 0)
        {
            await SettleDownToAsync(0, cancellationToken).ConfigureAwait(false);
            await StoreAsync(reached, cancellationToken).ConfigureAwait(false);
            Applied = reached.Applied;
            _spare.Push(parcel);
            return;
        }

        if (reached.Sent > _allowed)
        {
            await SettleDownToAsync(0, cancellationToken).ConfigureAwait(false);
            await StoreAsync(AllowedFrom(reached), cancellationToken).ConfigureAwait(false);
        }
        else if (_allowed - reached.Sent < Ahead / 2)
        {
            parcel.AddRecord(Settings.PositionKey, Settings.PositionDatabase, Numbered(AllowedFrom(reached)));
        }

        _onTheirWay.Enqueue(parcel);
        await Connection.Output.WriteAsync(parcel.Body, cancellationToken).ConfigureAwait(false);
        await SettleDownToAsync(MostOnTheirWay, cancellationToken).ConfigureAwait(false);
    }

    // What is applied is known now; what may be is everything up to a while from here.
    private PositionRecord AllowedFrom(PositionRecord reached) =>
        reached with
        {
            Applied = Applied,
            Database = _appliedDatabase,
            Sent = reached.Sent + Ahead,
        };

    private async Task SettleDownToAsync(int most, CancellationToken cancellationToken)
    {
        while (_onTheirWay.Count > most)
        {
            var parcel = _onTheirWay.Peek();
            var failed = await ReadAsync(parcel, cancellationToken).ConfigureAwait(false);
            if (failed.Count > 0)
            {
                await RepairAsync(failed, cancellationToken).ConfigureAwait(false);
                continue;
            }

            Settle(_onTheirWay.Dequeue());
        }
    }

    private void Settle(PlainParcel parcel)
    {
        CountChanges(parcel.Steps.Count);
        Applied = parcel.Reached!.Applied;
        _appliedDatabase = parcel.Reached.Database;
        EndWaiting();
        _spare.Push(parcel);
    }

    // Some changes of the oldest parcel failed. What came behind them, in those that are on their way as well, and built on their keys has
    // gone astray without an error.
    private async Task RepairAsync(HashSet<int> failedOfFirst, CancellationToken cancellationToken)
    {
        var astray = new HashSet<DatabaseKey>();
        var failed = failedOfFirst;
        var isFirst = true;
        PositionRecord? reached = null;
        while (_onTheirWay.TryDequeue(out var parcel))
        {
            if (!isFirst)
                failed = await ReadAsync(parcel, cancellationToken).ConfigureAwait(false);
            isFirst = false;
            CountRepaired(failed.Count);
            for (var i = 0; i < parcel.Steps.Count; i++)
            {
                if (astray.Count > 0 || failed.Contains(i))
                    AddAstray(parcel.Changes!.KeysOf(parcel.Steps[i]), failed.Contains(i), astray);
            }

            // Not settled as a place before all is mended: a record must not say that it is.
            CountChanges(parcel.Steps.Count - failed.Count);
            reached = parcel.Reached;
            _spare.Push(parcel);
        }

        foreach (var keys in astray.Chunk(MostDue))
            await RereadAsync(keys, cancellationToken).ConfigureAwait(false);
        Applied = reached!.Applied;
        _appliedDatabase = reached.Database;
    }

    // The indexes of the changes that failed.
    private async Task<HashSet<int>> ReadAsync(PlainParcel parcel, CancellationToken cancellationToken)
    {
        HashSet<int>? failed = null;
        foreach (var shape in parcel.Shapes)
        {
            if (shape.Kind == PlainParcel.ReplyKind.Executed)
            {
                var executed = await Connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
                for (var i = shape.Step; i < shape.End; i++)
                {
                    var isDone = !executed.IsError && !executed.IsNull && !executed.Items[i - shape.Step].IsError;
                    if (!isDone)
                        (failed ??= []).Add(i);
                }

                if (executed.IsError)
                    NoteMove(executed.Text);
                continue;
            }

            if (await _replies!.ReadOneAsync(cancellationToken).ConfigureAwait(false) is not { } error)
            {
                if (shape.Kind == PlainParcel.ReplyKind.Record)
                {
                    Record = parcel.Record!;
                    _allowed = Record.Sent;
                }

                continue;
            }

            NoteMove(error);
            switch (shape.Kind)
            {
                // Of a transaction EXEC will say so too. Without the record no more is allowed than before: it is written apart then.
                case PlainParcel.ReplyKind.Step:
                    (failed ??= []).Add(shape.Step);
                    break;
                case PlainParcel.ReplyKind.Other when !LaneErrors.MayPass(error):
                    throw LaneErrors.Exception(Connection.Endpoint, new LaneError(-1, error));
            }
        }

        return failed ?? [];
    }

    private void NoteMove(string error)
    {
        if (Redirection.TryParse(error, Connection.Endpoint) is not null)
            writer.NoteMove();
    }

    private async Task FlushAsync(LaneStep step, PositionRecord record, CancellationToken cancellationToken)
    {
        var parcel = new LaneTransaction();
        parcel.Begin(NoChanges.Instance);
        parcel.Add(step);
        parcel.End(
            Settings.PositionKey,
            Settings.PositionDatabase,
            record,
            new StreamPlace(record.Applied, record.Database)
        );
        while (true)
        {
            await Connection.Output.WriteAsync(parcel.Body, cancellationToken).ConfigureAwait(false);
            new RespWriter(Connection.Output).WriteCommand("EXEC");
            await Connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await _replies!.ReadQueuedAsync(parcel.Commands, cancellationToken).ConfigureAwait(false);
            var errors = await _replies.ReadExecutedAsync(parcel.Commands, cancellationToken).ConfigureAwait(false);
            if (errors.Count == 0)
                break;
            await PassOrThrowAsync(errors[0].Text, cancellationToken).ConfigureAwait(false);
        }

        Record = record;
        _allowed = record.Sent;
        CountChanges(1);
        Applied = record.Applied;
        _appliedDatabase = record.Database;
    }

    // A library that the target has already, say, is no reason to stop, and no secret.
    private async Task RunLibraryChangeAsync(LaneStep step, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Connection.Output.WriteAsync(step.Command, cancellationToken).ConfigureAwait(false);
            if (await _replies!.ReadOneAsync(cancellationToken).ConfigureAwait(false) is not { } error)
                return;
            if (!LaneErrors.MayPass(error))
            {
                CountRepaired(1);
                Settings.Log.Warn(
                    $"{Connection.Endpoint} did not take a change of the source's function libraries: {error}."
                );
                return;
            }

            await PassOrThrowAsync(error, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StoreAsync(PositionRecord record, CancellationToken cancellationToken)
    {
        var numbered = Numbered(record with { Sent = Math.Max(record.Sent, Reread.Through) });
        while (true)
        {
            if (await TryStoreAsync(numbered, cancellationToken).ConfigureAwait(false) is not { } error)
                break;
            await PassOrThrowAsync(error, cancellationToken).ConfigureAwait(false);
        }

        Record = numbered;
        _allowed = numbered.Sent;
        EndWaiting();
    }

    private async Task<string?> TryStoreAsync(PositionRecord record, CancellationToken cancellationToken)
    {
        await Connection.ExecuteAsync(cancellationToken, "SELECT", Settings.PositionDatabase).ConfigureAwait(false);
        var reply = await Connection
            .TryExecuteAsync(cancellationToken, "SET", Settings.PositionKey, record.ToBytes())
            .ConfigureAwait(false);
        return reply.IsError ? reply.Text : null;
    }

    private async Task PassOrThrowAsync(string error, CancellationToken cancellationToken)
    {
        var exception = LaneErrors.Exception(Connection.Endpoint, new LaneError(-1, error));
        if (Redirection.TryParse(error, Connection.Endpoint) is not null)
            throw new LaneInterruptedException(exception);
        if (!LaneErrors.MayPass(error))
            throw exception;

        // A replica by now, or a node that has lost the others: it will hardly be the one that is waited for.
        if (ServerErrorException.CodeOf(error) is "READONLY" or "CLUSTERDOWN" or "MASTERDOWN" or "LOADING")
            throw new LaneInterruptedException(exception);
        await WaitAsync(exception, cancellationToken).ConfigureAwait(false);
    }

    private static async Task InterruptibleAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (ConnectionException exception) when (exception.IsTransient)
        {
            throw new LaneInterruptedException(exception);
        }
    }
}
