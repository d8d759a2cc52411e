using System.Globalization;
using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Resp;
using Godwit.Sources.Scan;

namespace Godwit.Sources.Shards;

/// <summary>
/// Slots of one owner, read slot by slot: the names of a slot's keys, then each key by its name, wherever it is. A slot that is
/// moving can be read so too: each of its keys is at one of the two ends. Owns the connections.
/// </summary>
internal sealed class SlotKeySource : EntrySource
{
    // The answers of so many slots are on the way at once.
    private const int SlotsAtOnce = 64;

    // Names of one slot come in one answer. Who has more keys behind one hash tag has to wait for a cluster that holds still.
    private const long MostKeysOfSlot = 2_000_000;

    private readonly LiveEnd _owner;
    private readonly ShardMap _map;
    private readonly IReadOnlyList<int> _slots;
    private readonly EntryChoice _choice;
    private readonly SlotWatch _watch;
    private readonly BufferBudget _budget;
    private readonly SourcePace _pace;
    private readonly TimeProvider _timeProvider;
    private readonly Account _account;
    private readonly int _round;
    private readonly KeyDumper _dumper;
    private readonly LargeKeyReader? _largeKeys;
    private readonly NamedKeyReader _reader;
    private readonly bool _canAsk;
    private readonly List<(byte[] Key, Redirection Where)> _sentOn = [];
    private long _readElsewhere;

