using System.Globalization;
using System.Runtime.CompilerServices;
using Godwit.Connections;
using Godwit.Live.Expiry;
using Godwit.Live.Lanes;
using Godwit.Live.Positions;
using Godwit.Live.Routing;
using Godwit.Live.Servers;
using Godwit.Protocol.Cluster;

namespace Godwit.Live;

/// <summary>
/// Finds keys whose present state no change will tell: those of slots that have come to a server, and those that died at the target by an
/// expiry while nobody followed the server, which may have renewed it since. They are read anew. What has not died yet is kept from it.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="targets">Connects to the server of each lane.</param>
/// <param name="lanes">Which of them has which slot.</param>
/// <param name="expiries">Keeps keys from dying.</param>
/// <param name="options">What is looked for first.</param>
internal sealed class StreamSweeps(
    FollowedServer server,
    IReadOnlyList<Func<CancellationToken, Task<RedisConnection>>> targets,
    LaneMap lanes,
    ExpiryHold expiries,
    StreamSweepOptions options
)
{
    // Before 7.0 a target says how long a key has still: a moment passes until that is known here.
    private const long Inexact = 10_000;

    private readonly List<Task> _first = [];
    private volatile bool _areFound;

    /// <summary>All that was looked for first is at the target.</summary>
    public bool IsDone => _areFound && _first.TrueForAll(keys => keys.IsCompleted);

    /// <summary>
    /// The server's offset behind the last look for missing keys; 0 before the first. What it did up to there it may have done with keys
    /// that it has not any more, and that had died at the target by then. All that it used behind it the target keeps.
    /// </summary>
    public long DeathsThrough { get; private set; }

    /// <summary>What is to be there before the first change is applied.</summary>
    /// <exception cref="ConnectionException">A connection was lost.</exception>
    /// <exception cref="ServerErrorException">One of the two refused.</exception>
    public async IAsyncEnumerable<(int Lane, LaneWork Work)> FirstAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var found in GainedAsync(cancellationToken).ConfigureAwait(false))
        {
            _first.Add(found.Work.Done);
            yield return found;
        }

        if (options.MissingFirst)
        {
            await foreach (var found in MissingAsync(cancellationToken).ConfigureAwait(false))
            {
                if (found.Work is LaneReread keys)
                    _first.Add(keys.Done);
                yield return found;
            }
        }

        _areFound = true;
    }

    /// <summary>
    /// Keys that the server has and the target lacks. Those that the target has are held there on the way: they may die before the change
    /// comes that renews them.
    /// </summary>
    /// <exception cref="ConnectionException">A connection was lost.</exception>
    /// <exception cref="ServerErrorException">One of the two refused.</exception>
    public async IAsyncEnumerable<(int Lane, LaneWork Work)> MissingAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var source = await server.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = source.ConfigureAwait(false);
        await foreach (var (lane, look) in LooksAsync(source, cancellationToken).ConfigureAwait(false))
        {
            yield return (lane, look.Errand);
            await look.Errand.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (look.Missing.Count + look.Died.Count > 0)
                yield return (lane, look.Reread([.. look.Missing, .. look.Died]));
        }

        var info = await source.ExecuteAsync(cancellationToken, "INFO", "replication").ConfigureAwait(false);
        DeathsThrough = long.TryParse(
            ServerInfo.Parse(info.Text)["master_repl_offset"],
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var offset
        )
            ? offset
            : long.MaxValue;
    }

    /// <summary>
    /// Holds those of the server's keys at the target that will expire soon. What the target lacks is on its way, or cannot be written there.
    /// </summary>
    /// <param name="pace">Waits after so many keys; false where that is enough.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ConnectionException">A connection was lost.</exception>
    /// <exception cref="ServerErrorException">One of the two refused.</exception>
    public async IAsyncEnumerable<(int Lane, LaneWork Work)> HoldNearAsync(
        Func<int, CancellationToken, Task<bool>> pace,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var source = await server.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = source.ConfigureAwait(false);
        await foreach (var (lane, look) in LooksAsync(source, cancellationToken).ConfigureAwait(false))
        {
            yield return (lane, look.Errand);
            await look.Errand.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (look.Died.Count > 0)
                yield return (lane, look.Reread(look.Died));
            if (!await pace(look.Count, cancellationToken).ConfigureAwait(false))
                yield break;
        }
    }

    /// <summary>How many keys the server has, and how many of them expire; null if it does not say.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<(long Keys, long Expire)?> CountAsync(CancellationToken cancellationToken)
    {
        var source = await server.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = source.ConfigureAwait(false);
        var info = await ServerInfo.AskAsync(source, cancellationToken).ConfigureAwait(false);
        if (!info.IsComplete)
            return null;

        var meant = info.Keyspaces.Where(held => options.SourceDatabase is not { } only || held.Database == only);
        return (meant.Sum(held => held.Keys), meant.Sum(held => held.Expires));
    }

    /// <summary>Keys that somebody names, as far as they are the server's and belong to the data.</summary>
    public IEnumerable<(int Lane, LaneReread Work)> Of(IReadOnlyList<DatabaseKey> keys) =>
        keys.Where(key => options.SourceDatabase is not { } only || key.Database == only)
            .Select(key => (Key: key, Name: key.ToBytes()))
            .Where(key => server.Slots.Contains(key.Name) && !PositionKeys.IsOne(key.Name))
            .GroupBy(key => LaneOf(key.Name), key => key.Key)
            .Select(part => (part.Key, new LaneReread([.. part])));

    // At all keys of the server, some of one lane at a time.
    private async IAsyncEnumerable<(int Lane, Look Look)> LooksAsync(
        RedisConnection source,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var database in await DatabasesAsync(source, cancellationToken).ConfigureAwait(false))
        {
            await source.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            await foreach (var names in NamesAsync(source, server.Slots, cancellationToken).ConfigureAwait(false))
            {
                foreach (var part in names.GroupBy(LaneOf))
                    yield return (part.Key, new Look(this, database, [.. part]));
            }
        }
    }

    // Between two changes: else what one of them sets meanwhile would be undone.
    private sealed class Look
    {
        private readonly int _database;

        public Look(StreamSweeps sweeps, int database, ReadOnlyMemory<byte>[] keys)
        {
            (_database, Count) = (database, keys.Length);
            Errand = new LaneErrand(
                async (target, token) =>
                    (Missing, Died) = await sweeps.HoldAsync(target, database, keys, token).ConfigureAwait(false)
            );
        }

        public int Count { get; }

        public LaneErrand Errand { get; }

        public IReadOnlyList<ReadOnlyMemory<byte>> Missing { get; private set; } = [];

        public IReadOnlyList<ReadOnlyMemory<byte>> Died { get; private set; } = [];

        public LaneReread Reread(IReadOnlyList<ReadOnlyMemory<byte>> keys) =>
            new([.. keys.Select(key => DatabaseKey.Of(_database, key.Span))]);
    }

    // Gives those that are not there, and those that died while they were to be held.
    private async Task<(IReadOnlyList<ReadOnlyMemory<byte>>, IReadOnlyList<ReadOnlyMemory<byte>>)> HoldAsync(
        RedisConnection target,
        int database,
        ReadOnlyMemory<byte>[] keys,
        CancellationToken cancellationToken
    )
    {
        await target.ExecuteAsync(cancellationToken, "SELECT", options.DatabaseOf(database)).ConfigureAwait(false);
        var there = new KeyExpiries(target, options.TargetHasExpireTime, expiries);
        var answers = await there
            .AskAsync(
                keys,
                expireAt => !ExpiryHold.IsHeld(expireAt) && expiries.Holds(expireAt - Inexact),
                cancellationToken
            )
            .ConfigureAwait(false);
        (ReadOnlyMemory<byte> Key, long ExpireAt)[] moved =
        [
            .. answers
                .Found.Select(key => (key.Key, Was: key.ExpireAt, Is: expiries.Apply(key.ExpireAt)))
                .Where(key => key.Is != key.Was)
                .Select(key => (key.Key, key.Is)),
        ];
        return (answers.Missing, await there.SetAsync(moved, cancellationToken).ConfigureAwait(false));
    }

    // At the target too: a key may have gone at the source while its slot moved.
    private async IAsyncEnumerable<(int Lane, LaneReread Work)> GainedAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (options.Gained.Count == 0)
            yield break;

        foreach (
            var part in options
                .Named.Where(key => options.Gained.Contains(key.ToBytes()))
                .GroupBy(key => LaneOf(key.ToBytes()))
        )
            yield return (part.Key, new LaneReread([.. part]));

        var connections = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connections.ConfigureAwait(false);
        foreach (var database in await DatabasesAsync(connections.Source, cancellationToken).ConfigureAwait(false))
        {
            await connections
                .SelectAsync(database, options.DatabaseOf(database), cancellationToken)
                .ConfigureAwait(false);
            RedisConnection[] sides = options.TargetIsOurs
                ? [connections.Source, .. connections.Targets]
                : [connections.Source];
            foreach (var side in sides)
            {
                await foreach (var names in NamesAsync(side, options.Gained, cancellationToken).ConfigureAwait(false))
                {
                    foreach (var part in names.GroupBy(LaneOf))
                        yield return (
                            part.Key,
                            new LaneReread([.. part.Select(key => DatabaseKey.Of(database, key.Span))])
                        );
                }
            }
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>[]> NamesAsync(
        RedisConnection connection,
        SlotSet slots,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var cursor = "0";
        do
        {
            (cursor, var keys) = await KeyQuestions
                .ScanAsync(connection, cursor, cancellationToken)
                .ConfigureAwait(false);
            ReadOnlyMemory<byte>[] found =
            [
                .. keys.Where(key => slots.Contains(key.Span) && !PositionKeys.IsOne(key.Span)),
            ];
            if (found.Length > 0)
                yield return found;
        } while (cursor != "0");
    }

    private async Task<IReadOnlyList<int>> DatabasesAsync(RedisConnection source, CancellationToken cancellationToken)
    {
        if (options.SourceDatabase is { } only)
            return [only];

        // Database 0 even where it is empty by now: the target may hold keys of it.
        var filled = await KeyQuestions.DatabasesAsync(source, cancellationToken).ConfigureAwait(false);
        return [.. filled.Append(0).Distinct()];
    }

    private int LaneOf(ReadOnlyMemory<byte> key) => LaneOf(key.Span);

    private int LaneOf(byte[] key) => LaneOf(key.AsSpan());

    private int LaneOf(ReadOnlySpan<byte> key) => lanes.Count == 1 ? 0 : lanes.LaneOf(HashSlot.Of(key));

    private async Task<Connections> ConnectAsync(CancellationToken cancellationToken)
    {
        var connections = new Connections();
        try
        {
            connections.All.Add(await server.ConnectAsync(cancellationToken).ConfigureAwait(false));
            foreach (var connect in targets)
                connections.All.Add(await connect(cancellationToken).ConfigureAwait(false));
            return connections;
        }
        catch
        {
            await connections.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private sealed class Connections : IAsyncDisposable
    {
        public List<RedisConnection> All { get; } = [];

        public RedisConnection Source => All[0];

        public IReadOnlyList<RedisConnection> Targets => All[1..];

        public async Task SelectAsync(int source, int target, CancellationToken cancellationToken)
        {
            await Source.ExecuteAsync(cancellationToken, "SELECT", source).ConfigureAwait(false);
            foreach (var connection in Targets)
                await connection.ExecuteAsync(cancellationToken, "SELECT", target).ConfigureAwait(false);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var connection in All)
                await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>What is looked for beside a server's changes.</summary>
internal sealed record StreamSweepOptions
{
    /// <summary>Slots that have come to the server, so that what the target has of them is somebody else's doing.</summary>
    public SlotSet Gained { get; init; } = SlotSet.None;

    /// <summary>Keys that were changed while their slots moved.</summary>
    public IReadOnlyCollection<DatabaseKey> Named { get; init; } = [];

    /// <summary>The target held nothing of anybody else's: what it has in these slots, and the source has not, is to go.</summary>
    public required bool TargetIsOurs { get; init; }

    /// <summary>For a while nobody has followed the server.</summary>
    public required bool MissingFirst { get; init; }

    /// <summary>The target has PEXPIRETIME (7.0).</summary>
    public required bool TargetHasExpireTime { get; init; }

    /// <summary>The one database of the source that is meant; null for all.</summary>
    public required int? SourceDatabase { get; init; }

    /// <summary>The target's database for one of the source.</summary>
    public required Func<int, int> DatabaseOf { get; init; }
}
