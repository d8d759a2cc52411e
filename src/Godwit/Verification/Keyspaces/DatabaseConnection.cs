using Godwit.Connections;
using Godwit.Endpoints;

namespace Godwit.Verification.Keyspaces;

/// <summary>A connection that is made when it is first needed, and remembers which database it has chosen. Owns it.</summary>
internal sealed class DatabaseConnection(RedisEndpoint endpoint, TimeProvider timeProvider) : IAsyncDisposable
{
    private RedisConnection? _connection;
    private int _database = endpoint.Database ?? 0;

    /// <summary>Bytes that came so far. May be read from any thread.</summary>
    public long BytesRead => Volatile.Read(ref _connection)?.Input.BytesRead ?? 0;

    /// <summary>The connection, with no answer outstanding and this database chosen.</summary>
    /// <exception cref="ServerErrorException">There is no such database.</exception>
    public async ValueTask<RedisConnection> SelectAsync(int database, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (database == _database)
            return connection;

        await connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        _database = database;
        return connection;
    }

    /// <summary>True if there is such a database.</summary>
    public async ValueTask<bool> TrySelectAsync(int database, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (database == _database)
            return true;

        var reply = await connection.TryExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        if (!reply.IsError)
            _database = database;
        return !reply.IsError;
    }

    /// <summary>The connection, whatever database it has chosen.</summary>
    public async ValueTask<RedisConnection> OpenAsync(CancellationToken cancellationToken) =>
        _connection ??= await RedisConnection
            .ConnectAsync(endpoint, new ConnectionOptions(), timeProvider, cancellationToken)
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;
}
