using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Migration.Throttle;
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

    private readonly RedisConnection _connection;
    private readonly ServerInfo _info;
    private readonly EntryChoice _choice;
    private readonly KeyDumper _dumper;
    private readonly Ledger _ledger;
    private readonly LargeKeyReader? _largeKeys;
    private readonly SourcePace _pace;
    private readonly int _round;
    private readonly long _roundBytes;

    /// <summary>Reads from a server that has passed <see cref="ScanRights"/>.</summary>
    public ScanSource(
        RedisConnection connection,
        ServerInfo info,
        EntryChoice choice,
        Ledger ledger,
        SourcePace pace,
        bool hasExpireTime,
        int round,
        BufferBudget budget,
        LargeKeyReader? largeKeys
    )
    {
        _largeKeys = largeKeys;
        _connection = connection;
        _info = info;
        _choice = choice;
        _ledger = ledger;
        _pace = pace;
        _round = Math.Min(round, pace.Keys?.Quantum ?? round);
        _roundBytes = Math.Min(BytesOnTheWay / 2, pace.Bytes?.Quantum ?? long.MaxValue);
        _dumper = new KeyDumper(connection, hasExpireTime, budget, pace.Bytes);
        ExpectedKeys = choice.Retry?.Count ?? info.KeysIn(choice.Database);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports =>
        [new(_connection.Endpoint.ToString(), _info.DisplayName, "scan")];

    /// <inheritdoc/>
    public override long BytesRead => _connection.Input.BytesRead;

    /// <inheritdoc/>
    public override long? ExpectedKeys { get; }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (_choice.Functions)
        {
            var libraries = await FunctionLibraries.ReadAsync(_connection, cancellationToken).ConfigureAwait(false);
            if (libraries is not null)
                yield return libraries;
        }

        foreach (var database in await DatabasesAsync(cancellationToken).ConfigureAwait(false))
        {
            await _connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            var batches = _choice.Retry is { } retry
                ? ReadNamedAsync(database, retry, cancellationToken)
                : ScanAsync(database, cancellationToken);
            await foreach (var batch in batches.ConfigureAwait(false))
                yield return batch;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _dumper.Dispose();
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
        foreach (var keys in retry.Keys(database).Chunk(Math.Min(FirstRound, _round)))
        {
            await AskAsync(keys, cancellationToken).ConfigureAwait(false);
            await foreach (var batch in _dumper.ReadAsync(database, keys, cancellationToken).ConfigureAwait(false))
                yield return batch;
            SettleUnread(database);
        }
    }

    // Of three rounds the first is being read, the second's keys are known to be small, and the third's are known. All is asked
    // before the answers of the first are read, in the order in which it is needed, so that the server never waits for us.
    private async IAsyncEnumerable<EntryBatch> ScanAsync(
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        AskScan("0");
        await _connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var (cursor, third) = await ReadScanAsync(cancellationToken).ConfigureAwait(false);
        await AskRoundAsync(cursor, third, [], cancellationToken).ConfigureAwait(false);
        for (var first = ScanRound.Empty; ; )
        {
            var second = third;
            var isScanDue = cursor != "0";
            third = [];
            if (isScanDue)
                (cursor, third) = await ReadScanAsync(cancellationToken).ConfigureAwait(false);
            var round = await SortBySizeAsync(database, second, cancellationToken).ConfigureAwait(false);
            if (_dumper.CanOverlap)
                await AskRoundAsync(cursor, third, round.Small, cancellationToken).ConfigureAwait(false);

            await foreach (var batch in ReadRoundAsync(database, first, cancellationToken).ConfigureAwait(false))
                yield return batch;

            if (!_dumper.CanOverlap)
                await AskRoundAsync(cursor, third, round.Small, cancellationToken).ConfigureAwait(false);
            if (!isScanDue && second.Length == 0)
                yield break;
            first = round;
        }
    }

    private async IAsyncEnumerable<EntryBatch> ReadRoundAsync(
        int database,
        ScanRound round,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var batch in _dumper.ReadAsync(database, round.Small, cancellationToken).ConfigureAwait(false))
            yield return batch;
        SettleUnread(database);
        foreach (var key in round.Large)
        {
            await foreach (var batch in _largeKeys!.ReadAsync(database, key, cancellationToken).ConfigureAwait(false))
                yield return batch;
        }
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
        _dumper.AveragePayload is { } average
            ? (int)Math.Clamp(_roundBytes / Math.Max(1, average), 1, _round)
            : Math.Min(FirstRound, _round);

    private async ValueTask AskRoundAsync(
        string nextCursor,
        byte[][] keysToMeasure,
        byte[][] keysToDump,
        CancellationToken cancellationToken
    )
    {
        if (nextCursor != "0")
            AskScan(nextCursor);
        if (_largeKeys is not null)
        {
            var writer = new RespWriter(_connection.Output);
            foreach (var key in keysToMeasure)
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
        return (reply.Items[0].Text, [.. reply.Items[1].Items.Select(key => key.Bytes.ToArray())]);
    }

    // A key that SCAN gave and DUMP no longer finds has expired or was deleted meanwhile.
    private void SettleUnread(int database)
    {
        _ledger.Take(_dumper.Vanished);
        _ledger.SettleKeys(Outcome.Expired, _dumper.Vanished);
        foreach (var (key, reason) in _dumper.Forbidden)
            _ledger.FailUnread(database, key, reason);
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
