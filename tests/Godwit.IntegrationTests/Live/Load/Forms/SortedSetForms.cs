namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Sorted sets, and places on the map.</summary>
internal static class SortedSetForms
{
    private const string Redis62 = "GETEX";
    private const string Timeout = "0.002";

    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("ZADD", 14, c => [c.Key(Kind.SortedSet), c.Score(), c.Member(), c.Score(), c.Member()]),
        new("ZADD", 3, c => [c.Key(Kind.SortedSet), c.OneOf(["NX", "XX"]), "CH", c.Score(), c.Member()]),
        new("ZADD", 3, c => [c.Key(Kind.SortedSet), c.OneOf(["GT", "LT"]), c.Score(), c.Member()]) { Marker = Redis62 },
        new("ZADD", 2, c => [c.Key(Kind.SortedSet), "INCR", c.Score(), c.Member()]),
        new("ZINCRBY", 6, c => [c.Key(Kind.SortedSet), c.Fraction(), c.Member()]),
        new("ZREM", 5, c => [c.Key(Kind.SortedSet), .. c.MembersUpTo(3)]),
        new("ZPOPMIN", 3, c => [c.Key(Kind.SortedSet)]),
        new("ZPOPMAX", 3, c => [c.Key(Kind.SortedSet), 1 + c.Next(3)]),
        new("ZMPOP", 2, c => [2, c.Key(Kind.SortedSet), c.Key(Kind.SortedSet), c.OneOf(["MIN", "MAX"]), "COUNT", 2]),
        new("BZPOPMIN", 1, c => [c.Key(Kind.SortedSet), Timeout]),
        new("BZPOPMAX", 1, c => [c.Key(Kind.SortedSet), c.Key(Kind.SortedSet), Timeout]),
        new("BZMPOP", 1, c => [Timeout, 1, c.Key(Kind.SortedSet), "MAX", "COUNT", 2]),
        new("ZREMRANGEBYRANK", 3, c => [c.Key(Kind.SortedSet), 30, -1]),
        new("ZREMRANGEBYSCORE", 3, c => [c.Key(Kind.SortedSet), 100, 110]),
        new("ZREMRANGEBYLEX", 2, c => [c.Key(Kind.SortedSet), "[m10", "[m11"]),
        new("ZUNIONSTORE", 3, c => [c.KeyLike(Kind.SortedSet), 2, .. c.Keys(Kind.SortedSet, 2), "WEIGHTS", 2, 3]),
        new(
            "ZINTERSTORE",
            3,
            c => [c.Key(Kind.SortedSet), 2, c.Key(Kind.SortedSet), c.Key(Kind.Set), "AGGREGATE", "MAX"]
        ),
        new("ZDIFFSTORE", 3, c => [c.Key(Kind.SortedSet), 2, .. c.Keys(Kind.SortedSet, 2)]),
        new("ZRANGESTORE", 3, c => [c.Key(Kind.SortedSet), c.Key(Kind.SortedSet), 0, 10]),
        new("GEOADD", 8, c => [c.Key(Kind.Places), c.Longitude(), c.Latitude(), c.Member()]),
        new("GEOSEARCHSTORE", 3, c => [c.Key(Kind.Places), c.Key(Kind.Places), .. From(c), "BYRADIUS", 900, "km"]),
        new(
            "GEOSEARCHSTORE",
            2,
            c => [c.KeyLike(Kind.Places), c.Key(Kind.Places), .. From(c), "BYBOX", 900, 900, "km", "STOREDIST"]
        ),
        new(
            "GEORADIUS",
            2,
            c => [c.Key(Kind.Places), c.Longitude(), c.Latitude(), 900, "km", "STORE", c.Key(Kind.Places)]
        ),
        new(
            "GEORADIUSBYMEMBER",
            2,
            c => [c.Key(Kind.Places), c.Member(), 900, "km", "STOREDIST", c.Key(Kind.SortedSet)]
        ),
    ];

    private static object[] From(LoadChoices choices) => ["FROMLONLAT", choices.Longitude(), choices.Latitude()];
}
