using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Targets.Redis.Shards;

/// <summary>
/// One connection to one server that another may replace. Batches are written in rounds: when all replies of a round are in, and
/// the server's replicas have it, what was written is settled; what was not, or may be lost, goes back to be sent again.
/// </summary>
/// <param name="node">The server.</param>
/// <param name="isAsking">Each command is about a slot that is just coming to the server.</param>
/// <param name="settings">What lanes share.</param>
/// <param name="owner">Takes what is not finished.</param>
internal sealed class ShardLane(RedisEndpoint node, bool isAsking, LaneSettings settings, ILaneOwner owner)
    : IAsyncDisposable
{
    // Enough for a round to be at hand while another is under way.
    private const int QueueLength = 32;

    // Large enough that waiting for the replicas, once a round, is little beside writing it.
    private const long RoundBytes = 4 * 1024 * 1024;

    private readonly Channel<Consignment> _queue = Channel.CreateBounded<Consignment>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true }
    );

    private static readonly Detour NoReply = Detour.Lost("no reply has come");

    private volatile bool _hasEnded;
    private RedisConnection? _connection;
    private ReplicaConfirmation? _confirmation;
    private ReplicationPosition? _position;
    private ReplySettler? _settler;
    private HeldValueCheck? _held;
    private BatchEncoder? _encoder;
    private RedisWriter? _writer;

    /// <summary>Where it goes.</summary>
    public RedisEndpoint Node => node;

    /// <summary>Complete when it has ended; never faulted.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>It takes no more.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Bytes that went to the server.</summary>
    public long BytesWritten => _connection?.Output.BytesWritten ?? 0;

    /// <summary>Sets it to work.</summary>
    public void Start(CancellationToken cancellationToken) =>
        Running = Task.Run(() => RunAsync(cancellationToken), CancellationToken.None);

    /// <summary>Gives it entries, and waits while it is behind.</summary>
    /// <returns>False if it has ended; they are still the caller's.</returns>
    public async ValueTask<bool> TryAddAsync(Consignment consignment, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(consignment, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    /// <summary>No more will come.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Waits for its end. It takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        Complete();
        await Running.ConfigureAwait(false);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var end = new Detour(DetourKind.Later, node, $"the connection to {node.Address} was closed");
        try
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
            while (await _queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && !owner.HasFailed)
            {
                var trouble = await RunRoundAsync(TakeRound(), cancellationToken).ConfigureAwait(false);
                owner.Report(this, trouble);
                if (trouble is null)
                    continue;

                end = trouble;
                break;
            }
        }
        catch (ConnectionException exception) when (MayMend(exception))
        {
            end = Detour.Lost(exception.Message);
            owner.Report(this, end);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is left is disposed of below.
        }
#pragma warning disable CA1031 // Its owner throws it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            owner.Fail(exception);
        }

        _hasEnded = true;
        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out var left))
        {
            if (!owner.HasFailed && !cancellationToken.IsCancellationRequested)
            {
                left.Batch.Hold();
                owner.Return(left with { Detour = end });
            }

            owner.Finish(left);
        }

        await CloseAsync().ConfigureAwait(false);
    }

    // A server that is down, or unknown by name, may be replaced. One that does not let us in stays as it is.
    private static bool MayMend(ConnectionException exception) =>
        exception.IsTransient || exception.Stage is ConnectionStage.Resolve or ConnectionStage.Connect;

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        var options = settings.Options;
        _connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var control = new ControlConnection(
            await ConnectAsync(cancellationToken).ConfigureAwait(false),
            node.Database ?? 0
        );
        _settler = new ReplySettler(node, options, new NoDuplicateCheck(), follows: true);
        _held = new HeldValueCheck(control, node);
        _encoder = new BatchEncoder(options, settings.Profile, settings.TimeProvider, node.Database ?? 0, isAsking);
        _writer = new RedisWriter(_connection, control, _encoder, _settler) { OwnsControl = true };
        _confirmation = new ReplicaConfirmation(
            _connection,
            settings.Topology,
            settings.Roll,
            settings.Events,
            settings.TimeProvider
        );
        await _confirmation.LookAsync(cancellationToken).ConfigureAwait(false);
        _position = await ReplicationPosition.AskAsync(_connection, cancellationToken).ConfigureAwait(false);
        if (_position is not { IsPrimary: false })
            settings.Settled.Check(node, _position);
    }

    private Task<RedisConnection> ConnectAsync(CancellationToken cancellationToken) =>
        RedisConnection.ConnectAsync(node, settings.Options.Connection, settings.TimeProvider, cancellationToken);

    private async ValueTask CloseAsync()
    {
        if (_writer is not null)
            await _writer.DisposeAsync().ConfigureAwait(false);
        else if (_connection is not null)
            await _connection.DisposeAsync().ConfigureAwait(false);
    }

    // A value in pieces is a round of its own: it may take long, and what was written before it is not to wait.
    private List<Consignment> TakeRound()
    {
        var round = new List<Consignment>();
        long bytes = 0;
        while (bytes < RoundBytes && _queue.Reader.TryPeek(out var next))
        {
            var isLarge = next.Batch.Large is not null;
            if (isLarge && round.Count > 0)
                break;

            _queue.Reader.TryRead(out _);
            round.Add(next);
            foreach (ref readonly var entry in next.Batch.Entries)
                bytes += entry.KeyLength + entry.ValueLength;
            if (isLarge)
                break;
        }

        return round;
    }

    private async Task<Detour?> RunRoundAsync(List<Consignment> round, CancellationToken cancellationToken)
    {
        var batches = Channel.CreateUnbounded<EntryBatch>();
        var fates = new Dictionary<EntryBatch, Fates>(ReferenceEqualityComparer.Instance);
        foreach (var consignment in round)
        {
            // The writer disposes of each batch once its replies are in.
            consignment.Batch.Hold();
            fates.Add(consignment.Batch, new Fates(consignment.Batch.Count));
            batches.Writer.TryWrite(consignment.Batch);
        }

        batches.Writer.Complete();
        Detour? trouble = null;
        Exception? failure = null;
        try
        {
            await _writer!.RunAsync(batches.Reader, batch => fates[batch], cancellationToken).ConfigureAwait(false);
            foreach (var consignment in round)
                await SettleExistingAsync(consignment, fates[consignment.Batch], cancellationToken)
                    .ConfigureAwait(false);
            if (fates.Values.Any(fate => fate.Any(Fate.Written)))
                trouble = await ConfirmAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ConnectionException exception) when (MayMend(exception))
        {
            trouble = Detour.Lost(exception.Message);
        }
#pragma warning disable CA1031 // It goes on to the caller, once all that is known has been settled.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
        }

        while (batches.Reader.TryRead(out var left))
            left.Dispose();
        foreach (var consignment in round)
            Close(consignment, fates[consignment.Batch], trouble, failure is not null);
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        return trouble;
    }

    private async Task<Detour?> ConfirmAsync(CancellationToken cancellationToken)
    {
        if (await _confirmation!.ConfirmAsync(cancellationToken).ConfigureAwait(false) is { } trouble)
            return trouble;

        var now = _position is null
            ? null
            : await ReplicationPosition.AskAsync(_connection!, cancellationToken).ConfigureAwait(false);
        if (now is null)
            return null;
        if (!now.IsPrimary || now.History != _position!.History)
            return Detour.Lost($"{node.Address} has been a replica meanwhile, or has got its first one");

        // Where one of those that had it has left since, nobody can tell any more how far that one is.
        if (now.HeldBy(_confirmation.Confirmed) is not { } held)
            return Detour.Lost($"a replica of {node.Address} has left");

        settings.Settled.Note(node, now with { Offset = held });
        return null;
    }

    private async Task SettleExistingAsync(Consignment consignment, Fates fates, CancellationToken cancellationToken)
    {
        var batch = consignment.Batch;
        for (var i = 0; i < batch.Count; i++)
        {
            if (fates[i] != Fate.Existing)
                continue;

            var isReadAgain = batch.Account.IsReadAgain || settings.Options.IsRetry;
            var isWrittenBefore = consignment.MayBeWritten || isReadAgain;
            var mayBeOurs =
                isWrittenBefore || (batch.Account.MayRepeat && settings.Options.OnExisting == OnExisting.Fail);
            if (mayBeOurs && batch.Large is null)
            {
                // Into what was empty at the beginning nobody else has written the same.
                var setsExpiry = isReadAgain && settings.Options.OnExisting == OnExisting.Fail;
                var (isSame, detour) = await _held!
                    .CompareAsync(batch, i, _encoder!.DatabaseOf(batch.Entries[i]), setsExpiry, cancellationToken)
                    .ConfigureAwait(false);
                if (detour is not null)
                {
                    fates.Divert(i, detour);
                    continue;
                }

                if (isSame)
                {
                    if (!isWrittenBefore)
                        batch.Account.Settle(batch, batch.Entries[i], Outcome.Duplicate);
                    fates[i] = isWrittenBefore ? Fate.Written : Fate.Settled;
                    continue;
                }
            }

            fates[i] = Fate.Settled;
            if (batch.Large is null)
                _settler!.SettleOthers(batch, i);
            else
                _settler!.SettleExisting(batch, i);
            _settler.Refusal?.Throw();
        }
    }

    private void Close(Consignment consignment, Fates fates, Detour? trouble, bool hasFailed)
    {
        var batch = consignment.Batch;
        if (fates.HasBegunLarge)
        {
            CloseLarge(batch, fates[0], trouble, hasFailed);
            owner.Finish(consignment);
            return;
        }

        var written = 0;
        var returns = new Dictionary<(bool MayBeWritten, Detour Detour), List<int>>();
        for (var i = 0; i < batch.Count; i++)
        {
            switch (fates[i])
            {
                case Fate.Settled:
                    break;
                case Fate.Written when trouble is null:
                    batch.Account.NoteSlot(batch, batch.Entries[i], Outcome.Written);
                    written++;
                    break;
                case Fate.Written or Fate.Unknown:
                    Add((true, trouble ?? NoReply), i);
                    break;
                case Fate.Detoured:
                    Add((consignment.MayBeWritten, fates.DetourOf(i)), i);
                    break;
                default:
                    Add((consignment.MayBeWritten, trouble ?? NoReply), i);
                    break;
            }
        }

        batch.Account.SettleKeys(Outcome.Written, written);
        foreach (var ((mayBeWritten, detour), indexes) in hasFailed ? [] : returns)
        {
            owner.Return(
                consignment with
                {
                    Batch = batch.Part(CollectionsMarshal.AsSpan(indexes)),
                    MayBeWritten = mayBeWritten,
                    Detour = detour,
                }
            );
        }

        owner.Finish(consignment);

        void Add((bool MayBeWritten, Detour Detour) why, int index)
        {
            if (!returns.TryGetValue(why, out var indexes))
                returns.Add(why, indexes = []);
            indexes.Add(index);
        }
    }

    // Its pieces are gone: it cannot be sent again, only read again.
    private void CloseLarge(EntryBatch batch, Fate fate, Detour? trouble, bool hasFailed)
    {
        if (fate == Fate.Written && (trouble is null || hasFailed))
            batch.Account.Settle(batch, batch.Entries[0], Outcome.Written);
        if (hasFailed || (trouble is null && fate is Fate.Settled or Fate.Written))
            return;

        owner.RemoveGuard(_encoder!.DatabaseOf(batch.Entries[0]), _encoder.LargeValues.GuardOf(batch));
        if (fate == Fate.Settled || batch.Account.TryReadAgain(batch, batch.Entries[0]))
            return;

        try
        {
            batch.Account.Fail(
                batch,
                batch.Entries[0],
                $"it is large, and while it was written in pieces {trouble?.Why ?? "its slot moved to another server"}; "
                    + "--retry copies it again"
            );
        }
        catch (GodwitException exception)
        {
            owner.Fail(exception);
        }
    }
}
