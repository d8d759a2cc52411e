using Godwit.Batches;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Protocol.Resp;
using Godwit.Sources.Scan;

namespace Godwit.Live.Expiry;

/// <summary>Asks the target when keys expire, and tells it otherwise.</summary>
/// <param name="connection">To the target, in the keys' database. Nothing else is on its way there.</param>
/// <param name="hasExpireTime">The target has PEXPIRETIME (7.0).</param>
/// <param name="hold">Tells the time there.</param>
internal sealed class KeyExpiries(RedisConnection connection, bool hasExpireTime, ExpiryHold hold)
{
    private const long KeyIsGone = -2;

    /// <summary>Asks when keys expire.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="concerns">
    /// Which of the expiries are wanted. Before 7.0 it is asked with a moment that is not exact, and those alone are worked out.
    /// </param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    /// <exception cref="ServerErrorException">The target refused.</exception>
    public async Task<ExpiryAnswers> AskAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        Func<long, bool> concerns,
        CancellationToken cancellationToken
    )
    {
        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
            writer.WriteCommand(hasExpireTime ? "PEXPIRETIME" : "PTTL", key);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var now = hold.Now;
        var missing = new List<ReadOnlyMemory<byte>>();
        using var wanted = new EntryBatch();
        foreach (var key in keys)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError && !IsElsewhere(connection, reply))
                throw ServerErrorException.Of(connection.Endpoint, "PEXPIRETIME", reply.Bytes.Span);
            if (reply.IsError || reply.Integer == KeyIsGone)
            {
                missing.Add(key);
                continue;
            }

            var expireAt = hasExpireTime ? reply.Integer : now + reply.Integer;
            if (reply.Integer >= 0 && concerns(expireAt))
                wanted.AddCopy(new Entry { ExpireAt = expireAt }, key.Span, []);
        }

        // How long a key still has is no moment yet.
        if (!hasExpireTime)
            await new ExpiryClock(connection).SetExpiriesAsync(wanted, cancellationToken).ConfigureAwait(false);

        var found = new List<(ReadOnlyMemory<byte>, long)>(wanted.Count);
        foreach (ref readonly var entry in wanted.Entries)
            found.Add((wanted.Key(entry).ToArray(), entry.ExpireAt));
        return new ExpiryAnswers(found, missing);
    }

    /// <summary>Sets expiries.</summary>
    /// <returns>The keys that the target has not, or not there.</returns>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    /// <exception cref="ServerErrorException">The target refused.</exception>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> SetAsync(
        IReadOnlyList<(ReadOnlyMemory<byte> Key, long ExpireAt)> expiries,
        CancellationToken cancellationToken
    )
    {
        var writer = new RespWriter(connection.Output);
        foreach (var (key, expireAt) in expiries)
            writer.WriteCommand("PEXPIREAT", key, expireAt);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var missing = new List<ReadOnlyMemory<byte>>();
        foreach (var (key, _) in expiries)
        {
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError && !IsElsewhere(connection, reply))
                throw ServerErrorException.Of(connection.Endpoint, "PEXPIREAT", reply.Bytes.Span);
            if (reply.IsError || reply.Integer == 0)
                missing.Add(key);
        }

        return missing;
    }

    /// <summary>True of an answer that the slot moves. When that is seen, all begins anew, and this too.</summary>
    public static bool IsElsewhere(RedisConnection connection, RespValue error) =>
        Redirection.TryParse(error.Text, connection.Endpoint) is not null;
}

/// <summary>What the target says of keys.</summary>
/// <param name="Found">Those whose expiry was wanted, in Unix milliseconds.</param>
/// <param name="Missing">Those that it has not, or not there.</param>
internal sealed record ExpiryAnswers(
    IReadOnlyList<(ReadOnlyMemory<byte> Key, long ExpireAt)> Found,
    IReadOnlyList<ReadOnlyMemory<byte>> Missing
);
