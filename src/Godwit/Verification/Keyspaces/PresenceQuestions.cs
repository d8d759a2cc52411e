using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Verification.Keyspaces;

/// <summary>Asks a server which keys are there, and how much memory they take.</summary>
/// <param name="measuring">Takes the questions.</param>
/// <param name="isShard">The server may send us elsewhere for a key.</param>
internal sealed class PresenceQuestions(DatabaseConnection measuring, bool isShard)
{
    // EXISTS takes many names, in a cluster only those of one slot, and says only how many of them are there.
    private const int NamesInOneQuestion = 64;

    private const long Elsewhere = -1;

    /// <summary>How many names one question may be about.</summary>
    public int NamesAtOnce => isShard ? 1 : NamesInOneQuestion;

    /// <summary>Adds the bytes that each key takes, where they are more than those in <paramref name="sizes"/>.</summary>
    public async ValueTask MeasureAsync(int database, byte[][] keys, long[] sizes, CancellationToken cancellationToken)
    {
        var connection = await measuring.SelectAsync(database, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Which keys are there; null for those for which a cluster's node sends us elsewhere.</summary>
    public async ValueTask<bool?[]> FindAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var found = new bool?[keys.Length];
        var connection = await measuring.SelectAsync(database, cancellationToken).ConfigureAwait(false);
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
        return isShard && error.SendsElsewhere ? Elsewhere : throw error;
    }
}
