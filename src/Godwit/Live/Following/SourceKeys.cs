using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Resp;
using Godwit.Sources.Scan;

namespace Godwit.Live.Following;

/// <summary>Reads keys of one server of the source by their names. Owns its connections.</summary>
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

    private SourceKeys(
        FollowingEnds ends,
        RedisConnection connection,
        bool isAsking,
        Account account,
        Action<int, byte[]> isElsewhere
    )
    {
        _ends = ends;
        Connection = connection;
        Dumper = new KeyDumper(connection, ends.Rights.HasExpireTime, ends.Budget, ends.Pace.Bytes)
        {
            IsOfCluster = ends.Servers.Topology.IsCluster,
            SaysAsking = isAsking,
        };
        _large =
            ends.Options.LargeValues is { } limits && !isAsking
                ? new LargeKeyReader(
                    connection.Endpoint,
                    limits,
                    ends.Rights.HasExpireTime,
                    ends.Budget,
                    ends.Pace,
                    account,
                    ends.TimeProvider
                )
                {
                    IsElsewhere = ends.Servers.Topology.IsCluster
                        ? (database, key, _) => isElsewhere(database, key)
                        : null,
                }
                : null;
    }

    /// <summary>To the source.</summary>
    public RedisConnection Connection { get; }

    /// <summary>Reads the keys that <see cref="AskAsync"/> has asked for.</summary>
    public KeyDumper Dumper { get; }

    /// <summary>Reads keys that are too large for that; null where values always go whole.</summary>
    public LargeKeyReader? Large => _large;

    /// <summary>Connects.</summary>
    /// <param name="ends">Both ends.</param>
    /// <param name="server">The server that is asked.</param>
    /// <param name="isAsking">Each key is in a slot that is just coming to that server. Large ones are not told from others then.</param>
    /// <param name="account">Takes keys that cannot be read.</param>
    /// <param name="isElsewhere">Is told of a large key that another server has by now.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectionException">It cannot be reached.</exception>
    public static async Task<SourceKeys> OpenAsync(
        FollowingEnds ends,
        RedisEndpoint server,
        bool isAsking,
        Account account,
        Action<int, byte[]> isElsewhere,
        CancellationToken cancellationToken
    ) =>
        new(
            ends,
            await ends.ConnectSourceAsync(server, cancellationToken).ConfigureAwait(false),
            isAsking,
            account,
            isElsewhere
        );

    /// <summary>Keys that may be asked for at once.</summary>
    public static int RoundLength(long? averagePayload) =>
        averagePayload is { } average
            ? (int)Math.Clamp(BytesOnTheWay / Math.Max(1, average), 1, ScanSource.DefaultRound)
            : FirstRound;

    /// <summary>Asks for keys of a database; the dumper reads the answers.</summary>
    public async Task AskAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        await SelectAsync(database, cancellationToken).ConfigureAwait(false);
        if (_ends.Pace.Keys is { } pace)
            await pace.TakeAsync(keys.Length, cancellationToken).ConfigureAwait(false);
        Dumper.Ask(keys);
        await Connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the keys of a database that are to be read in pieces from the others.</summary>
    public async Task<ScanRound> SortBySizeAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        if (_large is null || !_tellsMemory)
            return new ScanRound(keys, []);

        await SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var writer = new RespWriter(Connection.Output);
        foreach (var key in keys)
            writer.WriteCommand("MEMORY", "USAGE", key);
        await Connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var suspicious = new List<byte[]>();
        foreach (var key in keys)
        {
            var memory = await Connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (memory.IsError)
                _tellsMemory &= Redirection.TryParse(memory.Text, Connection.Endpoint) is not null;
            else if (!memory.IsNull && memory.Integer >= _large.Suspicious)
                suspicious.Add(key);
        }

        var large = new List<byte[]>();
        foreach (var key in suspicious)
        {
            if (await _large.IsLargeAsync(database, key, cancellationToken).ConfigureAwait(false))
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

    private async Task SelectAsync(int database, CancellationToken cancellationToken)
    {
        if (_database == database)
            return;

        await Connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        _database = database;
    }
}
