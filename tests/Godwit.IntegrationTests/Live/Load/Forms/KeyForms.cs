namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Commands for keys of any type.</summary>
internal static class KeyForms
{
    private const string Redis7 = "PEXPIRETIME";

    private static readonly string[] Conditions = ["NX", "XX", "GT", "LT"];

    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("DEL", 12, c => [c.AnyKey()]),
        new("DEL", 3, c => [c.AnyKey(), c.AnyKey(), c.AnyKey()]),
        new("UNLINK", 4, c => [c.AnyKey(), c.AnyKey()]),
        new("EXPIRE", 8, c => [c.AnyKey(), c.LifeSeconds()]),
        new("PEXPIRE", 8, c => [c.AnyKey(), c.LifeMilliseconds()]),
        new("EXPIREAT", 4, c => [c.AnyKey(), c.MomentSeconds()]),
        new("PEXPIREAT", 4, c => [c.AnyKey(), c.MomentMillisecondsOrPast()]),
        new("EXPIRE", 4, c => [c.AnyKey(), c.LifeSeconds(), c.OneOf(Conditions)]) { Marker = Redis7 },
        new("PEXPIRE", 4, c => [c.AnyKey(), c.LifeMilliseconds(), c.OneOf(Conditions)]) { Marker = Redis7 },
        new("PEXPIREAT", 4, c => [c.AnyKey(), c.MomentMilliseconds(), c.OneOf(Conditions)]) { Marker = Redis7 },
        new("EXPIREAT", 2, c => [c.AnyKey(), c.MomentSeconds(), c.OneOf(Conditions)]) { Marker = Redis7 },
        // More than any other, so that what lives long gathers.
        new("PERSIST", 25, c => [c.AnyKey()]),
        new("RENAME", 5, c => Two(c)),
        new("RENAMENX", 3, c => Two(c)),
        new("COPY", 5, c => [.. Two(c), "REPLACE"]),
        new("COPY", 2, c => Two(c)),
        new("COPY", 3, c => [.. Two(c), "DB", OtherDatabase(c), "REPLACE"]) { AloneOnly = true, NamesDatabase = true },
        new("MOVE", 4, c => [c.AnyKey(), OtherDatabase(c)]) { AloneOnly = true, NamesDatabase = true },
        new("SORT", 3, c => [c.Key(Kind.Numbers), "LIMIT", 0, 20, "DESC", "STORE", c.KeyLike(Kind.List)]),
        new("SORT", 3, c => [c.Key(Kind.List), "ALPHA", "STORE", c.Key(Kind.List)]),
        // It reads keys that its patterns stand for: a cluster lets it have none.
        new(
            "SORT",
            2,
            c => [c.Key(Kind.Numbers), "BY", "Number:*", "GET", "Text:*", "GET", "#", "STORE", c.Key(Kind.List)]
        )
        {
            AloneOnly = true,
        },
        new("RESTORE", 3, c => [c.AnyKey(), 0, c.Payload, "REPLACE"]),
        new("RESTORE", 3, c => [c.AnyKey(), c.LifeMilliseconds(), c.Payload, "REPLACE"]),
        new("RESTORE", 2, c => [c.AnyKey(), c.MomentMilliseconds(), c.Payload, "REPLACE", "ABSTTL"]),
        new("TOUCH", 1, c => [c.AnyKey(), c.AnyKey()]),
    ];

    private static object[] Two(LoadChoices choices)
    {
        var kind = choices.AnyKind();
        return [choices.Key(kind), choices.KeyLike(kind)];
    }

    private static int OtherDatabase(LoadChoices choices) =>
        choices.OneOf([.. choices.Settings.Databases.Where(database => database != choices.Database)]);
}
