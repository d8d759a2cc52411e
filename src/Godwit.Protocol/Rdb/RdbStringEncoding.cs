namespace Godwit.Protocol.Rdb;

/// <summary>How a string is written: the two high bits of its first byte, and the low six where those are both set.</summary>
/// <remarks>Source: <c>src/rdb.h</c>, RDB_ENC_*.</remarks>
public enum RdbStringEncoding : byte
{
    /// <summary>A length, then as many bytes.</summary>
    Plain,

    /// <summary>A signed byte, which stands for its decimal text.</summary>
    Int8,

    /// <summary>Two bytes, little endian, signed.</summary>
    Int16,

    /// <summary>Four bytes, little endian, signed.</summary>
    Int32,

    /// <summary>The compressed length, the length, and LZF's bytes.</summary>
    Lzf,
}
