namespace Godwit.Protocol.Resp;

/// <summary>
/// What a RESP token is. The numbers are the bytes that stand for it, as <c>deps/hiredis/read.c, processItem</c> in Redis
/// reads them. The older nulls <c>$-1</c> and <c>*-1</c> are <see cref="Null"/> too.
/// </summary>
public enum RespKind : byte
{
    /// <summary>No token.</summary>
    None = 0,

    /// <summary>A line of text, such as <c>+OK</c>.</summary>
    SimpleString = (byte)'+',

    /// <summary>A line that says what went wrong; its first word is a code.</summary>
    Error = (byte)'-',

    /// <summary>A signed 64-bit integer.</summary>
    Integer = (byte)':',

    /// <summary>Bytes of a stated length.</summary>
    BulkString = (byte)'$',

    /// <summary>A stated number of values.</summary>
    Array = (byte)'*',

    /// <summary>Nothing.</summary>
    Null = (byte)'_',

    /// <summary>True or false (RESP3).</summary>
    Boolean = (byte)'#',

    /// <summary>A double, with <c>inf</c>, <c>-inf</c> and <c>nan</c> (RESP3).</summary>
    Double = (byte)',',

    /// <summary>An integer of any size, as text (RESP3).</summary>
    BigNumber = (byte)'(',

    /// <summary>An error of a stated length (RESP3).</summary>
    BulkError = (byte)'!',

    /// <summary>Text of a stated length, with its format of three letters in front (RESP3).</summary>
    VerbatimString = (byte)'=',

    /// <summary>A stated number of pairs (RESP3).</summary>
    Map = (byte)'%',

    /// <summary>A stated number of values without order (RESP3).</summary>
    Set = (byte)'~',

    /// <summary>Something that the server says unasked; it can stand between any two replies (RESP3).</summary>
    Push = (byte)'>',

    /// <summary>Pairs that tell of the value after them; the reader passes over them (RESP3).</summary>
    Attribute = (byte)'|',
}
