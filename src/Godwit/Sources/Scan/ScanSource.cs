using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>
/// A live server's state read with SCAN, DUMP and the keys' expiries: needs no right to be a replica. Each key is read at a
/// moment of its own. SCAN may give a key twice; it gives every key that is there from beginning to end. Owns the connection.
/// </summary>
internal sealed class ScanSource : EntrySource
{
    /// <summary>Keys that one SCAN round asks for by default: enough to hide the way there and back, few enough that the
    /// server is not held up for long.</summary>
    public const int DefaultRound = 512;

    // Payloads that we ask for ahead wait in the server's memory: so many bytes of them, in two rounds, by what was seen last.
    private const long BytesOnTheWay = 16 * 1024 * 1024;

    // Before anything was seen.
    private const int FirstRound = 16;

    // What a server's timeout is counted in: none closes what lay idle for less.
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _timeProvider;
    private readonly ServerInfo _info;
    private readonly EntryChoice _choice;
    private readonly KeyDumper _dumper;
    private readonly Account _account;
    private readonly LargeKeyReader? _largeKeys;
    private readonly ShortStringReader? _strings;

    // Large keys of this database that were read. What SCAN gives twice is otherwise told by what the target has (DuplicateCheck),
    // but that takes the whole value. Each name stands for a value of a MiB and more, so there are not many.
    private readonly HashSet<byte[]> _largeRead = new(ByteArrayComparer.Instance);

    private readonly RecentNames? _given;
    private readonly Action<int>? _isElsewhere;
    private readonly SourcePace _pace;
    private readonly int _round;
    private readonly long _roundBytes;
    private RedisConnection _connection;
    private long _bytesBefore;
    private bool _layIdle;

