namespace Godwit.IntegrationTests.Data;

/// <summary>Keys of every type that expire, far from now, at times that show a lost millisecond.</summary>
internal static class ExpiringKeys
{
    /// <summary>2100-01-01 00:00:00.123 UTC, in Unix milliseconds.</summary>
    public const long FarFuture = 4_102_444_800_123;

    // Past the 32-bit seconds of the oldest RDB files, and as far as a field expiry of Redis may lie (46 bits).
    private const long FartherFuture = 70_000_000_000_001;

    public static void Add(DataWriter writer)
    {
        writer.Add("SET", "expiring:string", "value");
        writer.Add("RPUSH", "expiring:list", "a", "b");
        writer.Add("SADD", "expiring:set", "a", "b");
        writer.Add("ZADD", "expiring:zset", 1, "a");
        writer.Add("HSET", "expiring:hash", "a", "b");
        writer.Add("XADD", "expiring:stream", "1-1", "a", "b");
        writer.Add("SET", new byte[] { 0xff, 0, 13, 10 }, "a binary name that expires");

        object[] keys = ["string", "list", "set", "zset", "hash", "stream"];
        for (var i = 0; i < keys.Length; i++)
            writer.Add("PEXPIREAT", "expiring:" + keys[i], FarFuture + i);

        writer.Add("PEXPIREAT", new byte[] { 0xff, 0, 13, 10 }, FarFuture + 999);
        writer.Add("SET", "expiring:farther", "value");
        writer.Add("PEXPIREAT", "expiring:farther", FartherFuture);
        // Once it expired, now it does not.
        writer.Add("SET", "expiring no more", "value", "PX", 100_000_000);
        writer.Add("PERSIST", "expiring no more");
    }
}
