using static Godwit.Protocol.Commands.CommandTreatment;
using static Godwit.Protocol.Commands.KeyAccess;

namespace Godwit.Protocol.Commands;

/// <summary>
/// Every command that a primary can send to its replicas: the commands that write, of Redis from 6.0 to 8.x and Valkey to 9.1,
/// and those that are passed on without writing. Commands of modules are not among them: their server can be asked.
/// </summary>
/// <remarks>
/// Source: the answers of real servers to COMMAND; where a server takes a client's command apart before it passes it on
/// (<c>BLPOP</c> becomes <c>LPOP</c>), the client's form is here too. PFCOUNT, PUBLISH, scripts are not marked as writing there,
/// and are passed on (<c>src/server.h</c>, CMD_MAY_REPLICATE).
/// </remarks>
public static class CommandTable
{
    /// <summary>Chooses the database of what follows.</summary>
    public static readonly CommandSpec Select = new("SELECT", Control) { NamesDatabase = true };

    /// <summary>Begins a group that is done as one.</summary>
    public static readonly CommandSpec Multi = new("MULTI", Control);

    /// <summary>Ends a group.</summary>
    public static readonly CommandSpec Exec = new("EXEC", Control);

    /// <summary>Shows that the primary is there.</summary>
    public static readonly CommandSpec Ping = new("PING", Control);

    /// <summary>Asks how far the replica is: <c>REPLCONF GETACK *</c>.</summary>
    public static readonly CommandSpec Replconf = new("REPLCONF", Control);

    /// <summary>Empties a database.</summary>
    public static readonly CommandSpec FlushDb = new("FLUSHDB", ServerWide);

    /// <summary>Empties all databases.</summary>
    public static readonly CommandSpec FlushAll = new("FLUSHALL", ServerWide);

    /// <summary>Two databases change places.</summary>
    public static readonly CommandSpec SwapDb = new("SWAPDB", ServerWide) { NamesDatabase = true };

    /// <summary>Changes the function libraries.</summary>
    public static readonly CommandSpec Function = new("FUNCTION", ServerWide);

    /// <summary>Changes the cache of scripts (before 7.0).</summary>
    public static readonly CommandSpec Script = new("SCRIPT", ServerWide);

    /// <summary>A message to subscribers; no data.</summary>
    public static readonly CommandSpec Publish = new("PUBLISH", ServerWide);

    /// <summary>A message to a shard's subscribers; no data.</summary>
    public static readonly CommandSpec SPublish = new("SPUBLISH", ServerWide);

    /// <summary>Tells replicas of slots that are on their way (Valkey 9).</summary>
    public static readonly CommandSpec Cluster = new("CLUSTER", ServerWide);

    /// <summary>Tells replicas to drop the keys of slots that have gone to another shard (Redis 8.4).</summary>
    public static readonly CommandSpec TrimSlots = new("TRIMSLOTS", ServerWide);

    /// <summary>A key goes to another database.</summary>
    public static readonly CommandSpec Move = new("MOVE", Plain, KeySpec.At(1, ReadWrite)) { NamesDatabase = true };

    /// <summary>A key is copied, perhaps to another database.</summary>
    public static readonly CommandSpec Copy = new("COPY", AcrossKeys, KeySpec.At(1, Read), KeySpec.At(2, Write))
    {
        NamesDatabase = true,
    };

