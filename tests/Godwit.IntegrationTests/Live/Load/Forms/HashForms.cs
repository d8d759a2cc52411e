namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Hashes, with fields that expire where the server has them.</summary>
internal static class HashForms
{
    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("HSET", 16, c => [c.Key(Kind.Hash), c.Member(), c.Value(), c.Member(), c.Next(100)]),
        new("HMSET", 3, c => [c.Key(Kind.Hash), c.Member(), c.Value()]),
        new("HSETNX", 3, c => [c.Key(Kind.Hash), c.Member(), c.Value()]),
        new("HDEL", 6, c => [c.Key(Kind.Hash), .. c.MembersUpTo(4)]),
        new("HINCRBY", 6, c => [c.Key(Kind.Hash), "n" + c.Member(), c.Next(100) - 50]),
        new("HINCRBYFLOAT", 4, c => [c.Key(Kind.Hash), "f" + c.Member(), c.Fraction()]),
        new("HEXPIRE", 4, c => [c.Key(Kind.Hash), c.LifeSeconds(), .. Fields(c)]) { SetsFieldExpiry = true },
        new("HPEXPIRE", 6, c => [c.Key(Kind.Hash), c.LifeMilliseconds(), .. Fields(c)]) { SetsFieldExpiry = true },
        new(
            "HPEXPIRE",
            2,
            c => [c.Key(Kind.Hash), c.LifeMilliseconds(), c.OneOf(["NX", "XX", "GT", "LT"]), .. Fields(c)]
        )
        {
            SetsFieldExpiry = true,
        },
        new("HEXPIREAT", 3, c => [c.Key(Kind.Hash), c.MomentSeconds(), .. Fields(c)]) { SetsFieldExpiry = true },
        new("HPEXPIREAT", 4, c => [c.Key(Kind.Hash), c.MomentMillisecondsOrPast(), .. Fields(c)])
        {
            SetsFieldExpiry = true,
        },
        new("HPERSIST", 6, c => [c.Key(Kind.Hash), .. Fields(c)]),
        new("HGETDEL", 3, c => [c.Key(Kind.Hash), .. Fields(c)]),
        new("HGETEX", 3, c => [c.Key(Kind.Hash), "PX", c.LifeMilliseconds(), .. Fields(c)]) { SetsFieldExpiry = true },
        new("HGETEX", 2, c => [c.Key(Kind.Hash), "PERSIST", .. Fields(c)]),
        new("HSETEX", 3, c => [c.Key(Kind.Hash), "FIELDS", 1, c.Member(), c.Value()]),
        new("HSETEX", 3, c => [c.Key(Kind.Hash), "PX", c.LifeMilliseconds(), "FIELDS", 1, c.Member(), c.Value()])
        {
            SetsFieldExpiry = true,
        },
        new("HSETEX", 2, c => [c.Key(Kind.Hash), "FXX", "EXAT", c.MomentSeconds(), "FIELDS", 1, c.Member(), c.Value()])
        {
            SetsFieldExpiry = true,
        },
        new("HSETEX", 2, c => [c.Key(Kind.Hash), "KEEPTTL", "FIELDS", 1, c.Member(), c.Value()]),
    ];

    private static object[] Fields(LoadChoices choices)
    {
        // A field that is named twice is refused by some.
        var fields = choices.MembersUpTo(4).Distinct().ToArray();
        return ["FIELDS", fields.Length, .. fields];
    }
}
