using System.Globalization;

namespace Godwit.Protocol.Rdb;

/// <summary>An RDB file, a snapshot or a DUMP payload is not what its format says, or ends too early.</summary>
public sealed class RdbFormatException : GodwitException
{
    /// <summary>Creates the error.</summary>
    /// <param name="what">What was found and what the format wants, without an offset and without a value's bytes.</param>
    /// <param name="offset">Where, in bytes from the start of the file or payload.</param>
    /// <param name="whatToDo">How to go on, or null.</param>
    public RdbFormatException(string what, long offset, string? whatToDo = null)
        : base(string.Create(CultureInfo.InvariantCulture, $"{what} at byte {offset}"), whatToDo)
    {
        What = what;
        Offset = offset;
    }

    /// <summary>What was found and what the format wants.</summary>
    public string What { get; }

    /// <summary>Where, in bytes from the start of the file or payload.</summary>
    public long Offset { get; }
}
