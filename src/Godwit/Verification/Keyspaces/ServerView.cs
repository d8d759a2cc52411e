using System.Runtime.CompilerServices;
using System.Text;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Resp;
using Godwit.Sources.Scan;

namespace Godwit.Verification.Keyspaces;

/// <summary>One server. Each of the things that go on side by side has a connection of its own.</summary>
internal sealed class ServerView : KeyspaceView
{
    // EXISTS takes many names, in a cluster only those of one slot, and says only how many of them are there.
    private const int NamesInOneQuestion = 64;

    private const long Elsewhere = -1;

    private readonly RedisEndpoint _endpoint;
    private readonly ServerInfo _info;
    private readonly bool _hasMemoryUsage;
    private readonly bool _hasExpireTime;
    private readonly bool _givesStrings;
    private readonly bool _isShard;
    private readonly int _round;
    private readonly DatabaseConnection _scanning;
    private readonly DatabaseConnection _measuring;
    private readonly DatabaseConnection _reading;
    private readonly DatabaseConnection _asking;
    private readonly KeyQuestions _questions;

    private ServerView(
        RedisEndpoint endpoint,
        ServerInfo info,
        DatabaseConnection asking,
        ScanRights rights,
        bool hasMemoryUsage,
        bool isShard,
        VerifyMode mode,
        int round,
        TimeProvider timeProvider
    )
    {
        _endpoint = endpoint;
        _isShard = isShard;
        _info = info;
        _asking = asking;
        _hasExpireTime = rights.HasExpireTime;
        _givesStrings = mode == VerifyMode.Full && rights.HasExpireTime && rights.HasGetRange;
        _hasMemoryUsage = hasMemoryUsage;
        _round = round;
        _scanning = new DatabaseConnection(endpoint, timeProvider);
        _measuring = new DatabaseConnection(endpoint, timeProvider);
        _reading = new DatabaseConnection(endpoint, timeProvider);
        _questions = new KeyQuestions(_reading, _asking, mode, _hasExpireTime, isShard);
    }

    /// <summary>Keys that are none of the data: they are not scanned. Default: none.</summary>
    public Predicate<byte[]> IsHidden { get; set; } = _ => false;

    /// <inheritdoc/>
    public override string Uri => _endpoint.ToString();

    /// <inheritdoc/>
    public override string Server => _info.DisplayName;

    /// <inheritdoc/>
    public override long BytesRead =>
        _scanning.BytesRead + _measuring.BytesRead + _reading.BytesRead + _asking.BytesRead;

