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
    private readonly RedisEndpoint _endpoint;
    private readonly ServerInfo _info;
    private readonly bool _hasMemoryUsage;
    private readonly bool _hasExpireTime;
    private readonly bool _givesStrings;
    private readonly int _round;
    private readonly DatabaseConnection _scanning;
    private readonly DatabaseConnection _measuring;
    private readonly DatabaseConnection _reading;
    private readonly DatabaseConnection _asking;
    private readonly KeyQuestions _questions;
    private readonly PresenceQuestions _presence;

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
        _presence = new PresenceQuestions(_measuring, isShard);
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
        var round = new ScanRound(_round);
        await AskScanAsync(connection, cursor, round.Count, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var reply = await WholeReply.ReadStringsAsync(connection, "SCAN", cancellationToken).ConfigureAwait(false);
            cursor = Encoding.ASCII.GetString(reply[0]);
            var parts = round.Split([.. reply.Skip(1)]);

            // The server looks for the next ones while these are compared.
            if (cursor != "0")
                await AskScanAsync(connection, cursor, round.Count, cancellationToken).ConfigureAwait(false);
            foreach (var part in parts)
            {
                var names = part.Where(name => !IsHidden(name)).ToArray();
                if (names.Length > 0)
                    yield return names;
            }

            if (cursor == "0")
                yield break;
        }
    }

    /// <summary>The names of all keys of a cluster's slot, of those that this node has. Nothing may be scanned at the same time.</summary>
    public async Task<byte[][]> NamesInSlotAsync(int database, int slot, CancellationToken cancellationToken)
    {
        var connection = await _scanning.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var count = await connection
            .ExecuteAsync(cancellationToken, "CLUSTER", "COUNTKEYSINSLOT", slot)
            .ConfigureAwait(false);
        if (count.Integer == 0)
            return [];

        var names = await connection
            .ExecuteAsync(cancellationToken, "CLUSTER", "GETKEYSINSLOT", slot, (count.Integer * 2) + 16)
            .ConfigureAwait(false);
        return [.. names.Items.Select(name => name.Bytes.ToArray())];
    }

    /// <inheritdoc/>
    public override ValueTask MeasureAsync(
        int database,
        byte[][] keys,
        long[] sizes,
        CancellationToken cancellationToken
    ) => _hasMemoryUsage ? _presence.MeasureAsync(database, keys, sizes, cancellationToken) : ValueTask.CompletedTask;

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
    public ValueTask<bool?[]> TryFindAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        _presence.FindAsync(database, keys, cancellationToken);

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
        var names = keys.Chunk(_presence.NamesAtOnce).ToArray();
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

    private static ValueTask AskScanAsync(
        RedisConnection connection,
        string cursor,
        int count,
        CancellationToken cancellationToken
    )
    {
        new RespWriter(connection.Output).WriteCommand("SCAN", cursor, "COUNT", count);
        return connection.Output.FlushAsync(cancellationToken);
    }
}
