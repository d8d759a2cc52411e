using System.Buffers;
using System.Globalization;
using Godwit.Protocol.Resp;

namespace Godwit.Connections;

/// <summary>What a server says of itself, by INFO; where it may not be asked that, by HELLO, which says less.</summary>
internal sealed class ServerInfo
{
    private static readonly SearchValues<char> VersionCharacters = SearchValues.Create("0123456789.");

    private readonly Dictionary<string, string> _fields;

    private ServerInfo(Dictionary<string, string> fields, bool isComplete)
    {
        _fields = fields;
        IsComplete = isComplete;
        (Product, ProductName, VersionText) = WhoseProgram();
        Version = ParseVersion(VersionText);
        RedisVersion = ParseVersion(this["redis_version"]);
        Mode = ModeOf(this["server_mode"] ?? this["redis_mode"]);
        Role = this["role"] switch
        {
            "master" => ServerRole.Primary,
            "slave" or "replica" => ServerRole.Replica,
            _ => ServerRole.Unknown,
        };
        Keyspaces = ParseKeyspaces();
    }

    /// <summary>INFO was answered. If not, what is not known is null, Unknown or empty, and says nothing.</summary>
    public bool IsComplete { get; }

    /// <summary>Whose program it is.</summary>
    public ServerProduct Product { get; }

    /// <summary>Its product's name in small letters: <c>redis</c>, <c>valkey</c>, <c>dragonfly</c>…; null if not known.</summary>
    public string? ProductName { get; }

    /// <summary>Its product's version as it says it; null if not known.</summary>
    public string? VersionText { get; }

    /// <summary>The numbers of <see cref="VersionText"/>; null if not known.</summary>
    public Version? Version { get; }

    /// <summary>The version of Redis that it says it is like; its own, if it is Redis. Null if not known.</summary>
    public Version? RedisVersion { get; }

    /// <summary>Product and version for people, such as <c>redis 7.0.15</c>.</summary>
    public string DisplayName =>
        ProductName is null ? "unknown server"
        : VersionText is null ? ProductName
        : $"{ProductName} {VersionText}";

    /// <summary>How it runs.</summary>
    public ServerMode Mode { get; }

    /// <summary>What it is to others.</summary>
    public ServerRole Role { get; }

    /// <summary>A value of its own for each start of the server; null if not known.</summary>
    public string? RunId => this["run_id"];

    /// <summary>Memory in use, in bytes; null if not known.</summary>
    public long? UsedMemory => Number("used_memory");

    /// <summary>Limit for that, in bytes; 0 for none, null if not known.</summary>
    public long? MaxMemory => Number("maxmemory");

    /// <summary>What goes when the limit is reached, such as <c>noeviction</c>; null if not known.</summary>
    public string? MaxMemoryPolicy => this["maxmemory_policy"];

    /// <summary>The databases that hold keys, by number.</summary>
    public IReadOnlyList<KeyspaceInfo> Keyspaces { get; }

    /// <summary>Keys in all databases; null if not known.</summary>
    public long? TotalKeys => IsComplete ? Keyspaces.Sum(keyspace => keyspace.Keys) : null;

    /// <summary>Keys in one database, or in all; null if not known.</summary>
    public long? KeysIn(int? database) =>
        database is { } only && IsComplete
            ? Keyspaces.Where(keyspace => keyspace.Database == only).Sum(keyspace => keyspace.Keys)
            : TotalKeys;

    /// <summary>How far its clock is ahead of ours; null if it does not tell the time.</summary>
    public ServerClock? Clock { get; private init; }

    /// <summary>Any field of INFO by its name; null where it is not there.</summary>
    public string? this[string field] => _fields.GetValueOrDefault(field);

    /// <summary>Asks a server. One that refuses is an incomplete answer, not an error.</summary>
    /// <exception cref="ConnectionException">The connection was lost, or silent for too long.</exception>
    public static async Task<ServerInfo> AskAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var info = await connection.TryExecuteAsync(cancellationToken, "INFO").ConfigureAwait(false);
        if (!info.IsError && info.Bytes.Length > 0)
        {
            var said = Parse(info.Text);
            return said.At(await ClockOfAsync(said, connection, cancellationToken).ConfigureAwait(false));
        }

