namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Sets, of words and of numbers.</summary>
internal static class SetForms
{
    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("SADD", 12, c => [c.Key(Kind.Set), .. c.MembersUpTo(5)]),
        new("SADD", 8, c => [c.Key(Kind.Numbers), c.Next(500), c.Next(500)]),
        new("SREM", 6, c => [c.Key(Kind.Set), .. c.MembersUpTo(4)]),
        new("SPOP", 6, c => [c.Key(Kind.Set)]),
        new("SPOP", 4, c => [c.Key(Kind.Set), c.Next(6)]),
        // All of them: passed on as DEL.
        new("SPOP", 1, c => [c.Key(Kind.Numbers), 1000]),
        new("SMOVE", 4, c => [c.Key(Kind.Set), c.KeyLike(Kind.Set), c.Member()]),
        new("SINTERSTORE", 3, c => [c.KeyLike(Kind.Set), c.Key(Kind.Set), c.Key(Kind.Set)]),
        new("SUNIONSTORE", 3, c => [c.KeyLike(Kind.Set), c.Key(Kind.Set), c.Key(Kind.Numbers)]),
        new("SDIFFSTORE", 3, c => [c.KeyLike(Kind.Set), c.Key(Kind.Set), c.Key(Kind.Set)]),
    ];
}
