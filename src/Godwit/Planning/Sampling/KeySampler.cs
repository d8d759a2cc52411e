using System.Text;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Migration.Rights;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Planning.Sampling;

/// <summary>
/// Looks at some of a server's keys: name, type, memory, and, of those that are not large, the payload, on the clock. Nothing is
/// changed, not even when a key was last used: where that decides what the server evicts, no value is read unless it knows
/// <c>CLIENT NO-TOUCH</c> (7.2).
/// </summary>
internal sealed class KeySampler(LiveEnd node, SampleLimits limits, TimeProvider timeProvider)
{
    private const int Round = 100;

    // So that a small database is not left out beside a large one.
    private const int FewestOfDatabase = 10;

    private readonly RedisConnection _connection = node.Connection;
    private readonly List<SampledKey> _keys = [];
    private readonly HashSet<(int, string)> _seen = [];
    private readonly long _started = timeProvider.GetTimestamp();
    private bool _mayDump = true;
    private bool _hasMemory = true;
    private string? _obstacle;
    private int _forbidden;
    private int _rounds;
    private int _timedKeys;
    private long _bytes;
    private TimeSpan _timed;
    private (int Keys, TimeSpan Time) _first;

    /// <summary>Looks at the keys of the databases that hold some, or of the one that is meant.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<KeySample> RunAsync(CancellationToken cancellationToken)
    {
        await ChooseAsync(cancellationToken).ConfigureAwait(false);
        var databases = Databases();
        var total = databases.Sum(database => (double)database.Keys);
        var part = 0.0;
        foreach (var (database, count) in databases)
        {
            var share = total > 0 ? count / total : 1;
            part += share;
            var keys = Math.Max(FewestOfDatabase, (int)Math.Ceiling(limits.Keys * share));
            if (!await ScanAsync(database, keys, limits.Time * part, cancellationToken).ConfigureAwait(false))
                break;
        }

        // The first round also waits for what is only loaded then, at both ends.
        var (timedKeys, timed) = _rounds > 1 ? (_timedKeys - _first.Keys, _timed - _first.Time) : (_timedKeys, _timed);
        return new KeySample
        {
            Keys = _keys,
            Forbidden = _forbidden,
            HasMemory = _hasMemory,
            TimedKeys = timedKeys,
            TimedDuration = timed,
            Obstacle = _obstacle,
        };
    }

    private async Task ChooseAsync(CancellationToken cancellationToken)
    {
        var policy = node.Info.MaxMemoryPolicy ?? "";
        if (!policy.Contains("lru", StringComparison.Ordinal) && !policy.Contains("lfu", StringComparison.Ordinal))
            return;

        var untouched = await _connection
            .TryExecuteAsync(cancellationToken, "CLIENT", "NO-TOUCH", "ON")
            .ConfigureAwait(false);
        if (!untouched.IsError)
            return;
        _mayDump = false;
        _obstacle = $"no value was read, so that none looks used to a server that evicts by use ({policy})";
    }

    private List<(int Number, long Keys)> Databases()
    {
        if (_connection.Endpoint.Database is { } only)
            return [(only, node.Info.KeysIn(only) ?? 1)];
        return node.Info.IsComplete
            ? [.. node.Info.Keyspaces.Select(keyspace => (keyspace.Database, keyspace.Keys))]
            : [(0, 1)];
    }

    /// <returns>False if the server refuses, so that no other database needs to be tried.</returns>
    private async Task<bool> ScanAsync(
        int database,
        int mostKeys,
        TimeSpan mostTime,
        CancellationToken cancellationToken
    )
    {
        var selected = await _connection.TryExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        // Database 0 is where every connection begins, and a server that knows no other may not know SELECT.
        if (selected.IsError && database != (_connection.Endpoint.Database ?? 0))
            return Refuse("SELECT", selected);

        var most = _keys.Count + mostKeys;
        RespArgument cursor = "0";
        do
        {
            var began = timeProvider.GetTimestamp();
            var reply = await _connection
                .TryExecuteAsync(cancellationToken, "SCAN", cursor, "COUNT", Round)
                .ConfigureAwait(false);
            if (reply.IsError || reply.Items.Count != 2)
                return Refuse("SCAN", reply);

            var names = reply
                .Items[1]
                .Items.Select(key => key.Bytes.ToArray())
                .Where(name => _seen.Add((database, Encoding.Latin1.GetString(name))))
                .Take(most - _keys.Count)
                .ToArray();
            await LookAsync(database, names, timeProvider.GetElapsedTime(began), cancellationToken)
                .ConfigureAwait(false);
            cursor = reply.Items[0].Bytes;
            if (reply.Items[0].Text == "0")
                return true;
        } while (_keys.Count < most && timeProvider.GetElapsedTime(_started) < mostTime);

        return true;
    }

