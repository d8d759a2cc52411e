namespace Godwit.Planning.Ways;

/// <summary>The setting <c>notify-keyspace-events</c>.</summary>
/// <remarks>Source: <c>src/notify.c</c>, keyspaceEventsStringToFlags; <c>redis.conf</c>, "Event notification".</remarks>
internal static class KeyspaceEvents
{
    // Generic commands, every type that can be changed, expiries and evictions: what a change can come from. A is all of them.
    private const string Wanted = "g$lshztxe";

    /// <summary>The letters without which some changes would not be told; empty if all are.</summary>
    public static string Missing(string setting)
    {
        var all = setting.Contains('A', StringComparison.Ordinal);
        var missing = all ? [] : Wanted.Where(letter => !setting.Contains(letter, StringComparison.Ordinal));
        var channel = setting.AsSpan().ContainsAny('K', 'E') ? "" : "E";
        return channel + string.Concat(missing);
    }
}
