namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Streams, their groups and consumers.</summary>
internal static class StreamForms
{
    private const string Redis62 = "GETEX";
    private const string Redis7 = "PEXPIRETIME";
    private const int Ids = 12;

    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("XADD", 12, c => [c.Key(Kind.Stream), c.NextId(), "field", c.Value()]),
        new("XADD", 4, c => [c.Key(Kind.Stream), "MAXLEN", 100, c.NextId(), c.Member(), c.Value(), "b", c.Next(9)]),
        // The server cuts off as much as is cheap, and passes on what it did.
        new("XADD", 3, c => [c.Key(Kind.Stream), "MAXLEN", "~", 100, c.NextId(), "field", c.Value()]),
        new("XADD", 2, c => [c.Key(Kind.Stream), "NOMKSTREAM", "MINID", "~", c.LateIds(1)[0], c.NextId(), "f", "v"])
        {
            Marker = Redis62,
        },
        new("XDEL", 4, c => [c.Key(Kind.Stream), .. c.LateIds(Ids)]),
        new("XTRIM", 2, c => [c.Key(Kind.Stream), "MAXLEN", 60]),
        new("XTRIM", 2, c => [c.Key(Kind.Stream), "MINID", "~", c.LateIds(1)[0]]) { Marker = Redis62 },
        new("XSETID", 1, c => [c.Key(Kind.Stream), c.NextId()]),
        new("XSETID", 1, c => [c.Key(Kind.Stream), c.NextId(), "ENTRIESADDED", 9000, "MAXDELETEDID", "1-1"])
        {
            Marker = Redis7,
        },
        new("XGROUP", 4, c => ["CREATE", c.Key(Kind.Stream), c.Group(), c.OneOf(["$", "0"]), "MKSTREAM"]),
        new("XGROUP", 1, c => ["SETID", c.Key(Kind.Stream), c.Group(), c.LateIds(1)[0]]),
        new("XGROUP", 1, c => ["DESTROY", c.Key(Kind.Stream), c.Group()]),
        new("XGROUP", 2, c => ["CREATECONSUMER", c.Key(Kind.Stream), c.Group(), c.Consumer()]) { Marker = Redis62 },
        new("XGROUP", 1, c => ["DELCONSUMER", c.Key(Kind.Stream), c.Group(), c.Consumer()]),
        new("XREADGROUP", 8, c => ["GROUP", c.Group(), c.Consumer(), "COUNT", 5, "STREAMS", c.Key(Kind.Stream), ">"]),
        new(
            "XREADGROUP",
            2,
            c => ["GROUP", c.Group(), c.Consumer(), "COUNT", 5, "NOACK", "STREAMS", c.Key(Kind.Stream), ">"]
        ),
        new("XACK", 4, c => [c.Key(Kind.Stream), c.Group(), .. c.LateIds(Ids)]),
        new("XCLAIM", 3, c => [c.Key(Kind.Stream), c.Group(), c.Consumer(), 0, .. c.LateIds(Ids)]),
        new("XAUTOCLAIM", 2, c => [c.Key(Kind.Stream), c.Group(), c.Consumer(), 0, "0-0", "COUNT", 5]),
    ];
}
