using System.Globalization;
using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Cli.Demo;

/// <summary>Reads keys with the commands that any client has, none of which the migration itself uses.</summary>
/// <param name="connection">Used by nobody else meanwhile.</param>
/// <param name="features">What to look at: what both servers can tell.</param>
internal sealed class KeyReader(RedisConnection connection, ServerFeatures features)
{
    private const int ScanCount = 1000;

    /// <summary>Chooses a database and lists its keys.</summary>
    public async Task<IReadOnlyList<byte[]>> ListAsync(int database, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        var keys = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var cursor = "0";
        do
        {
            var page = await connection
                .ExecuteAsync(cancellationToken, "SCAN", cursor, "COUNT", ScanCount)
                .ConfigureAwait(false);
            cursor = page.Items[0].Text;
            foreach (var key in page.Items[1].Items)
                keys[KeyImage.Text(key.Bytes)] = key.Bytes.ToArray();
        } while (cursor != "0");

        return [.. keys.Values];
    }

    /// <summary>Reads keys of the chosen database.</summary>
    public async Task<KeyImage[]> ReadAsync(IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        var types = await AskAsync(keys.Select(key => (RespArgument[])["TYPE", key]), cancellationToken)
            .ConfigureAwait(false);
        var expiries = await ReadExpiriesAsync(keys, cancellationToken).ConfigureAwait(false);
        var values = await AskAsync(keys.Select((key, i) => ValueCommand(types[i].Text, key)), cancellationToken)
            .ConfigureAwait(false);
        var images = new KeyImage[keys.Count];
        for (var i = 0; i < images.Length; i++)
        {
            var type = types[i].Text;
            var fieldExpiries =
                type == "hash"
                    ? await ReadFieldExpiriesAsync(keys[i], values[i], cancellationToken).ConfigureAwait(false)
                    : [];
            images[i] = new KeyImage(type, expiries[i], Parts(type, values[i], fieldExpiries));
        }

        return images;
    }

    /// <summary>The code of each function library, by its name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ReadLibrariesAsync(CancellationToken cancellationToken)
    {
        if (!features.Since70)
            return new Dictionary<string, string>(StringComparer.Ordinal);

        var libraries = await connection
            .ExecuteAsync(cancellationToken, "FUNCTION", "LIST", "WITHCODE")
            .ConfigureAwait(false);
        return libraries.Items.ToDictionary(
            library => library["library_name"]!.Text,
            library => KeyImage.Text(library["library_code"]!.Bytes),
            StringComparer.Ordinal
        );
    }

    private static RespArgument[] ValueCommand(string type, byte[] key) =>
        type switch
        {
            "string" => ["GET", key],
            "list" => ["LRANGE", key, 0, -1],
            "set" => ["SMEMBERS", key],
            "zset" => ["ZRANGE", key, 0, -1, "WITHSCORES"],
            "hash" => ["HGETALL", key],
            "stream" => ["XINFO", "STREAM", key, "FULL", "COUNT", 0],
            // Gone meanwhile: that is a difference, which the comparison tells.
            "none" => ["GET", key],
            _ => throw new DemoException($"There is a key of type {type}, which the demo did not write"),
        };

    // Before 7.0 a server says only how long a key still has; that is added to its clock.
    private async Task<IReadOnlyList<long>> ReadExpiriesAsync(
        IReadOnlyList<byte[]> keys,
        CancellationToken cancellationToken
    )
    {
        if (features.Since70)
        {
            var times = await AskAsync(keys.Select(key => (RespArgument[])["PEXPIRETIME", key]), cancellationToken)
                .ConfigureAwait(false);
            return [.. times.Select(time => Math.Max(-1, time.Integer))];
        }

        var left = await AskAsync(keys.Select(key => (RespArgument[])["PTTL", key]).Append(["TIME"]), cancellationToken)
            .ConfigureAwait(false);
        var now = (left[^1].Items[0].Integer * 1000) + (left[^1].Items[1].Integer / 1000);
        return [.. left.SkipLast(1).Select(time => time.Integer < 0 ? -1 : now + time.Integer)];
    }

    private async Task<IReadOnlyList<long>> ReadFieldExpiriesAsync(
        byte[] key,
        RespValue fieldsAndValues,
        CancellationToken cancellationToken
    )
    {
        if (!features.FieldExpiry || fieldsAndValues.Items.Count == 0)
            return [];

        var fields = fieldsAndValues.Items.Where((_, i) => i % 2 == 0).Select(field => new RespArgument(field.Bytes));
        RespArgument[] command = ["HPEXPIRETIME", key, "FIELDS", fieldsAndValues.Items.Count / 2, .. fields];
        var times = await connection.ExecuteAsync(cancellationToken, command).ConfigureAwait(false);
        return [.. times.Items.Select(time => time.Integer)];
    }

    private string[] Parts(string type, RespValue value, IReadOnlyList<long> fieldExpiries) =>
        type switch
        {
            "string" => [KeyImage.Text(value.Bytes)],
            "list" => [.. value.Items.Select(item => KeyImage.Text(item.Bytes))],
            "set" => Sorted(value.Items.Select(item => KeyImage.Text(item.Bytes))),
            // Servers write the same score with more or fewer digits.
            "zset" =>
            [
                .. Pairs(value).Select(pair => KeyImage.Join(KeyImage.Text(pair.First.Bytes), Number(pair.Second))),
            ],
            "hash" => Sorted(Pairs(value).Select((pair, i) => Field(pair, fieldExpiries.ElementAtOrDefault(i)))),
            "stream" => StreamImage.Parts(value, features),
            _ => [],
        };

    private static string Number(RespValue score) => score.Double.ToString("R", CultureInfo.InvariantCulture);

    private static string Field((RespValue First, RespValue Second) pair, long expireAt) =>
        KeyImage.Join(KeyImage.Text(pair.First.Bytes), KeyImage.Text(pair.Second.Bytes), $"{expireAt}");

    private static IEnumerable<(RespValue First, RespValue Second)> Pairs(RespValue value) =>
        value.Items.Chunk(2).Select(pair => (pair[0], pair[1]));

    private static string[] Sorted(IEnumerable<string> parts) => [.. parts.Order(StringComparer.Ordinal)];

    private Task<IReadOnlyList<RespValue>> AskAsync(
        IEnumerable<RespArgument[]> commands,
        CancellationToken cancellationToken
    ) => CommandPipeline.SendAsync(connection, commands, cancellationToken);
}