    /// <summary>
    /// Reads from a server that has passed <see cref="ScanRights"/>. In a cluster the last parameter is told of each slot of
    /// which a key has gone to another node; elsewhere it is null.
    /// </summary>
    public ScanSource(
        RedisConnection connection,
        ServerInfo info,
        EntryChoice choice,
        ScanParts parts,
        Action<int>? isElsewhere = null
    )
    {
        _largeKeys = parts.LargeKeys;
        _isElsewhere = isElsewhere;

        // A key that has gone to another node answers as one that is not there.
        _strings = isElsewhere is null ? parts.ShortStrings : null;
        _connection = connection;
        _timeProvider = parts.TimeProvider;
        _given = parts.Given;
        _info = info;
        _choice = choice;
        _account = parts.Account;
        _pace = parts.Pace;
        _round = Math.Min(parts.Round, _pace.Keys?.Quantum ?? parts.Round);
        _roundBytes = Math.Min(BytesOnTheWay / 2, _pace.Bytes?.Quantum ?? long.MaxValue);
        _dumper = new KeyDumper(connection, parts.HasExpireTime, parts.Budget, _pace.Bytes)
        {
            IsOfCluster = isElsewhere is not null,
        };
        if (_largeKeys is not null && isElsewhere is not null)
            _largeKeys.IsElsewhere = (_, key, _) => isElsewhere(HashSlot.Of(key));
        ExpectedKeys = choice.ExpectedKeys ?? info.KeysIn(choice.Database);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports =>
        [new(_connection.Endpoint.ToString(), _info.DisplayName, "scan") { Keys = _account.Counts }];

    /// <inheritdoc/>
    public override long BytesRead =>
        Volatile.Read(ref _bytesBefore) + _connection.Input.BytesRead + (_largeKeys?.BytesRead ?? 0);

    /// <inheritdoc/>
    public override long? ExpectedKeys { get; }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (_choice.Functions)
        {
            var libraries = await FunctionLibraries
                .ReadAsync(_connection, cancellationToken, _choice)
                .ConfigureAwait(false);
            if (libraries is not null)
            {
                libraries.Account = _account;
                yield return libraries;
            }
        }

        foreach (var database in await DatabasesAsync(cancellationToken).ConfigureAwait(false))
        {
            await _connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            _largeRead.Clear();
            _given?.Clear();
            var batches = _choice.Retry is { } retry
                ? ReadNamedAsync(database, retry, cancellationToken)
                : ScanAsync(database, cancellationToken);
            await foreach (var batch in batches.ConfigureAwait(false))
            {
                batch.Account = _account;
                yield return batch;
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _dumper.Dispose();
        _strings?.Dispose();
        if (_largeKeys is not null)
            await _largeKeys.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async IAsyncEnumerable<EntryBatch> ReadNamedAsync(
        int database,
        RetryList retry,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var named = retry.Keys(database, _choice.Source).Where(key => _choice.IncludesSlotOf(key));
        foreach (var keys in named.Chunk(Math.Min(FirstRound, _round)))
        {
            await AskAsync(keys, cancellationToken).ConfigureAwait(false);
            await foreach (var batch in _dumper.ReadAsync(database, keys, cancellationToken).ConfigureAwait(false))
            {
                foreach (var entry in batch.Entries)
                    retry.Find(database, batch.Key(entry), _choice.Source);
                yield return batch;
            }

            NoteElsewhere();

            // What has gone from here another source may have: see RetryList.SettleMissing.
            foreach (var (key, reason) in _dumper.Forbidden)
            {
                retry.Find(database, key, _choice.Source);
                _account.FailUnread(database, key, reason);
            }
        }
    }

    // Of three rounds the first is being read, the second's keys are known to be small, and the third's are known. All is asked
    // before the answers of the first are read, in the order in which it is needed, so that the server never waits for us. A
    // round that is taken for short strings is read at once.
    private async IAsyncEnumerable<EntryBatch> ScanAsync(
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        AskScan("0");
        await _connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var (cursor, names) = await ReadScanAsync(cancellationToken).ConfigureAwait(false);
        var third = NextQuestions(names);
        await AskRoundAsync(cursor, third, [], cancellationToken).ConfigureAwait(false);
        for (var first = ScanRound.Empty; ; )
        {
            var second = third;
            var round = ScanRound.Empty;
            var isScanDue = cursor != "0";
            names = [];
            if (isScanDue)
                (cursor, names) = await ReadScanAsync(cancellationToken).ConfigureAwait(false);

            // Where nothing has to be learned from the second's answers, the third is asked for before they are read.
            var isAsked = second.Unknown.Length == 0 && _dumper.CanOverlap;
            if (isAsked)
            {
                third = NextQuestions(names);
                await AskRoundAsync(cursor, third, [], cancellationToken).ConfigureAwait(false);
            }

            await foreach (var batch in ReadStringsAsync(database, second, cancellationToken).ConfigureAwait(false))
                yield return batch;
            if (!isAsked)
            {
                round = await SortBySizeAsync(database, second.Unknown, cancellationToken).ConfigureAwait(false);
                third = NextQuestions(names);
                if (_dumper.CanOverlap)
                    await AskRoundAsync(cursor, third, round.Small, cancellationToken).ConfigureAwait(false);
            }

            await foreach (var batch in ReadRoundAsync(database, first, cancellationToken).ConfigureAwait(false))
                yield return batch;

            var isNew = await ConnectAnewIfIdleAsync(database, cancellationToken).ConfigureAwait(false);
            if (isNew || !_dumper.CanOverlap)
                await AskRoundAsync(cursor, third, round.Small, cancellationToken).ConfigureAwait(false);
            if (!isScanDue && third.IsEmpty && round.IsEmpty && _strings is not { HasOthers: true })
                yield break;
            first = round;
        }
    }

    // Keys that were taken for short strings and are none are asked about like any other.
    private AskedKeys NextQuestions(byte[][] names)
    {
        var others = _strings?.TakeOthers() ?? [];
        return _strings is { Expects: true } ? new AskedKeys(names, others) : new AskedKeys([], [.. others, .. names]);
    }

    private IAsyncEnumerable<EntryBatch> ReadStringsAsync(
        int database,
        AskedKeys asked,
        CancellationToken cancellationToken
    ) =>
        asked.Strings.Length == 0
            ? AsyncEnumerable.Empty<EntryBatch>()
            : _strings!.ReadAsync(database, asked.Strings, cancellationToken);

    private async IAsyncEnumerable<EntryBatch> ReadRoundAsync(
        int database,
        ScanRound round,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var batch in _dumper.ReadAsync(database, round.Small, cancellationToken).ConfigureAwait(false))
        {
            _strings?.Learn(batch);
            yield return batch;
        }

        SettleUnread(database);
        var since = _timeProvider.GetTimestamp();
        foreach (var key in round.Large.Where(key => !_largeRead.Contains(key)))
        {
            await foreach (var batch in _largeKeys!.ReadAsync(database, key, cancellationToken).ConfigureAwait(false))
            {
                _largeRead.Add(key);
                yield return batch;
            }
        }

        _layIdle = round.Large.Count > 0 && _timeProvider.GetElapsedTime(since) >= LongestIdle;
    }

    // While large keys are read in pieces this connection lies idle, and servers close such (timeout), be it with answers on their way.
    // SCAN's cursor means the same to any connection.
    private async ValueTask<bool> ConnectAnewIfIdleAsync(int database, CancellationToken cancellationToken)
    {
        if (!_layIdle)
            return false;

        _layIdle = false;
        var idle = _connection;
        _connection = await RedisConnection
            .ConnectAsync(idle.Endpoint, new ConnectionOptions(), _timeProvider, cancellationToken)
            .ConfigureAwait(false);
        Volatile.Write(ref _bytesBefore, _bytesBefore + idle.Input.BytesRead);
        await idle.DisposeAsync().ConfigureAwait(false);
        await _connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        _dumper.GoOnOver(_connection);
        _strings?.GoOnOver(_connection);
        return true;
    }

    // Reads what MEMORY USAGE has answered for the keys, and looks at the suspicious ones more closely.
    private async ValueTask<ScanRound> SortBySizeAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        if (_largeKeys is null)
            return new ScanRound(keys, []);

        var suspicious = new List<byte[]>();
        foreach (var key in keys)
        {
            var memory = await _connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (!memory.IsError && !memory.IsNull && memory.Integer >= _largeKeys.Suspicious)
                suspicious.Add(key);
        }

        var large = new List<byte[]>();
        foreach (var key in suspicious)
        {
            if (await _largeKeys.IsLargeAsync(database, key, cancellationToken).ConfigureAwait(false))
                large.Add(key);
        }

        return large.Count == 0 ? new ScanRound(keys, []) : new ScanRound([.. keys.Except(large)], large);
    }

    private void AskScan(string cursor) =>
        new RespWriter(_connection.Output).WriteCommand("SCAN", cursor, "COUNT", RoundLength());

    private int RoundLength() =>
        _strings is { Expects: true } ? _round
        : _dumper.AveragePayload is { } average ? (int)Math.Clamp(_roundBytes / Math.Max(1, average), 1, _round)
        : Math.Min(FirstRound, _round);

    private async ValueTask AskRoundAsync(
        string nextCursor,
        AskedKeys asked,
        byte[][] keysToDump,
        CancellationToken cancellationToken
    )
    {
        if (nextCursor != "0")
            AskScan(nextCursor);
        if (asked.Strings.Length > 0)
        {
            if (_pace.Keys is { } pace)
                await pace.TakeAsync(asked.Strings.Length, cancellationToken).ConfigureAwait(false);
            _strings!.Ask(asked.Strings);
        }

        if (_largeKeys is not null)
        {
            var writer = new RespWriter(_connection.Output);
            foreach (var key in asked.Unknown)
                writer.WriteCommand("MEMORY", "USAGE", key);
        }

        await AskAsync(keysToDump, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AskAsync(byte[][] keys, CancellationToken cancellationToken)
    {
        if (_pace.Keys is { } pace)
            await pace.TakeAsync(keys.Length, cancellationToken).ConfigureAwait(false);
        _dumper.Ask(keys);
        await _connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<(string Cursor, byte[][] Keys)> ReadScanAsync(CancellationToken cancellationToken)
    {
        var reply = await _connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        if (reply.IsError)
            throw ServerErrorException.Of(_connection.Endpoint, "SCAN", reply.Bytes.Span);
        return (
            reply.Items[0].Text,
            [
                .. reply
                    .Items[1]
                    .Items.Where(key => !_choice.LeavesOut(key.Bytes.Span) && _choice.IncludesSlotOf(key.Bytes.Span))
                    .Select(key => key.Bytes.ToArray())
                    .Where(key => _given?.TryAdd(key) != false),
            ]
        );
    }

    // A key that SCAN gave and DUMP no longer finds has expired or was deleted meanwhile.
    private void SettleUnread(int database)
    {
        foreach (var key in _dumper.Vanished)
        {
            _account.SettleUnread(key, Outcome.Expired);
            _given?.Forget(key);
        }

        NoteElsewhere();
        foreach (var (key, reason) in _dumper.Forbidden)
            _account.FailUnread(database, key, reason);
    }

    private void NoteElsewhere()
    {
        foreach (var (key, _) in _dumper.Elsewhere)
            _isElsewhere!(HashSlot.Of(key));
    }

    private async Task<IReadOnlyList<int>> DatabasesAsync(CancellationToken cancellationToken)
    {
        if (_choice.Retry is { } retry)
            return [.. retry.Databases.Where(database => _choice.Database is null || _choice.Database == database)];
        if (_choice.Database is { } only)
            return [only];

        // Asked again rather than taken from the first INFO: a database may have got its first key since.
        var info = await ServerInfo.AskAsync(_connection, cancellationToken).ConfigureAwait(false);
        return info.IsComplete
            ? [.. info.Keyspaces.Select(keyspace => keyspace.Database)]
            : throw ScanRights.UnknownDatabases(_connection);
    }
}
