using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Godwit.Connections;
using Godwit.Live.Positions;
using Godwit.Live.Rereading;
using Godwit.Protocol;

namespace Godwit.Live.Lanes;

/// <summary>
/// Applies the changes of one server of the source to one server of the target, in order. Beside the data it keeps a record there
/// of how far it has come. How it makes sure that nothing is applied twice is what its two kinds differ in.
/// </summary>
/// <param name="settings">What it needs.</param>
/// <param name="start">The record that the target holds.</param>
internal abstract class ChangeLane(LaneSettings settings, PositionRecord start) : IAsyncDisposable
{
    /// <summary>So many keys are read anew at once: in one round at the source, and held in memory.</summary>
    protected const int MostDue = 128;

    // Commands at once hold up the target's event loop: these take it a few milliseconds.
    private const int MaxCommands = 2048;
    private const int MaxSteps = 4096;
    private const int MaxBytes = 512 * 1024;

    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(250);

    // Without changes the record is renewed this often, so that a resumed job need not ask for what was none.
    private static readonly TimeSpan RecordEvery = TimeSpan.FromSeconds(1);

    private readonly DueKeys _due = new();
    private string _replicationId = start.ReplicationId;
    private PositionRecord _record = start;
    private long _sequence = start.Sequence;
    private long _recordedAt;
    private long? _waitingSince;
    private bool _hasEnded;
    private long _applied = start.Applied;
    private long _changes;
    private long _repaired;

    // Of all that was taken up: what is on its way, or due to be read anew, comes before it.
    private long _reached = start.Applied;

    // The last place up to there at which the stream can be taken up again.
    private StreamPlace _place = new(start.Applied, start.Database);

    /// <summary>All changes up to this offset are at the target. Safe to read from any thread.</summary>
    public long Applied
    {
        get => Volatile.Read(ref _applied);
        protected set => Volatile.Write(ref _applied, value);
    }

    /// <summary>What the target has confirmed of itself. Safe to read from any thread.</summary>
    public PositionRecord Record
    {
        get => Volatile.Read(ref _record);
        protected set => Volatile.Write(ref _record, value);
    }

    /// <summary>Changes that were applied. Safe to read from any thread.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>Changes that failed at the target, so that their keys were read anew. Safe to read from any thread.</summary>
    public long Repaired => Volatile.Read(ref _repaired);

    /// <summary>What it needs.</summary>
    protected LaneSettings Settings { get; } = settings;

    /// <summary>Keys that were read anew, and up to where their changes are known.</summary>
    protected RereadKeys Reread { get; } = new();

    /// <summary>Of so many batches, the last ones, something may be on its way when one was taken up.</summary>
    protected abstract int MostBatchesOnTheirWay { get; }

    /// <summary>The last place at which the stream can be taken up again.</summary>
    protected StreamPlace Place => _place;

    /// <summary>When the changes that are being applied were read, by the time of the expiries.</summary>
    protected long ReadAt { get; private set; }

