using System.Globalization;

namespace Godwit.Protocol;

/// <summary>What came over a connection is not RESP, or is beyond the limits set for it. The connection cannot be used any more.</summary>
public sealed class ProtocolException : GodwitException
{
    /// <summary>Creates the error.</summary>
    /// <param name="offset">Where, in bytes from the start of what was read.</param>
    /// <param name="expected">What the protocol wants there, as words that follow "expected".</param>
    /// <param name="found">What is there, as words that follow "found"; never a value's bytes.</param>
    public ProtocolException(long offset, string expected, string found)
        : base(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The reply does not follow the protocol at byte {offset}: expected {expected}, found {found}"
            ),
            "Check that the address is that of a Redis-compatible server."
        )
    {
        Offset = offset;
        Expected = expected;
        Found = found;
    }

    /// <summary>Where, in bytes from the start of what was read.</summary>
    public long Offset { get; }

    /// <summary>What the protocol wants there.</summary>
    public string Expected { get; }

    /// <summary>What is there instead.</summary>
    public string Found { get; }
}
