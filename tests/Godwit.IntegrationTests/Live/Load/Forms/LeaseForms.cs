namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>
/// Keys that are given little time, and more of it just before that has run out, or just too late: whoever lets them expire by
/// a clock of its own gets them wrong. Some are then kept, so that what went wrong stays.
/// </summary>
internal static class LeaseForms
{
    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("SET", 6, c => [c.Key(Kind.Lease), c.Next(1000), "PX", c.LeaseMilliseconds()]),
        new("PEXPIRE", 14, c => [c.Key(Kind.Lease), c.LeaseMilliseconds()]),
        new("GETEX", 4, c => [c.Key(Kind.Lease), "PX", c.LeaseMilliseconds()]),
        new("INCR", 12, c => [c.Key(Kind.Lease)]),
        new("APPEND", 2, c => [c.Key(Kind.Lease), "1"]),
        new("SET", 2, c => [c.Key(Kind.Lease), c.Next(1000), "KEEPTTL"]),
        new("PERSIST", 1, c => [c.Key(Kind.Lease)]),
        new("PEXPIRE", 1, c => [c.Key(Kind.Lease), c.LongMilliseconds()]),
    ];
}