        // With the version in use, since another would change it.
        var hello = await connection
            .TryExecuteAsync(cancellationToken, "HELLO", connection.Protocol)
            .ConfigureAwait(false);
        return OfHello(hello);
    }

    /// <summary>The same, with what is known of its clock.</summary>
    public ServerInfo At(ServerClock? clock) => new(_fields, IsComplete) { Clock = clock };

    // INFO tells the time from 6.2 on.
    private static async Task<ServerClock?> ClockOfAsync(
        ServerInfo said,
        RedisConnection connection,
        CancellationToken cancellationToken
    )
    {
        if (said.Number("server_time_usec") is { } microseconds)
            return ServerClock.Of(microseconds, connection.TimeProvider);

        var time = await connection.TryExecuteAsync(cancellationToken, "TIME").ConfigureAwait(false);
        return time.IsError || time.Items.Count != 2
            ? null
            : ServerClock.Of((time.Items[0].Integer * 1_000_000) + time.Items[1].Integer, connection.TimeProvider);
    }

    /// <summary>Asks for the loaded modules; null if the server does not say.</summary>
    /// <exception cref="ConnectionException">The connection was lost, or silent for too long.</exception>
    public static async Task<IReadOnlyList<ServerModule>?> AskModulesAsync(
        RedisConnection connection,
        CancellationToken cancellationToken
    )
    {
        var reply = await connection.TryExecuteAsync(cancellationToken, "MODULE", "LIST").ConfigureAwait(false);
        if (reply.IsError)
            return null;
        return
        [
            .. reply.Items.Select(module => new ServerModule(
                module["name"]?.Text ?? "",
                module["ver"] is { } version ? version.Integer : 0
            )),
        ];
    }

    /// <summary>Reads INFO's text: lines of <c>field:value</c>, with comments and empty lines between.</summary>
    public static ServerInfo Parse(string info)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var range in info.AsSpan().Split('\n'))
        {
            var line = info.AsSpan()[range].TrimEnd('\r');
            var colon = line.IndexOf(':');
            if (colon > 0 && line[0] != '#')
                fields[line[..colon].ToString()] = line[(colon + 1)..].ToString();
        }

        return new ServerInfo(fields, isComplete: true);
    }

    /// <summary>What the primaries of one cluster say, taken together: sums of keys and memory, and the lowest version.</summary>
    /// <param name="shards">Of each primary. One or more.</param>
    public static ServerInfo OfShards(IReadOnlyList<ServerInfo> shards)
    {
        if (shards.Count == 1)
            return shards[0];

        var lowest = shards.MinBy(shard => shard.RedisVersion ?? new Version(0, 0))!;
        var fields = new Dictionary<string, string>(lowest._fields, StringComparer.Ordinal);
        foreach (var field in (ReadOnlySpan<string>)["used_memory", "used_memory_dataset", "maxmemory"])
        {
            // One without a limit of its own takes whatever comes.
            var values = shards.Select(shard => shard.Number(field)).ToArray();
            var isUnlimited = field == "maxmemory" && values.Any(value => value is null or 0);
            fields[field] = (isUnlimited ? 0 : values.Sum(value => value ?? 0)).ToString(CultureInfo.InvariantCulture);
        }

        foreach (var group in shards.SelectMany(shard => shard.Keyspaces).GroupBy(keyspace => keyspace.Database))
        {
            var sums = string.Create(
                CultureInfo.InvariantCulture,
                $"keys={group.Sum(keyspace => keyspace.Keys)},expires={group.Sum(keyspace => keyspace.Expires)}"
            );
            fields[string.Create(CultureInfo.InvariantCulture, $"db{group.Key}")] = sums;
        }

        var clocks = shards.Select(shard => shard.Clock).OfType<ServerClock>().ToArray();
        return new ServerInfo(fields, shards.All(shard => shard.IsComplete)).At(
            clocks.Length == 0 ? null : clocks.Aggregate((all, clock) => all.And(clock))
        );
    }

    private static ServerInfo OfHello(RespValue hello)
    {
        // The same words as INFO's, as far as HELLO has them.
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (hello["server"]?.Text is { } server && hello["version"]?.Text is { } version)
        {
            fields["server_name"] = server;
            fields[$"{server}_version"] = version;
        }

        if (hello["mode"]?.Text is { } mode)
            fields["server_mode"] = mode;
        if (hello["role"]?.Text is { } role)
            fields["role"] = role;
        return new ServerInfo(fields, isComplete: false);
    }

    private (ServerProduct Product, string? Name, string? Version) WhoseProgram()
    {
        if (this["valkey_version"] is { } valkey)
            return (ServerProduct.Valkey, "valkey", valkey);

        // The others say a Redis version too, for the sake of clients, and their own beside it.
        foreach (var name in (ReadOnlySpan<string>)["dragonfly", "garnet", "kvrocks"])
        {
            if (this[$"{name}_version"] is { } version)
                return (ServerProduct.Other, name, version);
        }

        if (this["server_name"] is { } other && other is not "redis")
            return (ServerProduct.Other, other, this[$"{other}_version"]);
        return this["redis_version"] is { } redis
            ? (ServerProduct.Redis, "redis", redis)
            : (ServerProduct.Unknown, null, null);
    }

    private static ServerMode ModeOf(string? mode) =>
        mode switch
        {
            "standalone" => ServerMode.Standalone,
            "cluster" => ServerMode.Cluster,
            "sentinel" => ServerMode.Sentinel,
            _ => ServerMode.Unknown,
        };

    // "7.0.15", "8.0-rc1", "df-v1.21.0": the numbers from the first digit on.
    private static Version? ParseVersion(string? text)
    {
        if (text is null)
            return null;

        var numbers = text.AsSpan(Math.Max(0, text.AsSpan().IndexOfAnyInRange('0', '9')));
        var end = numbers.IndexOfAnyExcept(VersionCharacters);
        if (end >= 0)
            numbers = numbers[..end];
        if (int.TryParse(numbers, NumberStyles.None, CultureInfo.InvariantCulture, out var major))
            return new Version(major, 0);
        return System.Version.TryParse(numbers, out var version) ? version : null;
    }

    private long? Number(string field) =>
        long.TryParse(this[field], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    // "db0:keys=3,expires=1,avg_ttl=0"
    private KeyspaceInfo[] ParseKeyspaces()
    {
        var keyspaces = new List<KeyspaceInfo>();
        foreach (var (field, value) in _fields)
        {
            if (
                field.StartsWith("db", StringComparison.Ordinal)
                && int.TryParse(field.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var database)
                && Part(value, "keys=") is { } keys
            )
            {
                keyspaces.Add(new KeyspaceInfo(database, keys, Part(value, "expires=") ?? 0));
            }
        }

        return [.. keyspaces.OrderBy(keyspace => keyspace.Database)];
    }

    private static long? Part(string value, string name)
    {
        foreach (var part in value.Split(','))
        {
            if (
                part.StartsWith(name, StringComparison.Ordinal)
                && long.TryParse(
                    part.AsSpan(name.Length),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out var number
                )
            )
            {
                return number;
            }
        }

        return null;
    }
}