    /// <summary>Connects, and sees that what is needed is there and permitted. Nothing is written.</summary>
    /// <param name="endpoint">The server.</param>
    /// <param name="isShard">It is a cluster's: what it does not have another one has.</param>
    /// <param name="mode">What will be asked.</param>
    /// <param name="round">Keys that one SCAN asks for.</param>
    /// <param name="log">Is told what is done in another way than usual.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="GodwitException">It cannot be reached, or not be read.</exception>
    public static async Task<ServerView> OpenAsync(
        RedisEndpoint endpoint,
        bool isShard,
        VerifyMode mode,
        int round,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var asking = new DatabaseConnection(endpoint, timeProvider);
        try
        {
            var connection = await asking.OpenAsync(cancellationToken).ConfigureAwait(false);
            var info = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
            if (!info.IsComplete && endpoint.Database is null)
                throw ScanRights.UnknownDatabases(connection);

            var rights = await ScanRights.AskAsync(connection, cancellationToken).ConfigureAwait(false);
            var memory = await connection
                .TryExecuteAsync(cancellationToken, "MEMORY", "USAGE", ScanRights.AnyKey)
                .ConfigureAwait(false);
            var hasMemoryUsage = ScanRights.IsPermitted(memory);
            if (!hasMemoryUsage && mode == VerifyMode.Full)
                log.Info(
                    $"Large values are compared as a whole: {endpoint} does not tell how large a key is (MEMORY USAGE)."
                );
            return new ServerView(
                endpoint,
                info,
                asking,
                rights,
                hasMemoryUsage && mode == VerifyMode.Full,
                isShard,
                mode,
                round,
                timeProvider
            );
        }
        catch
        {
            await asking.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<KeyspaceInfo>> DatabasesAsync(CancellationToken cancellationToken)
    {
        var connection = await _asking.OpenAsync(cancellationToken).ConfigureAwait(false);
        var info = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        if (_endpoint.Database is not { } only)
            return info.IsComplete ? info.Keyspaces : throw ScanRights.UnknownDatabases(connection);

        var keys = info.KeysIn(only) ?? 0;
        return [new KeyspaceInfo(only, keys, 0)];
    }

    /// <inheritdoc/>
    public override async Task<bool> HasDatabaseAsync(int database, CancellationToken cancellationToken) =>
        await _asking.TrySelectAsync(database, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<byte[][]> ScanAsync(
        int database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var connection = await _scanning.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var cursor = "0";
        await AskScanAsync(connection, cursor, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var reply = await WholeReply.ReadStringsAsync(connection, "SCAN", cancellationToken).ConfigureAwait(false);
            cursor = Encoding.ASCII.GetString(reply[0]);

            // The server looks for the next ones while these are compared.
            if (cursor != "0")
                await AskScanAsync(connection, cursor, cancellationToken).ConfigureAwait(false);
            var names = reply.Skip(1).Where(name => !IsHidden(name)).ToArray();
            if (names.Length > 0)
                yield return names;
            if (cursor == "0")
                yield break;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(
        int database,
        byte[][] keys,
        long[] sizes,
        CancellationToken cancellationToken
    )
    {
        if (!_hasMemoryUsage)
            return;

        var connection = await _measuring.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
            writer.WriteCommand("MEMORY", "USAGE", key);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < keys.Length; )
        {
            if (TryReadSizes(connection, sizes, ref i))
                continue;
            await connection.Input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<bool[]> FindAsync(
        int database,
        byte[][] keys,
        CancellationToken cancellationToken
    ) =>
        [
            .. (await TryFindAsync(database, keys, cancellationToken).ConfigureAwait(false)).Select(found =>
                found!.Value
            ),
        ];

    /// <summary>As <see cref="FindAsync"/>; null for those for which a cluster's node sends us elsewhere.</summary>
    public async ValueTask<bool?[]> TryFindAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var found = new bool?[keys.Length];
        var connection = await _measuring.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        AskExists(connection, keys);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var unclear = new List<int>();
        for (var start = 0; start < keys.Length; start += NamesAtOnce)
        {
            var count = Math.Min(NamesAtOnce, keys.Length - start);
            var there = await ReadCountAsync(connection, cancellationToken).ConfigureAwait(false);
            if (there == Elsewhere)
                continue;
            if (there == 0 || there == count)
                found.AsSpan(start, count).Fill(there == count);
            else
                unclear.AddRange(Enumerable.Range(start, count));
        }

        foreach (var index in unclear)
            AskExists(connection, [keys[index]]);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        foreach (var index in unclear)
            found[index] = await ReadCountAsync(connection, cancellationToken).ConfigureAwait(false) > 0;
        return found;
    }

    /// <inheritdoc/>
    public override ValueTask AskAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        _questions.AskAsync(database, keys, cancellationToken);

    /// <inheritdoc/>
    public override bool GivesStrings => _givesStrings;

    /// <inheritdoc/>
    public override ValueTask AskStringsAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        _questions.AskStringsAsync(database, keys, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask ReadAsync(KeyReadings readings, CancellationToken cancellationToken) =>
        _questions.ReadAsync(readings, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<long> ExpiryAsync(int database, byte[] key, CancellationToken cancellationToken)
    {
        var connection = await _asking.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        if (!_hasExpireTime)
            return await new ExpiryClock(connection).AskAsync(key, cancellationToken).ConfigureAwait(false);

        var reply = await connection.ExecuteAsync(cancellationToken, "PEXPIRETIME", key).ConfigureAwait(false);
        const long KeyIsGone = -2;
        return reply.Integer == KeyIsGone ? 0 : reply.Integer;
    }

    /// <inheritdoc/>
    public override async ValueTask<RespValue> ExecuteAsync(
        int database,
        byte[] key,
        RespArgument[] command,
        CancellationToken cancellationToken
    )
    {
        var connection = await _asking.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        return await connection.ExecuteAsync(cancellationToken, command).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<RespValue> ExecuteEverywhereAsync(
        RespArgument[] command,
        CancellationToken cancellationToken
    )
    {
        var connection = await _asking.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask<RedisConnection> ConnectionAsync(
        int database,
        byte[] key,
        CancellationToken cancellationToken
    ) => _asking.SelectAsync(database, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<bool> WatchAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var connection = await _asking.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var names = keys.Chunk(NamesAtOnce).ToArray();
        foreach (var some in names)
            new RespWriter(connection.Output).WriteCommand(["WATCH", .. some.Select(key => (RespArgument)key)]);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var areWatched = true;
        for (var i = 0; i < names.Length; i++)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            areWatched &= !reply.IsError;
        }

        return areWatched;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> EndWatchAsync(int database, CancellationToken cancellationToken)
    {
        var connection = await _asking.SelectAsync(database, cancellationToken).ConfigureAwait(false);

        // Where a transaction is refused, EXEC is too, and nothing is known against the keys.
        await connection.TryExecuteAsync(cancellationToken, "MULTI").ConfigureAwait(false);
        var reply = await connection.TryExecuteAsync(cancellationToken, "EXEC").ConfigureAwait(false);
        return reply.IsError || !reply.IsNull;
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyDictionary<string, byte[]>> FunctionsAsync(CancellationToken cancellationToken)
    {
        var connection = await _asking.OpenAsync(cancellationToken).ConfigureAwait(false);
        using var batch = await FunctionLibraries.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        return CodeByName(batch);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _scanning.DisposeAsync().ConfigureAwait(false);
        await _measuring.DisposeAsync().ConfigureAwait(false);
        await _reading.DisposeAsync().ConfigureAwait(false);
        await _asking.DisposeAsync().ConfigureAwait(false);
    }

    private static Dictionary<string, byte[]> CodeByName(EntryBatch? batch)
    {
        var libraries = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (batch is null)
            return libraries;

        foreach (ref readonly var entry in batch.Entries)
            libraries.Add(Encoding.UTF8.GetString(batch.Key(entry)), batch.Value(entry).ToArray());
        return libraries;
    }

    private ValueTask AskScanAsync(RedisConnection connection, string cursor, CancellationToken cancellationToken)
    {
        new RespWriter(connection.Output).WriteCommand("SCAN", cursor, "COUNT", _round);
        return connection.Output.FlushAsync(cancellationToken);
    }

    // A key that is gone, or kept from us, takes nothing.
    private static bool TryReadSizes(RedisConnection connection, long[] sizes, ref int read)
    {
        var reader = connection.Input.Reader();
        while (read < sizes.Length)
        {
            if (!reader.TryRead(out var size))
            {
                connection.Input.Advance(reader.Consumed);
                return false;
            }

            sizes[read] = Math.Max(sizes[read], size.Integer);
            read++;
        }

        connection.Input.Advance(reader.Consumed);
        return true;
    }

    private int NamesAtOnce => _isShard ? 1 : NamesInOneQuestion;

    private void AskExists(RedisConnection connection, byte[][] keys)
    {
        var writer = new RespWriter(connection.Output);
        for (var start = 0; start < keys.Length; start += NamesAtOnce)
        {
            var names = keys.AsSpan(start, Math.Min(NamesAtOnce, keys.Length - start));
            writer.WriteArrayHeader(1 + names.Length);
            writer.WriteBulk("EXISTS"u8);
            foreach (var name in names)
                writer.WriteBulk(name);
        }
    }

    // One name that is kept from us makes an error of the whole question: then each is asked by itself, and what is kept from us
    // is there for all that we know.
    private async ValueTask<long> ReadCountAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        if (!reply.IsError)
            return reply.Integer;

        var error = ServerErrorException.Of(connection.Endpoint, "EXISTS", reply.Bytes.Span);
        if (error.Code == "NOPERM")
            return long.MaxValue;
        return _isShard && error.SendsElsewhere ? Elsewhere : throw error;
    }
}