    /// <summary>Reads from the slots' owner, which has passed <see cref="ScanRights"/>.</summary>
    /// <param name="owner">A connection to it.</param>
    /// <param name="map">Who else may have keys of a slot that is moving.</param>
    /// <param name="slots">What to read.</param>
    /// <param name="choice">Which entries belong to the source.</param>
    /// <param name="watch">Told of slots that went elsewhere.</param>
    /// <param name="scan">How keys are read.</param>
    public SlotKeySource(
        LiveEnd owner,
        ShardMap map,
        IReadOnlyList<int> slots,
        EntryChoice choice,
        SlotWatch watch,
        ScanParts scan
    )
    {
        _owner = owner;
        _map = map;
        _slots = slots;
        _choice = choice;
        _watch = watch;
        _budget = scan.Budget;
        _pace = scan.Pace;
        _timeProvider = scan.TimeProvider;
        _account = scan.Account;
        _round = scan.Round;
        _canAsk = scan.HasExpireTime;
        _dumper = new KeyDumper(owner.Connection, scan.HasExpireTime, _budget, _pace.Bytes) { IsOfCluster = true };
        _largeKeys = scan.LargeKeys;
        _reader = new NamedKeyReader(owner.Connection, _dumper, _largeKeys, _pace, _round, _account)
        {
            IsElsewhere = NoteElsewhere,
        };
        if (_largeKeys is not null)
            _largeKeys.IsElsewhere = NoteElsewhere;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports =>
        [new(_owner.Connection.Endpoint.ToString(), _owner.Info.DisplayName, "scan")];

    /// <inheritdoc/>
    public override long BytesRead => _owner.Connection.Input.BytesRead + Volatile.Read(ref _readElsewhere);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (_choice.Functions)
        {
            var libraries = await FunctionLibraries
                .ReadAsync(_owner.Connection, cancellationToken, _choice)
                .ConfigureAwait(false);
            if (libraries is not null)
            {
                libraries.Account = _account;
                yield return libraries;
            }
        }

        foreach (var database in Databases())
        {
            await _owner.Connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            foreach (var slots in _slots.Chunk(SlotsAtOnce))
            {
                var names = await NamesAsync(database, slots, cancellationToken).ConfigureAwait(false);
                await foreach (var batch in ReadAsync(database, names, cancellationToken).ConfigureAwait(false))
                    yield return batch;
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _dumper.Dispose();
        if (_largeKeys is not null)
            await _largeKeys.DisposeAsync().ConfigureAwait(false);
        await _owner.Connection.DisposeAsync().ConfigureAwait(false);
    }

    private async IAsyncEnumerable<EntryBatch> ReadAsync(
        int database,
        IReadOnlyList<byte[]> names,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        _sentOn.Clear();
        await foreach (var batch in _reader.ReadAsync(database, names, cancellationToken).ConfigureAwait(false))
            yield return batch;

        foreach (var there in _sentOn.GroupBy(key => key.Where.Node).ToArray())
        {
            byte[][] keys = [.. there.Select(key => key.Key)];
            var endpoint = there.Key with { Database = database };
            await foreach (var batch in ReadAtAsync(endpoint, database, keys, cancellationToken).ConfigureAwait(false))
                yield return batch;
        }
    }

    // At the end that a slot is coming to, keys are given to who says ASKING before each command.
    private async IAsyncEnumerable<EntryBatch> ReadAtAsync(
        RedisEndpoint endpoint,
        int database,
        byte[][] keys,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var connection = await RedisConnection
            .ConnectAsync(endpoint, new ConnectionOptions(), _timeProvider, cancellationToken)
            .ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        using var dumper = new KeyDumper(connection, hasExpireTime: true, _budget, _pace.Bytes)
        {
            IsOfCluster = true,
            SaysAsking = true,
        };
        var reader = new NamedKeyReader(connection, dumper, largeKeys: null, _pace, _round, _account)
        {
            IsElsewhere = (_, key, _) => _watch.Suspect(HashSlot.Of(key)),
            CountsVanished = false,
        };
        await foreach (var batch in reader.ReadAsync(database, keys, cancellationToken).ConfigureAwait(false))
            yield return batch;
        Interlocked.Add(ref _readElsewhere, connection.Input.BytesRead);
    }

    private void NoteElsewhere(int database, byte[] key, string error)
    {
        var redirection = Redirection.TryParse(error, _owner.Connection.Endpoint);
        if (redirection is { IsAsk: true } where && _canAsk)
            _sentOn.Add((key, where));
        else
            _watch.Suspect(HashSlot.Of(key));
    }

    private IEnumerable<int> Databases()
    {
        if (_choice.Database is { } only)
            return [only];
        return _owner.Info.Keyspaces.Select(keyspace => keyspace.Database).Append(0).Distinct().Order();
    }

    // The owner is asked before all others: a key that goes from it to another one meanwhile is seen at the first or the second.
    private async Task<IReadOnlyList<byte[]>> NamesAsync(int database, int[] slots, CancellationToken cancellationToken)
    {
        var names = new HashSet<byte[]>(ByteArrayComparer.Instance);
        await AddNamesAsync(_owner.Connection, slots, names, cancellationToken).ConfigureAwait(false);
        int[] moving = [.. slots.Where(_map.MovingSlots.Contains)];
        if (moving.Length > 0)
        {
            foreach (var shard in _map.Shards.Where(shard => shard.Primary != _owner.Connection.Endpoint))
            {
                var connection = await RedisConnection
                    .ConnectAsync(
                        shard.Primary with
                        {
                            Database = database,
                        },
                        new ConnectionOptions(),
                        _timeProvider,
                        cancellationToken
                    )
                    .ConfigureAwait(false);
                await using var closing = connection.ConfigureAwait(false);
                await AddNamesAsync(connection, moving, names, cancellationToken).ConfigureAwait(false);
            }
        }

        return [.. names.Where(name => _choice.Includes(database, name))];
    }

    private static async Task AddNamesAsync(
        RedisConnection connection,
        int[] slots,
        HashSet<byte[]> names,
        CancellationToken cancellationToken
    )
    {
        Ask(connection, slots, slot => ["CLUSTER", "COUNTKEYSINSLOT", slot]);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var filled = new List<(int Slot, long Keys)>();
        foreach (var slot in slots)
        {
            var count = await ReadAsync(connection, "CLUSTER COUNTKEYSINSLOT", cancellationToken).ConfigureAwait(false);
            if (count.Integer > MostKeysOfSlot)
                throw TooManyKeys(connection.Endpoint, slot, count.Integer);
            if (count.Integer > 0)
                filled.Add((slot, count.Integer));
        }

        foreach (var (slot, keys) in filled)
        {
            // Keys may have come since they were counted.
            Ask(connection, [slot], _ => ["CLUSTER", "GETKEYSINSLOT", slot, keys + keys / 8 + 16]);
            await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            var found = await ReadAsync(connection, "CLUSTER GETKEYSINSLOT", cancellationToken).ConfigureAwait(false);
            foreach (var name in found.Items)
                names.Add(name.Bytes.ToArray());
        }
    }

    private static void Ask(RedisConnection connection, int[] slots, Func<int, RespArgument[]> command)
    {
        var writer = new RespWriter(connection.Output);
        foreach (var slot in slots)
            writer.WriteCommand(command(slot));
    }

    private static async Task<RespValue> ReadAsync(
        RedisConnection connection,
        string command,
        CancellationToken cancellationToken
    )
    {
        var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        return reply.IsError ? throw ServerErrorException.Of(connection.Endpoint, command, reply.Bytes.Span) : reply;
    }

    private static UnsettledSourceException TooManyKeys(RedisEndpoint node, int slot, long keys) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Slot {slot} changed hands while it was read, and {node} holds {keys} keys of it: too many to read them by name"
            ),
            "Wait until no slots are being moved, and run again with --on-existing skip."
        );
}
