using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>
/// The connection for single questions to the target while others write. Safe for use from any thread; owns it.
/// </summary>
/// <param name="connection">To the target.</param>
/// <param name="database">Which one is chosen where a connection is new.</param>
/// <param name="renew">
/// Connects anew, once for each question: hours may lie between two, and servers close what lies idle (<c>timeout</c>). A question
/// that is asked again does no harm. Null where a lost connection is to be known as such.
/// </param>
internal sealed class ControlConnection(
    RedisConnection connection,
    int database,
    Func<CancellationToken, Task<RedisConnection>>? renew = null
) : IAsyncDisposable
{
    private readonly int _database = database;
    private RedisConnection _connection = connection;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<int, bool> _databases = new() { [database] = true };
    private int _selected = database;

    /// <summary>True if the server has this database and lets us use it. It is asked once.</summary>
    public Task<bool> HasDatabaseAsync(int number, CancellationToken cancellationToken) =>
        InTurnAsync(() => TrySelectAsync(number, cancellationToken), cancellationToken);

    /// <summary>Asks something about a database that <see cref="HasDatabaseAsync"/> has found. Nobody else asks meanwhile.</summary>
    public Task<T> AskAsync<T>(
        int number,
        Func<RedisConnection, Task<T>> question,
        CancellationToken cancellationToken
    ) =>
        InTurnAsync(
            async () =>
            {
                if (!await TrySelectAsync(number, cancellationToken).ConfigureAwait(false))
                    throw new InvalidOperationException($"there is no database {number}");
                return await question(_connection).ConfigureAwait(false);
            },
            cancellationToken
        );

    /// <summary>Asks something that is about no database.</summary>
    public Task<T> AskAsync<T>(Func<RedisConnection, Task<T>> question, CancellationToken cancellationToken) =>
        InTurnAsync(() => question(_connection), cancellationToken);

    /// <summary>True if there is such a key, in a database that <see cref="HasDatabaseAsync"/> has found.</summary>
    public Task<bool> HasKeyAsync(int number, byte[] key, CancellationToken cancellationToken) =>
        AskAsync(
            number,
            async asked =>
                (await asked.ExecuteAsync(cancellationToken, "EXISTS", key).ConfigureAwait(false)).Integer > 0,
            cancellationToken
        );

    /// <summary>As <see cref="HasKeyAsync"/>: 0 or 1, or the error that the server answers with.</summary>
    public Task<RespValue> FindKeyAsync(int number, byte[] key, CancellationToken cancellationToken) =>
        AskAsync(number, asked => asked.TryExecuteAsync(cancellationToken, "EXISTS", key), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (ConnectionException) when (renew is not null)
        {
            // Until there is another one the lost one stays: whoever asks next is told the same, and tries again.
            var other = await renew(cancellationToken).ConfigureAwait(false);
            await _connection.DisposeAsync().ConfigureAwait(false);
            _connection = other;
            _selected = _database;
            return await action().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> TrySelectAsync(int number, CancellationToken cancellationToken)
    {
        if (_databases.TryGetValue(number, out var known) && (!known || number == _selected))
            return known;

        var reply = await _connection.TryExecuteAsync(cancellationToken, "SELECT", number).ConfigureAwait(false);
        _databases[number] = !reply.IsError;
        if (!reply.IsError)
            _selected = number;
        return !reply.IsError;
    }
}
