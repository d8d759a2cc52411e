using System.Globalization;
using System.Text;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>Reads everything out of a server with the commands that any client has.</summary>
internal sealed class ServerStateReader
{
    /// <summary>How many databases a server has that is told nothing else.</summary>
    public const int DefaultDatabases = 16;

    private const int PipelineCommands = 100;

    private readonly RespClient _client;
    private readonly ServerFeatures _features;
    private readonly Dictionary<KeyName, KeyState> _keys = [];

    private ServerStateReader(RespClient client)
    {
        _client = client;
        _features = ServerFeatures.Ask(client);
    }

    /// <summary>Reads all that a server holds; <paramref name="databases"/> is 1 for a node of most clusters.</summary>
    public static ServerState Read(RespClient client, int databases = DefaultDatabases)
    {
        var reader = new ServerStateReader(client);
        for (var database = 0; database < databases; database++)
            reader.ReadDatabase(database);
        client.Call("SELECT", 0);
        return new(ReadVersion(client), reader._features, reader._keys, reader.ReadFunctions());
    }

    private static string ReadVersion(RespClient client)
    {
        var lines = Bytes.Text(client.Call("INFO", "server")).Split("\r\n");
        return string.Join(' ', lines.Where(IsVersion));

        static bool IsVersion(string line) =>
            line.StartsWith("server_name:", StringComparison.Ordinal)
            || line.StartsWith("redis_version:", StringComparison.Ordinal)
            || line.StartsWith("valkey_version:", StringComparison.Ordinal);
    }

    private void ReadDatabase(int database)
    {
        _client.Call("SELECT", database);
        foreach (var names in ((object?[])_client.Call("KEYS", "*")!).Chunk(PipelineCommands))
        {
            var keys = Array.ConvertAll(names, name => (byte[])name!);
            var types = Array.ConvertAll(Ask(keys, key => ["TYPE"u8.ToArray(), key]), Bytes.Text);
            var expiries = ReadExpiries(keys);
            var values = Ask(keys, (key, i) => ValueCommand(types[i], key));
            var fieldExpiries = ReadFieldExpiries(keys, types, values);
            for (var i = 0; i < keys.Length; i++)
            {
                // All of its fields have expired, and the server has not removed it yet: nobody who asks finds anything.
                var type = types[i];
                if (type is "hash" && values[i] is object?[] { Length: 0 })
                    continue;

                var details = ValueDetails.Of(type, values[i], fieldExpiries[i]);
                _keys.Add(new(database, Bytes.Text(keys[i])), new(type, expiries[i], details));
            }
        }
    }

    private static byte[][] ValueCommand(string type, byte[] key) =>
        type switch
        {
            "string" => ["GET"u8.ToArray(), key],
            "list" => ["LRANGE"u8.ToArray(), key, "0"u8.ToArray(), "-1"u8.ToArray()],
            "set" => ["SMEMBERS"u8.ToArray(), key],
            "zset" => ["ZRANGE"u8.ToArray(), key, "0"u8.ToArray(), "-1"u8.ToArray(), "WITHSCORES"u8.ToArray()],
            "hash" => ["HGETALL"u8.ToArray(), key],
            "stream" =>
            [
                "XINFO"u8.ToArray(),
                "STREAM"u8.ToArray(),
                key,
                "FULL"u8.ToArray(),
                "COUNT"u8.ToArray(),
                "0"u8.ToArray(),
            ],
            _ => throw new InvalidOperationException($"{Bytes.Quoted(Bytes.Text(key))} is a {type}: no way to read it"),
        };

    private Expiry?[] ReadExpiries(byte[][] keys)
    {
        if (_features.ExactExpiry)
        {
            var times = Ask(keys, key => ["PEXPIRETIME"u8.ToArray(), key]);
            return Array.ConvertAll(times, time => (long)time! < 0 ? (Expiry?)null : new((long)time, (long)time));
        }

        // The time that is left, between two looks at the server's clock.
        var commands = keys.Select(key => (byte[][])["PTTL"u8.ToArray(), key]);
        var replies = Pipeline([
            ["TIME"u8.ToArray()],
            .. commands,
            ["TIME"u8.ToArray()],
        ]);
        var (before, after) = (Milliseconds(replies[0]), Milliseconds(replies[^1]));
        return Array.ConvertAll(
            replies[1..^1],
            left => (long)left! < 0 ? (Expiry?)null : new(before + (long)left, after + (long)left)
        );
    }

    private static long Milliseconds(object? time)
    {
        var parts = (object?[])time!;
        return long.Parse(Bytes.Text(parts[0]), CultureInfo.InvariantCulture) * 1000
            + long.Parse(Bytes.Text(parts[1]), CultureInfo.InvariantCulture) / 1000;
    }

    private object?[]?[] ReadFieldExpiries(byte[][] keys, string[] types, object?[] values)
    {
        var expiries = new object?[]?[keys.Length];
        if (!_features.FieldExpiry)
            return expiries;

        var hashes = Enumerable
            .Range(0, keys.Length)
            .Where(i => types[i] is "hash" && values[i] is object?[] { Length: > 0 })
            .ToArray();
        var replies = Pipeline([.. hashes.Select(i => FieldExpiryCommand(keys[i], (object?[])values[i]!))]);
        for (var i = 0; i < hashes.Length; i++)
            expiries[hashes[i]] = (object?[])replies[i]!;
        return expiries;
    }

    private static byte[][] FieldExpiryCommand(byte[] key, object?[] fieldsAndValues)
    {
        var fields = fieldsAndValues.Where((_, i) => i % 2 == 0).Select(field => (byte[])field!).ToArray();
        var count = Encoding.ASCII.GetBytes(fields.Length.ToString(CultureInfo.InvariantCulture));
        return ["HPEXPIRETIME"u8.ToArray(), key, "FIELDS"u8.ToArray(), count, .. fields];
    }

    private Dictionary<string, string> ReadFunctions()
    {
        var functions = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!_features.Functions)
            return functions;

        foreach (var library in (object?[])_client.Call("FUNCTION", "LIST", "WITHCODE")!)
        {
            var properties = ValueDetails.Pairs(library);
            functions.Add(Bytes.Text(properties["library_name"]), Bytes.Text(properties["library_code"]));
        }

        return functions;
    }

    private object?[] Ask(byte[][] keys, Func<byte[], byte[][]> command) => Pipeline([.. keys.Select(command)]);

    private object?[] Ask(byte[][] keys, Func<byte[], int, byte[][]> command) => Pipeline([.. keys.Select(command)]);

    private object?[] Pipeline(byte[][][] commands) => [.. _client.Pipeline(commands)];
}
