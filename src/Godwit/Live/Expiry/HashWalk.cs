using Godwit.Connections;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Expiry;

/// <summary>
/// One step of a walk over hashes: finds some, or releases the held fields of some. The connection has the database chosen, and
/// nothing else is on its way.
/// </summary>
/// <param name="connection">To the target.</param>
/// <param name="hold">Tells what is to stay held.</param>
/// <param name="slots">The slots whose keys are looked at.</param>
/// <param name="all">Those too that expire soon.</param>
internal sealed class HashWalk(RedisConnection connection, ExpiryHold hold, SlotSet slots, bool all)
{
    private const int KeysAtOnce = 512;
    private const int FieldsOfOneHash = 512;

    /// <summary>Finds hashes whose fields may expire, and the cursor behind them.</summary>
    /// <param name="cursor">Where SCAN goes on.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<(string Cursor, IReadOnlyList<HashPlace> Hashes)> FindAsync(
        string cursor,
        CancellationToken cancellationToken
    )
    {
        var scan = await connection
            .ExecuteAsync(cancellationToken, "SCAN", cursor, "COUNT", KeysAtOnce, "TYPE", "hash")
            .ConfigureAwait(false);
        var keys = scan.Items[1].Items.Select(key => key.Bytes).Where(key => slots.Contains(key.Span)).ToArray();
        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
        {
            writer.WriteCommand("OBJECT", "ENCODING", key);
            writer.WriteCommand("HLEN", key);
        }

        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var hashes = new List<HashPlace>();
        foreach (var key in keys)
        {
            var encoding = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            var length = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (encoding.IsNull || IsPlain(encoding))
                continue;

            // Neither is needed: where one is refused we only walk further than we would have to.
            var fields = length.IsError ? FieldsOfOneHash : (int)Math.Min(length.Integer, FieldsOfOneHash);
            hashes.Add(new HashPlace(key, "0", fields));
        }

        return (scan.Items[0].Text, hashes);
    }

    /// <summary>Releases some fields of each hash, and gives the hashes that have more.</summary>
    /// <exception cref="ServerErrorException">The target refuses a command.</exception>
    public async Task<IReadOnlyList<HashPlace>> ReleaseAsync(
        IReadOnlyList<HashPlace> hashes,
        CancellationToken cancellationToken
    )
    {
        var (rest, parts) = await ScanAsync(hashes, cancellationToken).ConfigureAwait(false);
        AskExpiries(parts);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var due = new List<(ReadOnlyMemory<byte> Key, long ExpireAt, ReadOnlyMemory<byte>[] Fields)>();
        foreach (var (key, fields) in parts)
        {
            if (await ReadAsync("HPEXPIRETIME", cancellationToken).ConfigureAwait(false) is { } expiries)
                due.AddRange(Due(fields, expiries).Select(alike => (key, alike.Key, alike.ToArray())));
        }

        foreach (var (key, expireAt, fields) in due)
            WriteFields("HPEXPIREAT"u8, key, expireAt, fields);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        foreach (var _ in due)
        {
            // One whose time is over is deleted by this; one that has gone meanwhile is answered with a negative number.
            if (await ReadAsync("HPEXPIREAT", cancellationToken).ConfigureAwait(false) is { } results)
                hold.CountReleased(results.Items.Count(result => result.Integer > 0));
        }

        return rest;
    }

    private async Task<(
        List<HashPlace> More,
        List<(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>[] Fields)> Parts
    )> ScanAsync(IReadOnlyList<HashPlace> hashes, CancellationToken cancellationToken)
    {
        var writer = new RespWriter(connection.Output);
        foreach (var (key, cursor, _) in hashes)
            writer.WriteCommand("HSCAN", key, cursor, "COUNT", FieldsOfOneHash, "NOVALUES");
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var rest = new List<HashPlace>();
        var parts = new List<(ReadOnlyMemory<byte>, ReadOnlyMemory<byte>[])>();
        foreach (var hash in hashes)
        {
            if (await ReadAsync("HSCAN", cancellationToken).ConfigureAwait(false) is not { } scan)
                continue;
            if (scan.Items[0].Text is var cursor && cursor != "0")
                rest.Add(hash with { Cursor = cursor });
            if (scan.Items[1].Items is { Count: > 0 } fields)
                parts.Add((hash.Key, [.. fields.Select(field => field.Bytes)]));
        }

        return (rest, parts);
    }

    private void AskExpiries(List<(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>[] Fields)> parts)
    {
        foreach (var (key, fields) in parts)
            WriteFields("HPEXPIRETIME"u8, key, null, fields);
    }

    // Those that are to be released now, by the expiry that they were meant to have.
    private IEnumerable<IGrouping<long, ReadOnlyMemory<byte>>> Due(ReadOnlyMemory<byte>[] fields, RespValue expiries) =>
        fields
            .Zip(expiries.Items, (field, expiry) => (Field: field, Held: expiry.Integer))
            .Where(field => FieldExpiryHold.IsHeld(field.Held))
            .Select(field => (field.Field, ExpireAt: FieldExpiryHold.Release(field.Held)))
            .Where(field => all || !hold.Holds(field.ExpireAt))
            .GroupBy(field => field.ExpireAt, field => field.Field);

    private void WriteFields(
        ReadOnlySpan<byte> command,
        ReadOnlyMemory<byte> key,
        long? expireAt,
        ReadOnlyMemory<byte>[] fields
    )
    {
        var writer = new RespWriter(connection.Output);
        writer.WriteArrayHeader((expireAt is null ? 4 : 5) + fields.Length);
        writer.WriteBulk(command);
        writer.WriteBulk(key.Span);
        if (expireAt is { } time)
            writer.WriteBulk(time);
        writer.WriteBulk("FIELDS"u8);
        writer.WriteBulk(fields.Length);
        foreach (var field in fields)
            writer.WriteBulk(field.Span);
    }

    // Null where the key holds no hash any more, since the source has put something else in its place, or is not here any more.
    private async Task<RespValue?> ReadAsync(string command, CancellationToken cancellationToken)
    {
        var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        if (!reply.IsError)
            return reply;
        return ServerErrorException.CodeOf(reply.Text) == "WRONGTYPE" || KeyExpiries.IsElsewhere(connection, reply)
            ? null
            : throw ServerErrorException.Of(connection.Endpoint, command, reply.Bytes.Span);
    }

    // These two forms have no room for expiries.
    private static bool IsPlain(RespValue encoding) => !encoding.IsError && encoding.Text is "listpack" or "ziplist";
}
