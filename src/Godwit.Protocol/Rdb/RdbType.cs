namespace Godwit.Protocol.Rdb;

/// <summary>
/// How a value is serialized: the byte in front of a key in an RDB file, and the first byte of a DUMP payload.
/// Numbers are those of <c>src/rdb.h</c> in Redis and Valkey. 22 has two meanings, told apart by <see cref="RdbVersion"/>.
/// </summary>
public enum RdbType : byte
{
    /// <summary>A string, plain, as an integer, or LZF-compressed.</summary>
    String = 0,

    /// <summary>A list, one string an element.</summary>
    List = 1,

    /// <summary>A set, one string a member.</summary>
    Set = 2,

    /// <summary>A sorted set with scores as text.</summary>
    SortedSetTextScores = 3,

    /// <summary>A hash, two strings a field.</summary>
    Hash = 4,

    /// <summary>A sorted set with scores as 8-byte little-endian doubles.</summary>
    SortedSet = 5,

    /// <summary>A module's value as release candidates of Redis 4.0 wrote it; nobody can step over it.</summary>
    ModulePreRelease = 6,

    /// <summary>A module's value, with opcodes of its own that let one step over it.</summary>
    Module = 7,

    /// <summary>A small hash up to Redis 2.4, in one zipmap.</summary>
    HashZipmap = 9,

    /// <summary>A small list up to Redis 3.0, in one ziplist.</summary>
    ListZiplist = 10,

    /// <summary>A set of integers, in one intset.</summary>
    SetIntset = 11,

    /// <summary>A small sorted set up to Redis 6.2, in one ziplist.</summary>
    SortedSetZiplist = 12,

    /// <summary>A small hash from Redis 2.6 to 6.2, in one ziplist.</summary>
    HashZiplist = 13,

    /// <summary>A list from Redis 3.2 to 6.2: ziplists in a row.</summary>
    ListQuicklist = 14,

    /// <summary>A stream as of Redis 5.0.</summary>
    Stream = 15,

    /// <summary>A small hash since Redis 7.0, in one listpack.</summary>
    HashListpack = 16,

    /// <summary>A small sorted set since Redis 7.0, in one listpack.</summary>
    SortedSetListpack = 17,

    /// <summary>A list since Redis 7.0: listpacks, and plain nodes for big elements, in a row.</summary>
    ListQuicklist2 = 18,

    /// <summary>A stream as of Redis 7.0: first id, greatest deleted id, entries added and read.</summary>
    Stream2 = 19,

    /// <summary>A small set since Redis 7.2, in one listpack.</summary>
    SetListpack = 20,

    /// <summary>A stream as of Redis 7.2: the consumers' active times.</summary>
    Stream3 = 21,

    /// <summary>
    /// A hash with field expiries, told apart by family: of Valkey 9 in a file of <see cref="RdbFamily.Valkey"/>, of Redis
    /// 7.4's release candidates in one of <see cref="RdbFamily.Redis"/>. The two are laid out differently.
    /// </summary>
    HashWithExpiries22 = 22,

    /// <summary>Redis 7.4's release candidates: a small hash with field expiries, in one listpack.</summary>
    HashListpackWithExpiriesPreRelease = 23,

    /// <summary>A hash with field expiries since Redis 7.4.</summary>
    HashWithExpiries = 24,

    /// <summary>A small hash with field expiries since Redis 7.4, in one listpack.</summary>
    HashListpackWithExpiries = 25,
}