    // Commands whose one key is the first word. What follows are fields, members, values, options.
    private static readonly string[] OneKey =
    [
        // Strings, bitmaps, HyperLogLogs
        "APPEND",
        "BITFIELD",
        "DECR",
        "DECRBY",
        "DELEX",
        "DELIFEQ",
        "GCRA",
        "GETDEL",
        "GETEX",
        "GETSET",
        "INCR",
        "INCRBY",
        "INCRBYFLOAT",
        "INCREX",
        "PFADD",
        "PSETEX",
        "SET",
        "SETBIT",
        "SETEX",
        "SETNX",
        "SETRANGE",
        // Any type
        "EXPIRE",
        "EXPIREAT",
        "PERSIST",
        "PEXPIRE",
        "PEXPIREAT",
        "RESTORE",
        "RESTORE-ASKING",
        // Lists
        "LINSERT",
        "LPOP",
        "LPUSH",
        "LPUSHX",
        "LREM",
        "LSET",
        "LTRIM",
        "RPOP",
        "RPUSH",
        "RPUSHX",
        // Sets
        "SADD",
        "SPOP",
        "SREM",
        // Hashes
        "HDEL",
        "HEXPIRE",
        "HEXPIREAT",
        "HGETDEL",
        "HGETEX",
        "HINCRBY",
        "HINCRBYFLOAT",
        "HMSET",
        "HPERSIST",
        "HPEXPIRE",
        "HPEXPIREAT",
        "HSET",
        "HSETEX",
        "HSETNX",
        // Sorted sets
        "GEOADD",
        "ZADD",
        "ZINCRBY",
        "ZPOPMAX",
        "ZPOPMIN",
        "ZREM",
        "ZREMRANGEBYLEX",
        "ZREMRANGEBYRANK",
        "ZREMRANGEBYSCORE",
        // Streams
        "XACK",
        "XACKDEL",
        "XADD",
        "XAUTOCLAIM",
        "XCFGSET",
        "XCLAIM",
        "XDEL",
        "XDELEX",
        "XIDMPRECORD",
        "XNACK",
        "XSETID",
        "XTRIM",
        // Vector sets
        "VADD",
        "VREM",
        "VSETATTR",
        // Arrays
        "ARDEL",
        "ARDELRANGE",
        "ARINSERT",
        "ARMSET",
        "ARRING",
        "ARSEEK",
        "ARSET",
    ];

