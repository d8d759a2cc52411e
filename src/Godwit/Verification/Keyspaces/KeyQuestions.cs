using System.Text;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Verification.Keyspaces;

/// <summary>Asks a server for keys by name: what a <see cref="VerifyMode"/> compares, no more.</summary>
/// <param name="reading">Takes the questions.</param>
/// <param name="asking">Takes those that follow from an answer.</param>
/// <param name="mode">What is compared.</param>
/// <param name="hasExpireTime">The server has PEXPIRETIME (7.0).</param>
/// <param name="isShard">The server may send us elsewhere for a key.</param>
internal sealed class KeyQuestions(
    DatabaseConnection reading,
    DatabaseConnection asking,
    VerifyMode mode,
    bool hasExpireTime,
    bool isShard
)
{
    private const long DoesNotExpire = -1;
    private const long KeyIsGone = -2;

    private readonly Queue<(int Database, byte[][] Keys, bool AsStrings)> _asked = new();

    // Without PEXPIRETIME, what is left of a key's time is added to the time at which that was said.
    private bool AsksTime => !hasExpireTime && mode is VerifyMode.Ttl or VerifyMode.Full;

    /// <summary>Asks. Another database may only be chosen when all answers have been read.</summary>
    public ValueTask AskAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        AskAsync(database, keys, asStrings: false, cancellationToken);

    /// <summary>Asks for keys that are taken for short strings. The server has PEXPIRETIME.</summary>
    public ValueTask AskStringsAsync(int database, byte[][] keys, CancellationToken cancellationToken) =>
        AskAsync(database, keys, asStrings: true, cancellationToken);

    private async ValueTask AskAsync(int database, byte[][] keys, bool asStrings, CancellationToken cancellationToken)
    {
        var connection =
            _asked.Count == 0
                ? await reading.SelectAsync(database, cancellationToken).ConfigureAwait(false)
                : await reading.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (_asked.Count > 0 && _asked.Peek().Database != database)
            throw new InvalidOperationException("answers of another database have not been read");

        _asked.Enqueue((database, keys, asStrings));
        if (asStrings)
            ShortStrings.Ask(connection, keys);
        else
            Write(connection, keys);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the answers to what was asked first.</summary>
    public async ValueTask ReadAsync(KeyReadings readings, CancellationToken cancellationToken)
    {
        var (database, keys, asStrings) = _asked.Dequeue();
        var connection = await reading.OpenAsync(cancellationToken).ConfigureAwait(false);
        readings.Clear();
        if (asStrings)
        {
            while (!ShortStrings.TryRead(connection, readings, keys.Length))
                await connection.Input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        var before = AsksTime ? await ReadTimeAsync(connection, cancellationToken).ConfigureAwait(false) : 0;
        while (!TryRead(connection, readings, keys.Length))
            await connection.Input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        if (AsksTime)
        {
            var after = await ReadTimeAsync(connection, cancellationToken).ConfigureAwait(false);
            readings.ShiftExpiries(before);
            readings.ExpiryError = after - before;
        }

        if (mode == VerifyMode.Type)
            await ReadLengthsAsync(database, keys, readings, cancellationToken).ConfigureAwait(false);
    }

    private void Write(RedisConnection connection, byte[][] keys)
    {
        var writer = new RespWriter(connection.Output);
        if (AsksTime)
            writer.WriteCommand("TIME");
        foreach (var key in keys)
        {
            switch (mode)
            {
                case VerifyMode.Existence:
                    Write(writer, "EXISTS"u8, key);
                    break;
                case VerifyMode.Type:
                    Write(writer, "TYPE"u8, key);
                    break;
                default:
                    Write(writer, hasExpireTime ? "PEXPIRETIME"u8 : "PTTL"u8, key);
                    if (mode == VerifyMode.Full)
                        Write(writer, "DUMP"u8, key);
                    break;
            }
        }

        if (AsksTime)
            writer.WriteCommand("TIME");
    }

    private static void Write(RespWriter writer, ReadOnlySpan<byte> command, byte[] key)
    {
        writer.WriteArrayHeader(2);
        writer.WriteBulk(command);
        writer.WriteBulk(key);
    }

    private bool TryRead(RedisConnection connection, KeyReadings readings, int count)
    {
        while (readings.Count < count)
        {
            var reader = connection.Input.Reader();
            RespToken dump = default;
            if (!reader.TryRead(out var first) || (mode == VerifyMode.Full && !reader.TryRead(out dump)))
                return false;

            if ((Refusal(connection, first) ?? Refusal(connection, dump)) is { } refusal)
                readings.Add(refusal);
            else
                Add(connection, readings, first, dump);
            connection.Input.Advance(reader.Consumed);
        }

        return true;
    }

    private void Add(RedisConnection connection, KeyReadings readings, in RespToken first, in RespToken dump)
    {
        switch (mode)
        {
            case VerifyMode.Existence:
                if (Number(connection, first) == 0)
                    readings.Add(KeyPresence.Gone);
                else
                    readings.Add(Entry.None, []);
                break;
            case VerifyMode.Type:
                if (first.Bytes.SequenceEqual("none"u8))
                    readings.Add(KeyPresence.Gone);
                else
                    readings.Add(Encoding.ASCII.GetString(first.Bytes));
                break;
            default:
                var expiry = Number(connection, first);
                if (expiry == KeyIsGone || (mode == VerifyMode.Full && dump.IsNull))
                    readings.Add(KeyPresence.Gone);
                else
                    readings.Add(expiry == DoesNotExpire ? Entry.None : expiry, dump.Bytes);
                break;
        }
    }

    // The length is asked by the type's own command, over another connection: on this one more answers may be under way.
    private async ValueTask ReadLengthsAsync(
        int database,
        byte[][] keys,
        KeyReadings readings,
        CancellationToken cancellationToken
    )
    {
        var connection = await asking.SelectAsync(database, cancellationToken).ConfigureAwait(false);
        var asked = new List<int>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (LengthCommand(readings[i].TypeName) is not { } command)
                continue;
            asked.Add(i);
            new RespWriter(connection.Output).WriteCommand(command, keys[i]);
        }

        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        foreach (var index in asked)
        {
            // Of a key that was replaced or forbidden since, another round will tell.
            var reply = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            readings.SetLength(index, reply.IsError ? -1 : reply.Integer);
        }
    }

    /// <summary>The command that tells how long a value of a type is; null for none.</summary>
    public static string? LengthCommand(string? type) =>
        type switch
        {
            "string" => "STRLEN",
            "list" => "LLEN",
            "set" => "SCARD",
            "zset" => "ZCARD",
            "hash" => "HLEN",
            "stream" => "XLEN",
            _ => null,
        };

    private static async ValueTask<long> ReadTimeAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var time = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
        if (time.IsError)
            throw ServerErrorException.Of(connection.Endpoint, "TIME", time.Bytes.Span);
        return (time.Items[0].Integer * 1000) + (time.Items[1].Integer / 1000);
    }

    private KeyPresence? Refusal(RedisConnection connection, in RespToken token)
    {
        if (!token.IsError)
            return null;

        var error = ServerErrorException.Of(connection.Endpoint, "a key's question", token.Bytes);
        if (error.Code == "NOPERM")
            return KeyPresence.Forbidden;
        return isShard && error.SendsElsewhere ? KeyPresence.Elsewhere : throw error;
    }

    // Anything else must not pass for a number.
    private static long Number(RedisConnection connection, in RespToken token) =>
        token.Kind == RespKind.Integer
            ? token.Integer
            : throw new ProtocolException(connection.Input.BytesRead, "an integer", $"{token.Kind}");
}
