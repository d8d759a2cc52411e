namespace Godwit.Protocol.Rdb;

/// <summary>Who wrote an RDB file. Since the fork the same type and opcode numbers mean different things in each.</summary>
public enum RdbFamily
{
    /// <summary>Magic <c>REDIS</c>: every Redis, and Valkey before 9.0.</summary>
    Redis,

    /// <summary>Magic <c>VALKEY</c>: Valkey from 9.0 on (version 80 and up).</summary>
    Valkey,
}

/// <summary>The version of an RDB file or of a DUMP payload, with the family that gives its numbers their meaning.</summary>
/// <param name="Family">Who wrote it.</param>
/// <param name="Number">1 and up, as the file's magic or the payload's footer has it.</param>
public readonly record struct RdbVersion(RdbFamily Family, int Number)
{
    /// <summary>The highest version that both families read: Redis 7.2's, and every Valkey's up to 8.x.</summary>
    public const int LastShared = 11;

    /// <summary>The first number that Valkey took for itself (<c>src/rdb.h</c>, RDB_VERSION 80).</summary>
    public const int FirstValkey = 80;

    /// <summary>The highest version of Redis whose types this reader knows.</summary>
    public const int HighestRedis = 12;

    /// <summary>The version of a DUMP payload, whose footer has the number alone: 80 and up is Valkey's.</summary>
    public static RdbVersion OfPayload(int number) =>
        new(number >= FirstValkey ? RdbFamily.Valkey : RdbFamily.Redis, number);

    /// <inheritdoc/>
    public override string ToString() => $"{Family} RDB version {Number}";
}
