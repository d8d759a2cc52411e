using Godwit.Protocol.Resp;

namespace Godwit.Migration.Rights;

/// <summary>The commands that writing takes.</summary>
internal static class TargetCommands
{
    public const string Values = "values that go by commands or in pieces";
    public const string Databases = "databases";
    private const string Failover = "telling what is still there after a failover";
    private const string Changes = "following changes";
    private const string LostConnections = "ending connections that were lost";

    /// <summary>RESTORE, and what a transaction wants: without either nothing can be written.</summary>
    /// <param name="key">The name of a key that nobody has.</param>
    public static IReadOnlyList<NeededCommand> Ways(byte[] key) =>
        [
            // First, since it does the least if a server should run it.
            new(Databases, false, "SELECT", 0),
            new("most keys", true, "RESTORE", key, 0, "x"),
            new(Values, false, "MULTI"),
            new(Values, false, "EXEC"),
            new(Values, false, "DEL", key),
        ];

    /// <summary>What else a run may send.</summary>
    /// <param name="key">The name of a key that nobody has.</param>
    /// <param name="needs">What it asks of its target.</param>
    public static IEnumerable<NeededCommand> Others(byte[] key, TargetNeeds needs) =>
        [
            new("which commands there are", true, "COMMAND", "INFO", "HPEXPIREAT"),
            .. Building(key).Select(words => new NeededCommand(Values, false, words)),
            .. needs.Functions
                ? [new("function libraries", false, "FUNCTION", "LOAD", "x")]
                : Array.Empty<NeededCommand>(),
            .. needs.Repeats ? [new("keys that SCAN gives twice", true, "DUMP", key)] : Array.Empty<NeededCommand>(),
            .. needs.Messages ? [new("messages", false, "PUBLISH", "godwit:probe", "x")] : Array.Empty<NeededCommand>(),
            .. needs.Following != Following.No ? EndingConnections : [],
            .. needs.CanFailOver ? FailingOver(key, needs) : [],
            .. FollowingChanges(key, needs.Following).Select(words => new NeededCommand(Changes, false, words)),
        ];

    // No client has this number.
    private static NeededCommand[] EndingConnections =>
        [
            new(LostConnections, true, "CLIENT", "ID"),
            new(LostConnections, true, "CLIENT", "LIST"),
            new(LostConnections, true, "CLIENT", "KILL", "ID", 0),
        ];

    private static RespArgument[][] Building(byte[] key) =>
        [
            ["RENAMENX", key, key],
            ["SET", key, "x"],
            ["RPUSH", key, "x"],
            ["SADD", key, "x"],
            ["ZADD", key, 0, "x"],
            ["HSET", key, "x", "x"],
            ["HPEXPIREAT", key, 1, "FIELDS", 1, "x"],
            ["XADD", key, "1-1", "x", "x"],
            ["XGROUP", "CREATE", key, "x", 0],
            ["XCLAIM", key, "x", "x", 0, "1-1"],
            ["XSETID", key, "1-1"],
            ["XTRIM", key, "MAXLEN", 0],
            ["XDEL", key, "1-1"],
            ["PEXPIREAT", key, 1],
            ["APPEND", key, "x"],
            ["UNLINK", key],
            ["RENAME", key, key],
            ["EXISTS", key],
            ["PEXPIRE", key, 1],
            ["PTTL", key],
            ["PERSIST", key],
        ];

    private static IEnumerable<NeededCommand> FailingOver(byte[] key, TargetNeeds needs)
    {
        yield return new("replicas that keep up", true, "WAIT", 0, 1);
        yield return new("replicas that keep up", true, "ROLE");
        yield return new(Failover, false, "DUMP", key);
        if (needs.Functions)
            yield return new(Failover, false, "FUNCTION", "LIST");
        if (!needs.IsCluster)
            yield break;

        yield return new("who has which slots", false, "CLUSTER", "NODES");
        yield return new("slots on their way", false, "ASKING");
    }

    private static IEnumerable<RespArgument[]> FollowingChanges(byte[] key, Following following)
    {
        if (following == Following.No)
            yield break;

        yield return ["SCAN", 0];
        yield return ["PEXPIRETIME", key];
        yield return ["HSCAN", key, 0];
        yield return ["HPEXPIRETIME", key, "FIELDS", 1, "x"];
        yield return ["OBJECT", "ENCODING", key];
        yield return ["HLEN", key];
        if (following == Following.Names)
        {
            yield return ["FUNCTION", "LIST"];
            yield return ["FUNCTION", "DELETE", "x"];
            yield break;
        }

        yield return ["GET", key];
        yield return ["DISCARD"];
    }
}
