using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Data;

/// <summary>What one server can hold, found out by asking it.</summary>
/// <param name="Functions">Function libraries, and with them a stream's counters: both came with Redis 7.0.</param>
/// <param name="FieldExpiry">Hash fields that expire: Redis 7.4, Valkey 9.0.</param>
/// <param name="ExactExpiry">PEXPIRETIME: Redis 7.0.</param>
internal sealed record ServerFeatures(bool Functions, bool FieldExpiry, bool ExactExpiry)
{
    /// <summary>Stream counters (entries added, greatest deleted id, entries that a group read).</summary>
    public bool StreamCounters => Functions;

    public static ServerFeatures Ask(RespClient client)
    {
        var known = (object?[])client.Call("COMMAND", "INFO", "FUNCTION", "HPEXPIREAT", "PEXPIRETIME")!;
        return new(known[0] is object[], known[1] is object[], known[2] is object[]);
    }
}