    private static readonly CommandSpec[] Others =
    [
        Select,
        Multi,
        Exec,
        Ping,
        Replconf,
        FlushDb,
        FlushAll,
        SwapDb,
        Function,
        Script,
        Publish,
        SPublish,
        Cluster,
        TrimSlots,
        Move,
        Copy,
        // A key behind a subcommand
        new("PFDEBUG", Plain, KeySpec.At(2, ReadWrite)),
        new("XGROUP", Plain, KeySpec.At(2, ReadWrite)),
        // Many keys, each for itself
        new("DEL", CutBySlot, KeySpec.Range(1, -1, 1, Write)),
        new("UNLINK", CutBySlot, KeySpec.Range(1, -1, 1, Write)),
        new("TOUCH", CutBySlot, KeySpec.Range(1, -1, 1, Read)),
        new("MSET", CutBySlot, KeySpec.Range(1, -1, 2, Write)),
        // All or none
        new("MSETNX", AcrossKeys, KeySpec.Range(1, -1, 2, ReadWrite)),
        new("MSETEX", AcrossKeys, KeySpec.Counted(1, 2, ReadWrite)),
        // From one key to another
        new("RENAME", AcrossKeys, KeySpec.At(1, ReadWrite), KeySpec.At(2, Write)),
        new("RENAMENX", AcrossKeys, KeySpec.At(1, ReadWrite), KeySpec.At(2, ReadWrite)),
        new("LMOVE", AcrossKeys, KeySpec.Range(1, 2, 1, ReadWrite)),
        new("BLMOVE", AcrossKeys, KeySpec.Range(1, 2, 1, ReadWrite)),
        new("RPOPLPUSH", AcrossKeys, KeySpec.Range(1, 2, 1, ReadWrite)),
        new("BRPOPLPUSH", AcrossKeys, KeySpec.Range(1, 2, 1, ReadWrite)),
        new("SMOVE", AcrossKeys, KeySpec.Range(1, 2, 1, ReadWrite)),
        // From several keys into one
        new("BITOP", AcrossKeys, KeySpec.At(2, Write), KeySpec.Range(3, -1, 1, Read)),
        new("PFMERGE", AcrossKeys, KeySpec.At(1, ReadWrite), KeySpec.Range(2, -1, 1, Read, optional: true)),
        new("SDIFFSTORE", AcrossKeys, KeySpec.At(1, Write), KeySpec.Range(2, -1, 1, Read)),
        new("SINTERSTORE", AcrossKeys, KeySpec.At(1, Write), KeySpec.Range(2, -1, 1, Read)),
        new("SUNIONSTORE", AcrossKeys, KeySpec.At(1, Write), KeySpec.Range(2, -1, 1, Read)),
        new("ZDIFFSTORE", AcrossKeys, KeySpec.At(1, Write), KeySpec.Counted(2, 1, Read)),
        new("ZINTERSTORE", AcrossKeys, KeySpec.At(1, Write), KeySpec.Counted(2, 1, Read)),
        new("ZUNIONSTORE", AcrossKeys, KeySpec.At(1, Write), KeySpec.Counted(2, 1, Read)),
        new("ZRANGESTORE", AcrossKeys, KeySpec.At(1, Write), KeySpec.At(2, Read)),
        new("GEOSEARCHSTORE", AcrossKeys, KeySpec.At(1, Write), KeySpec.At(2, Read)),
        new("GEORADIUS", AcrossKeys, KeySpec.At(1, Read), Stored(6, ["STORE", "STOREDIST"], ("COUNT", 1))),
        new("GEORADIUSBYMEMBER", AcrossKeys, KeySpec.At(1, Read), Stored(5, ["STORE", "STOREDIST"], ("COUNT", 1))),
        // It reads keys that its patterns stand for, too.
        new("SORT", AcrossKeys, KeySpec.At(1, Read), Stored(2, ["STORE"], ("LIMIT", 2), ("GET", 1), ("BY", 1))),
        // Of the first key that is not empty; a primary passes them on as the command for that key.
        new("BLPOP", AcrossKeys, KeySpec.Range(1, -2, 1, ReadWrite)),
        new("BRPOP", AcrossKeys, KeySpec.Range(1, -2, 1, ReadWrite)),
        new("BZPOPMAX", AcrossKeys, KeySpec.Range(1, -2, 1, ReadWrite)),
        new("BZPOPMIN", AcrossKeys, KeySpec.Range(1, -2, 1, ReadWrite)),
        new("LMPOP", AcrossKeys, KeySpec.Counted(1, 1, ReadWrite)),
        new("ZMPOP", AcrossKeys, KeySpec.Counted(1, 1, ReadWrite)),
        new("BLMPOP", AcrossKeys, KeySpec.Counted(2, 1, ReadWrite)),
        new("BZMPOP", AcrossKeys, KeySpec.Counted(2, 1, ReadWrite)),
        // A primary passes it on as XCLAIM and XGROUP SETID.
        new(
            "XREADGROUP",
            AcrossKeys,
            KeySpec.HalfAfterKeyword(new(4, ["STREAMS"], ("COUNT", 1), ("BLOCK", 1)), ReadWrite)
        ),
        // A primary passes it on as DEL. Without a key of its own it has an empty word there.
        new(
            "MIGRATE",
            AcrossKeys,
            KeySpec.At(3, ReadWrite),
            KeySpec.AfterKeyword(new(6, ["KEYS"], ("AUTH", 1), ("AUTH2", 2)), toTheEnd: true, ReadWrite)
        ),
        // Counting a single one may renew what it remembers of the count.
        new("PFCOUNT", Plain, KeySpec.Range(1, -1, 1, ReadWrite)),
        // Passed on as they are before 7.0, where they do not bring about their effects one by one.
        new("EVAL", CommandTreatment.Script, KeySpec.Counted(2, 1, ReadWrite)),
        new("EVALSHA", CommandTreatment.Script, KeySpec.Counted(2, 1, ReadWrite)),
        new("FCALL", CommandTreatment.Script, KeySpec.Counted(2, 1, ReadWrite)),
    ];

    private static readonly Dictionary<string, CommandSpec> Specs = Others
        .Concat(OneKey.Select(name => new CommandSpec(name, Plain, KeySpec.At(1, ReadWrite))))
        .ToDictionary(spec => spec.Name, new CommandNameComparer());

    private static readonly Dictionary<string, CommandSpec>.AlternateLookup<ReadOnlySpan<byte>> ByBytes =
        Specs.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>All commands of the table.</summary>
    public static IReadOnlyCollection<CommandSpec> All => Specs.Values;

    /// <summary>Finds a command by its name, in whatever case.</summary>
    /// <returns>Null if the table does not know it.</returns>
    public static CommandSpec? Find(ReadOnlySpan<byte> name) => ByBytes.TryGetValue(name, out var spec) ? spec : null;

    private static KeySpec Stored(int from, string[] keywords, params (string Name, int Words)[] options) =>
        KeySpec.AfterKeyword(new(from, keywords, options), toTheEnd: false, Write);
}
