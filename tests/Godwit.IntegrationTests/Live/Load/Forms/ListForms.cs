namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Lists.</summary>
internal static class ListForms
{
    private const string Redis62 = "GETEX";

    // Long enough to be a wait, short enough to hold nothing up.
    private const string Timeout = "0.002";

    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("LPUSH", 14, c => [c.Key(Kind.List), c.Member(), .. c.Values(3)]),
        new("RPUSH", 14, c => [c.Key(Kind.List), c.Member(), .. c.Values(3)]),
        new("LPUSHX", 2, c => [c.Key(Kind.List), c.Value()]),
        new("RPUSHX", 2, c => [c.Key(Kind.List), c.Value()]),
        new("LPOP", 6, c => [c.Key(Kind.List)]),
        new("RPOP", 6, c => [c.Key(Kind.List)]),
        new("LPOP", 3, c => [c.Key(Kind.List), 1 + c.Next(4)]) { Marker = Redis62 },
        new("RPOP", 3, c => [c.Key(Kind.List), 1 + c.Next(4)]) { Marker = Redis62 },
        new("LINSERT", 4, c => [c.Key(Kind.List), c.OneOf(["BEFORE", "AFTER"]), c.Member(), c.Member()]),
        new("LSET", 4, c => [c.Key(Kind.List), c.Next(4), c.Value()]),
        new("LREM", 4, c => [c.Key(Kind.List), c.Next(5) - 2, c.Member()]),
        new("LTRIM", 8, c => [c.Key(Kind.List), c.Next(3), 40]),
        new("LMOVE", 4, c => [c.Key(Kind.List), c.Key(Kind.List), Side(c), Side(c)]),
        new("RPOPLPUSH", 3, c => [c.Key(Kind.List), c.KeyLike(Kind.List)]),
        new("LMPOP", 3, c => [2, c.Key(Kind.List), c.Key(Kind.List), Side(c), "COUNT", 1 + c.Next(3)]),
        new("BLPOP", 1, c => [c.Key(Kind.List), c.Key(Kind.List), Timeout]),
        new("BRPOP", 1, c => [c.Key(Kind.List), Timeout]),
        new("BLMOVE", 1, c => [c.Key(Kind.List), c.Key(Kind.List), Side(c), Side(c), Timeout]),
        new("BRPOPLPUSH", 1, c => [c.Key(Kind.List), c.Key(Kind.List), Timeout]),
        new("BLMPOP", 1, c => [Timeout, 2, c.Key(Kind.List), c.Key(Kind.List), Side(c), "COUNT", 2]),
    ];

    private static string Side(LoadChoices choices) => choices.OneOf(["LEFT", "RIGHT"]);
}
