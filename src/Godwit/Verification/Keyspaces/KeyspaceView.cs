using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Resp;

namespace Godwit.Verification.Keyspaces;

/// <summary>
/// One side of a comparison whose keys can be asked for by name. Three things go on side by side, each for one caller at a
/// time: scanning; measuring and finding; asking and reading. Single questions go with the last.
/// </summary>
internal abstract class KeyspaceView : IAsyncDisposable
{
    /// <summary>Its URI, without secrets.</summary>
    public abstract string Uri { get; }

    /// <summary>Name and version of the server.</summary>
    public abstract string Server { get; }

    /// <summary>What the report says of it: of several servers that belong together once, of each source once.</summary>
    public virtual IReadOnlyList<SourceReport> Reports => [new(Uri, Server, "scan")];

    /// <summary>Bytes that came from it so far. May be read from any thread.</summary>
    public abstract long BytesRead { get; }

    /// <summary>The databases that hold keys now.</summary>
    /// <returns>Each with the number of its keys.</returns>
    public abstract Task<IReadOnlyList<KeyspaceInfo>> DatabasesAsync(CancellationToken cancellationToken);

    /// <summary>True if there is such a database, and we may use it.</summary>
    public abstract Task<bool> HasDatabaseAsync(int database, CancellationToken cancellationToken);

    /// <summary>The names of all keys of a database. One may come twice.</summary>
    public abstract IAsyncEnumerable<byte[][]> ScanAsync(int database, CancellationToken cancellationToken);

    /// <summary>Adds the bytes of memory that each key takes, as far as that is told, where they are more than those in <paramref name="sizes"/>.</summary>
    public abstract ValueTask MeasureAsync(
        int database,
        byte[][] keys,
        long[] sizes,
        CancellationToken cancellationToken
    );

    /// <summary>The keys that are there.</summary>
    public abstract ValueTask<bool[]> FindAsync(int database, byte[][] keys, CancellationToken cancellationToken);

    /// <summary>
    /// Of several sources the <see cref="Uri"/> of the one whose value each key is compared by; null where there is but one.
    /// </summary>
    public virtual ValueTask<string?[]> OriginsAsync(
        int database,
        byte[][] keys,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(new string?[keys.Length]);

    /// <summary>Asks for keys. Questions about another group may follow before the answers are read.</summary>
    public abstract ValueTask AskAsync(int database, byte[][] keys, CancellationToken cancellationToken);

    /// <summary>True if <see cref="AskStringsAsync"/> is possible.</summary>
    public virtual bool GivesStrings => false;

    /// <summary>
    /// Asks for keys that are taken for short strings, since those before them were. That costs the server less than
    /// <see cref="AskAsync"/>. Each is <see cref="KeyPresence.Present"/> with its bytes, <see cref="KeyPresence.Unread"/> or
    /// <see cref="KeyPresence.Refused"/>.
    /// </summary>
    public virtual ValueTask AskStringsAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Reads the answers to the oldest <see cref="AskAsync"/> or <see cref="AskStringsAsync"/>.</summary>
    public abstract ValueTask ReadAsync(KeyReadings readings, CancellationToken cancellationToken);

    /// <summary>When a key expires, exactly: Unix milliseconds, or -1. Of one that is gone, a moment that is over.</summary>
    public abstract ValueTask<long> ExpiryAsync(int database, byte[] key, CancellationToken cancellationToken);

    /// <summary>Runs one command about one key at whoever has it.</summary>
    /// <exception cref="ServerErrorException">The server refuses it.</exception>
    public abstract ValueTask<RespValue> ExecuteAsync(
        int database,
        byte[] key,
        RespArgument[] command,
        CancellationToken cancellationToken
    );

    /// <summary>Runs one command at every primary.</summary>
    /// <returns>The first error, if there is one; else the last reply.</returns>
    public abstract ValueTask<RespValue> ExecuteEverywhereAsync(
        RespArgument[] command,
        CancellationToken cancellationToken
    );

    /// <summary>The connection for single questions about a key, its database chosen, to whoever has the key now.</summary>
    public abstract ValueTask<RedisConnection> ConnectionAsync(
        int database,
        byte[] key,
        CancellationToken cancellationToken
    );

    /// <summary>Is told that a connection from <see cref="ConnectionAsync"/> was lost.</summary>
    /// <returns>
    /// True if another server may take the place of that one: the next connection is to whoever has done so. False where none does, or the
    /// connection is not of this side.
    /// </returns>
    public virtual ValueTask<bool> TryLoseAsync(RedisConnection lost, CancellationToken cancellationToken) =>
        ValueTask.FromResult(false);

    /// <summary>Has the server note from now on whether any of the keys changes.</summary>
    /// <returns>False if it does not let us.</returns>
    public abstract ValueTask<bool> WatchAsync(int database, byte[][] keys, CancellationToken cancellationToken);

    /// <summary>Ends what <see cref="WatchAsync"/> began.</summary>
    /// <returns>True if none has changed.</returns>
    public abstract ValueTask<bool> EndWatchAsync(int database, CancellationToken cancellationToken);

    /// <summary>The code of each function library by its name; none of a server that has no such thing.</summary>
    /// <exception cref="ServerErrorException">There are, or may be, libraries that we must not read.</exception>
    public abstract Task<IReadOnlyDictionary<string, byte[]>> FunctionsAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
