using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Resp;
using Godwit.Sources.Scan;

namespace Godwit.Live.Following;

/// <summary>Reads keys of the source by their names. Owns its connections.</summary>
internal sealed class SourceKeys : IAsyncDisposable
{
    private const int FirstRound = 16;

    // Payloads that we ask for wait in the server's memory: so many bytes of them, by what was seen last.
    private const long BytesOnTheWay = 8 * 1024 * 1024;

    private const int UnknownDatabase = -1;

    private readonly FollowingEnds _ends;
    private readonly LargeKeyReader? _large;
    private int _database = UnknownDatabase;
    private bool _tellsMemory = true;

    private SourceKeys(FollowingEnds ends, RedisConnection connection, Account account)
    {
        _ends = ends;
        Connection = connection;
        Dumper = new KeyDumper(connection, ends.Rights.HasExpireTime, ends.Budget, ends.Pace.Bytes);
        _large = ends.Options.LargeValues is { } limits
            ? new LargeKeyReader(
                ends.Ends.SourceServer,
                limits,
                ends.Rights.HasExpireTime,
                ends.Budget,
                account,
                ends.TimeProvider
            )
            : null;
    }

    /// <summary>To the source.</summary>
    public RedisConnection Connection { get; }

    /// <summary>Reads the keys that <see cref="AskAsync"/> has asked for.</summary>
    public KeyDumper Dumper { get; }

    /// <summary>Reads keys that are too large for that; null where values always go whole.</summary>
    public LargeKeyReader? Large => _large;

    /// <summary>Connects.</summary>
    public static async Task<SourceKeys> OpenAsync(
        FollowingEnds ends,
        Account account,
        CancellationToken cancellationToken
    ) => new(ends, await ends.ConnectSourceAsync(cancellationToken).ConfigureAwait(false), account);

    /// <summary>Keys that may be asked for at once.</summary>
    public static int RoundLength(long? averagePayload) =>
        averagePayload is { } average
            ? (int)Math.Clamp(BytesOnTheWay / Math.Max(1, average), 1, ScanSource.DefaultRound)
            : FirstRound;

    /// <summary>Chooses the database.</summary>
    public async Task SelectAsync(int database, CancellationToken cancellationToken)
    {
        if (_database == database)
            return;

        await Connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        _database = database;
    }

    /// <summary>Asks for keys of the chosen database; the dumper reads the answers.</summary>
    public async Task AskAsync(byte[][] keys, CancellationToken cancellationToken)
    {
        if (_ends.Pace.Keys is { } pace)
            await pace.TakeAsync(keys.Length, cancellationToken).ConfigureAwait(false);
        Dumper.Ask(keys);
        await Connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the keys of the chosen database that are to be read in pieces from the others.</summary>
    public async Task<ScanRound> SortBySizeAsync(byte[][] keys, CancellationToken cancellationToken)
    {
        if (_large is null || !_tellsMemory)
            return new ScanRound(keys, []);

        var writer = new RespWriter(Connection.Output);
        foreach (var key in keys)
            writer.WriteCommand("MEMORY", "USAGE", key);
        await Connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var suspicious = new List<byte[]>();
        foreach (var key in keys)
        {
            var memory = await Connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (memory.IsError)
                _tellsMemory = false;
            else if (!memory.IsNull && memory.Integer >= _large.Suspicious)
                suspicious.Add(key);
        }

        var large = new List<byte[]>();
        foreach (var key in suspicious)
        {
            if (await _large.IsLargeAsync(_database, key, cancellationToken).ConfigureAwait(false))
                large.Add(key);
        }

        return large.Count == 0 ? new ScanRound(keys, []) : new ScanRound([.. keys.Except(large)], large);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Dumper.Dispose();
        if (_large is not null)
            await _large.DisposeAsync().ConfigureAwait(false);
        await Connection.DisposeAsync().ConfigureAwait(false);
    }
}
