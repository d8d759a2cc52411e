namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Strings, counters, bitmaps, HyperLogLogs.</summary>
internal static class StringForms
{
    // What a server of Redis 7.0 or later knows, and none before.
    private const string Redis7 = "PEXPIRETIME";
    private const string Redis62 = "GETEX";

    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("SET", 60, c => [c.Key(Kind.Text), c.Value()]),
        new("SET", 6, c => [c.Key(Kind.Text), c.Value(), "PX", c.LifeMilliseconds()]),
        new("SET", 4, c => [c.Key(Kind.Text), c.Value(), "EX", c.LifeSeconds()]),
        new("SET", 4, c => [c.Key(Kind.Text), c.Value(), "PXAT", c.MomentMilliseconds()]) { Marker = Redis62 },
        new("SET", 2, c => [c.Key(Kind.Text), c.Value(), "EXAT", c.MomentSeconds()]) { Marker = Redis62 },
        new("SET", 4, c => [c.Key(Kind.Text), c.Value(), "KEEPTTL"]),
        new("SET", 2, c => [c.Key(Kind.Text), c.Value(), "NX", "PX", c.LifeMilliseconds()]),
        new("SET", 2, c => [c.Key(Kind.Text), c.Value(), "XX", "GET", "EX", c.LifeSeconds()]) { Marker = Redis62 },
        new("SET", 2, c => [c.Key(Kind.Text), c.Value(), "NX", "GET"]) { Marker = Redis7 },
        new("SET", 2, c => [c.Key(Kind.Text), c.Value(), "IFEQ", c.Value()]) { Marker = "DELIFEQ" },
        new("DELIFEQ", 2, c => [c.Key(Kind.Number), c.Next(20)]),
        new("SETNX", 2, c => [c.Key(Kind.Text), c.Value()]),
        new("SETEX", 3, c => [c.Key(Kind.Text), c.LifeSeconds(), c.Value()]),
        new("PSETEX", 3, c => [c.Key(Kind.Text), c.LifeMilliseconds(), c.Value()]),
        new("GETSET", 2, c => [c.Key(Kind.Text), c.Value()]),
        new("GETDEL", 2, c => [c.Key(Kind.Text)]),
        new("GETEX", 2, c => [c.Key(Kind.Text), "PX", c.LifeMilliseconds()]),
        new("GETEX", 2, c => [c.Key(Kind.Text), "EX", c.LifeSeconds()]),
        new("GETEX", 2, c => [c.Key(Kind.Text), "PXAT", c.MomentMillisecondsOrPast()]),
        new("GETEX", 2, c => [c.Key(Kind.Text), "EXAT", c.MomentSeconds()]),
        new("GETEX", 2, c => [c.Key(Kind.Text), "PERSIST"]),
        new("APPEND", 8, c => [c.Key(Kind.Text), c.Member()]),
        new("SETRANGE", 4, c => [c.Key(Kind.Text), c.Next(300), c.Member()]),
        new("MSET", 4, c => [c.Key(Kind.Text), c.Value(), c.Key(Kind.Text), c.Value(), c.Key(Kind.Number), c.Next(9)]),
        new("MSETNX", 2, c => [c.Key(Kind.Text), c.Value(), c.Key(Kind.Text), c.Value()]),
        new(
            "MSETEX",
            2,
            c => [2, c.Key(Kind.Text), c.Value(), c.Key(Kind.Text), c.Value(), "PX", c.LifeMilliseconds()]
        ),
        new("INCR", 30, c => [c.Key(Kind.Number)]),
        new("DECR", 6, c => [c.Key(Kind.Number)]),
        new("INCRBY", 6, c => [c.Key(Kind.Number), c.Next(1000) - 500]),
        new("DECRBY", 4, c => [c.Key(Kind.Number), c.Next(1000)]),
        new("INCRBYFLOAT", 6, c => [c.Key(Kind.Float), c.Fraction()]),
        new("SETBIT", 6, c => [c.Key(Kind.Bits), c.Next(4000), c.Next(2)]),
        new(
            "BITFIELD",
            3,
            c => [c.Key(Kind.Bits), "INCRBY", "u8", c.Next(1000), c.Next(50), "SET", "i16", "#3", c.Next(999)]
        ),
        new("BITFIELD", 2, c => [c.Key(Kind.Bits), "OVERFLOW", "FAIL", "INCRBY", "u4", c.Next(1000), 5]),
        new("BITOP", 3, c => [c.OneOf(["AND", "OR", "XOR"]), c.KeyLike(Kind.Bits), .. c.Keys(Kind.Bits, 3)]),
        new("BITOP", 1, c => ["NOT", c.Key(Kind.Bits), c.Key(Kind.Bits)]),
        new("PFADD", 6, c => [c.Key(Kind.Cardinality), .. c.MembersUpTo(5), c.Next(100_000)]),
        new("PFMERGE", 2, c => [c.Key(Kind.Cardinality), .. c.Keys(Kind.Cardinality, 2)]),
        // It writes as well: the count that it has worked out.
        new("PFCOUNT", 4, c => [c.Key(Kind.Cardinality)]),
    ];
}