    private async Task LookAsync(int database, byte[][] names, TimeSpan scanned, CancellationToken cancellationToken)
    {
        var looks = await Pipeline
            .AskAsync(
                _connection,
                names.SelectMany(name =>
                    (RespArgument[][])
                        [
                            ["TYPE", name],
                            ["MEMORY", "USAGE", name],
                        ]
                ),
                cancellationToken
            )
            .ConfigureAwait(false);
        var small = new List<SampledKey>();
        for (var i = 0; i < names.Length; i++)
        {
            var (type, memory) = (looks[2 * i], looks[(2 * i) + 1]);
            if (type.Text == "none" || memory.IsNull)
                continue;
            if (IsAboutKey(type) || IsAboutKey(memory))
            {
                _forbidden++;
                continue;
            }

            // Any other error is about the command: then this is all that is lacking.
            _hasMemory &= !memory.IsError;
            var key = new SampledKey(database, names[i], type.IsError ? "unknown" : type.Text)
            {
                Memory = memory.IsError ? null : memory.Integer,
            };
            if (_mayDump && key.Memory <= limits.LargestValue)
                small.Add(key);
            else
                _keys.Add(key);
        }

        if (!_hasMemory)
            _obstacle ??= "no value was read, since the server does not tell how large one is (MEMORY USAGE)";
        await DumpAsync(small, scanned, cancellationToken).ConfigureAwait(false);
    }

    private async Task DumpAsync(List<SampledKey> keys, TimeSpan scanned, CancellationToken cancellationToken)
    {
        var left = limits.Bytes - _bytes;
        var read = keys.TakeWhile(key => (left -= key.Memory!.Value) >= 0).ToArray();
        var began = timeProvider.GetTimestamp();
        var replies = await Pipeline
            .AskAsync(
                _connection,
                read.SelectMany(key =>
                    (RespArgument[][])
                        [
                            ["DUMP", key.Name],
                            ["PTTL", key.Name],
                        ]
                ),
                cancellationToken
            )
            .ConfigureAwait(false);
        var took = timeProvider.GetElapsedTime(began);
        var dumped = 0;
        for (var i = 0; i < read.Length; i++)
        {
            var payload = replies[2 * i];
            if (payload.IsError)
                _forbidden++;
            if (payload.IsNull || payload.IsError)
                continue;
            dumped++;
            _bytes += payload.Bytes.Length;
            _keys.Add(read[i] with { PayloadLength = payload.Bytes.Length, Serialized = Read(payload.Bytes.Span) });
        }

        _keys.AddRange(keys.Skip(read.Length));
        if (dumped == 0)
            return;
        _timedKeys += dumped;
        _timed += scanned + took;
        if (_rounds++ == 0)
            _first = (_timedKeys, _timed);
    }

    // A payload that cannot be read is the reading's to tell, if it is ever read.
    private static (RdbType, RdbVersion)? Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            DumpPayload.Read(payload, out var type, out var version, out _);
            return (type, version);
        }
        catch (GodwitException)
        {
            return null;
        }
    }

    private static bool IsAboutKey(RespValue reply) =>
        reply.IsError && ReplyMeaning.Of(reply.Text) == Permission.OtherKeys;

    private bool Refuse(string command, RespValue reply)
    {
        var words = reply.IsError ? ServerErrorException.Clean(reply.Bytes.Span) : "something unexpected";
        _obstacle = $"no more keys were looked at, since {command} was answered with: {words}";
        return false;
    }
}