    /// <summary>Does what it is given until there is no more.</summary>
    /// <exception cref="GodwitException">The target refuses for good, or could not be reached for as long as its user is patient.</exception>
    public async Task RunAsync(ChannelReader<LaneWork> works, CancellationToken cancellationToken)
    {
        var taken = new Queue<LaneBatch>();
        try
        {
            await ConnectAsync(cancellationToken).ConfigureAwait(false);
            while (await works.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (works.TryRead(out var work))
                {
                    if (work is LaneErrand errand)
                    {
                        await SettleAllAsync(cancellationToken).ConfigureAwait(false);
                        await RunAsync(errand, cancellationToken).ConfigureAwait(false);
                        continue;
                    }

                    if (work is LaneReread reread)
                    {
                        await SettleAllAsync(cancellationToken).ConfigureAwait(false);
                        foreach (var keys in reread.Keys.Chunk(MostDue))
                            await RereadAsync(keys, cancellationToken).ConfigureAwait(false);
                        reread.SetDone();
                        continue;
                    }

                    // What is on its way may still need the keys of its steps.
                    var batch = (LaneBatch)work;
                    taken.Enqueue(batch);
                    await ApplyAsync(batch, cancellationToken).ConfigureAwait(false);
                    DisposeDownTo(MostBatchesOnTheirWay);
                }

                await SettleAllAsync(cancellationToken).ConfigureAwait(false);
                DisposeDownTo(0);
            }

            await EndAsync(cancellationToken).ConfigureAwait(false);
            _hasEnded = true;
        }
        finally
        {
            DisposeDownTo(0);
        }

        void DisposeDownTo(int count)
        {
            while (taken.Count > count)
                taken.Dequeue().Dispose();
        }
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Closes the connection to the target.</summary>
    protected async ValueTask CloseAsync(RedisConnection? connection)
    {
        if (connection is null)
            return;
        if (_hasEnded)
            connection.Settle();
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Connects, and finds out what the target has.</summary>
    protected abstract Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Something to be filled with steps.</summary>
    protected abstract LaneParcel Begin(ILaneChanges changes);

    /// <summary>A parcel that was begun is not sent.</summary>
    protected abstract void Drop(LaneParcel parcel);

    /// <summary>Sends a parcel. It need not be applied when this returns.</summary>
    protected abstract Task SubmitAsync(LaneParcel parcel, CancellationToken cancellationToken);

    /// <summary>Waits until all that was sent is applied.</summary>
    protected abstract Task SettleAllAsync(CancellationToken cancellationToken);

    /// <summary>Runs an errand. All that was sent before is applied.</summary>
    protected abstract Task RunAsync(LaneErrand errand, CancellationToken cancellationToken);

    /// <summary>Runs one change that may touch any key, FLUSHDB say. All that was sent before is applied.</summary>
    protected abstract Task RunServerWideAsync(
        LaneStep step,
        TouchedKeys touched,
        PositionRecord record,
        CancellationToken cancellationToken
    );

    /// <summary>Writes what keys are at the source, and before that a record that says so. All that was sent before is applied.</summary>
    protected abstract Task WriteAsync(int database, KeyStates states, CancellationToken cancellationToken);

    /// <summary>No more comes, and all is applied.</summary>
    protected virtual Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>All up to there is at the target, whether a record says so yet or not.</summary>
    protected virtual void Pass(StreamPlace place) => Applied = place.Offset;

    /// <summary>What holds at the target if all up to here is applied.</summary>
    // What was read anew is ahead of the rest, and what is due is behind it: after a crash nobody knows which keys those are.
    protected PositionRecord HereAndNow()
    {
        var place = _due.Since ?? _place;
        return _record with
        {
            Applied = place.Offset,
            Sent = Math.Max(_reached, Reread.Through),
            Database = place.Database,
            ReplicationId = _replicationId,
        };
    }

    /// <summary>The same record with the next number.</summary>
    protected PositionRecord Numbered(PositionRecord record)
    {
        _recordedAt = Settings.TimeProvider.GetTimestamp();
        return record with { Sequence = ++_sequence };
    }

    /// <summary>Counts changes that were applied.</summary>
    protected void CountChanges(int changes) => Interlocked.Add(ref _changes, changes);

    /// <summary>Counts changes in whose place their keys were read anew.</summary>
    protected void CountRepaired(int changes) => Interlocked.Add(ref _repaired, changes);

    /// <summary>
    /// What is to be done with a step now. A change of a key that is read anew after it is known already. One that touches other
    /// keys too can be neither applied nor left out, so that these are read anew as well.
    /// </summary>
    protected LaneAction ActionFor(ILaneChanges changes, in LaneStep step, out TouchedKeys? keys)
    {
        keys = null;
        if (step.Action == LaneAction.Apply && !Reread.Any && _due.Count == 0)
            return LaneAction.Apply;

        keys = changes.KeysOf(step);
        var offset = step.Offset;
        if (step.Action != LaneAction.Apply || keys.IsServerWide)
            return LaneAction.Reread;
        if (keys.Written.Count > 0 && keys.Written.All(IsKnown))
            return LaneAction.Skip;
        return keys.ReadsOthers || keys.Written.Concat(keys.Read).Any(IsKnown) ? LaneAction.Reread : LaneAction.Apply;

        bool IsKnown(DatabaseKey key) => _due.Contains(key) || Reread.Knows(key, offset);
    }

    /// <summary>Reads keys anew and writes what they are. All that was sent before is applied.</summary>
    protected async Task RereadAsync(IReadOnlyList<DatabaseKey> written, CancellationToken cancellationToken)
    {
        foreach (var keys in written.GroupBy(key => key.Database))
        {
            var read = await Settings
                .Rereader.ReadAsync(keys.Key, [.. keys.Select(key => key.ToBytes())], cancellationToken)
                .ConfigureAwait(false);
            foreach (var states in read)
            {
                using (states)
                {
                    foreach (var key in states.Keys)
                        Reread.Add(DatabaseKey.Of(keys.Key, key), states.Offset);
                    await WriteAsync(Settings.DatabaseOf(keys.Key), states, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>
    /// Runs a change that spares nothing, such as FLUSHDB: keys that are ahead are read anew once more behind it. SWAPDB carries what
    /// was written ahead to where it is not meant.
    /// </summary>
    protected async Task RunAloneAsync(
        LaneStep step,
        TouchedKeys touched,
        PositionRecord record,
        CancellationToken cancellationToken
    )
    {
        await RunServerWideAsync(step, touched, record, cancellationToken).ConfigureAwait(false);
        var ahead = new HashSet<DatabaseKey>(Reread.Keys);
        if (touched.Swapped is var (first, second))
        {
            ahead.UnionWith(
                Reread.Keys.Where(key => key.Database == first).Select(key => key with { Database = second })
            );
            ahead.UnionWith(
                Reread.Keys.Where(key => key.Database == second).Select(key => key with { Database = first })
            );
        }

        foreach (var keys in ahead.Chunk(MostDue))
            await RereadAsync(keys, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds what has gone astray because a change failed: its own keys, and those of what built on them.</summary>
    protected static void AddAstray(TouchedKeys keys, bool hasFailed, HashSet<DatabaseKey> astray)
    {
        if (hasFailed || keys.ReadsOthers || keys.Written.Concat(keys.Read).Any(astray.Contains))
            astray.UnionWith(keys.Written);
    }

    /// <summary>Changes must not be applied to what may have died since they were read: that is read anew before.</summary>
    /// <exception cref="LaneInterruptedException">It may have.</exception>
    protected void ThrowIfStruck(LaneParcel parcel, long readAt)
    {
        if (parcel.Steps.Count > 0 && Settings.Expiries.MayHaveStruckSince(readAt))
            throw new LaneInterruptedException(new HeldUpException());
    }

    /// <summary>All is well with the target again.</summary>
    protected void EndWaiting() => _waitingSince = null;

    /// <summary>Waits a moment for a target that is gone, or takes nothing just now; longer than its user is patient never.</summary>
    /// <exception cref="GodwitException">It has been so for too long: <paramref name="reason"/>.</exception>
    protected async Task WaitAsync(GodwitException reason, CancellationToken cancellationToken)
    {
        if (_waitingSince is not { } since)
        {
            _waitingSince = Settings.TimeProvider.GetTimestamp();
            Settings.Log.Warn($"Waiting for the target: {reason.Message}.");
        }
        else if (Settings.TimeProvider.GetElapsedTime(since) > Settings.Patience)
        {
            ExceptionDispatchInfo.Throw(reason);
        }

        await Task.Delay(RetryEvery, Settings.TimeProvider, cancellationToken).ConfigureAwait(false);
    }

    private async Task ApplyAsync(LaneBatch batch, CancellationToken cancellationToken)
    {
        ReadAt = batch.ReadAt;
        var parcel = Begin(batch.Changes);
        _replicationId = batch.ReplicationId;
        foreach (var step in batch.Steps)
        {
            switch (ActionFor(batch.Changes, step, out var keys))
            {
                case LaneAction.Apply:
                    parcel.Add(step);
                    break;
                case LaneAction.Reread when keys!.IsServerWide:
                    await SettleDueAsync(parcel, cancellationToken).ConfigureAwait(false);
                    Reach(step);
                    await RunAloneAsync(step, keys, HereAndNow(), cancellationToken).ConfigureAwait(false);
                    parcel = Begin(batch.Changes);
                    break;
                case LaneAction.Reread:
                    _due.Add(keys.Written, _place);
                    break;
            }

            Reach(step);
            if (_due.Count >= MostDue)
            {
                await SettleDueAsync(parcel, cancellationToken).ConfigureAwait(false);
                parcel = Begin(batch.Changes);
            }
            else if (step.EndsGroup && IsFull(parcel))
            {
                await SubmitAsync(parcel, cancellationToken).ConfigureAwait(false);
                parcel = Begin(batch.Changes);
            }
        }

        _reached = batch.Through;
        if (!batch.EndsInGroup)
            _place = new StreamPlace(batch.Through, batch.Database);
        if (_due.Count > 0)
        {
            await SettleDueAsync(parcel, cancellationToken).ConfigureAwait(false);
        }
        else if (parcel.Steps.Count > 0 || Settings.TimeProvider.GetElapsedTime(_recordedAt) > RecordEvery)
        {
            await SubmitAsync(parcel, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            // Nothing to write: what is on its way brings the lane as far as it says, and then this is reached too.
            Drop(parcel);
            await SettleAllAsync(cancellationToken).ConfigureAwait(false);
            Pass(_place);
        }

        Reread.Passed(_reached);
    }

    // All that came before is applied, but for what is due to be read anew: the record says that from there on it is not known
    // which changes are. Then the keys are read, which are by now at least as far as all that came before.
    private async Task SettleDueAsync(LaneParcel parcel, CancellationToken cancellationToken)
    {
        await SubmitAsync(parcel, cancellationToken).ConfigureAwait(false);
        await SettleAllAsync(cancellationToken).ConfigureAwait(false);
        await RereadAsync(_due.Take(), cancellationToken).ConfigureAwait(false);
        _due.Settle();
        Pass(_place);
    }

    private void Reach(in LaneStep step)
    {
        _reached = step.Offset;
        if (step.EndsGroup)
            _place = new StreamPlace(step.Offset, step.SourceDatabase);
    }

    private static bool IsFull(LaneParcel parcel) =>
        parcel.Commands >= MaxCommands || parcel.Steps.Count >= MaxSteps || parcel.Length >= MaxBytes;
}
