using System.Globalization;

namespace Godwit.Dynomite;

/// <summary>
/// A part of a rack's ring: the hashes behind one token, up to and with the next. The ring has 2^32, and its end joins its
/// beginning.
/// </summary>
/// <remarks><c>src/dyn_vnode.c</c>, vnode_dispatch: a hash in (a, b] is b's.</remarks>
/// <param name="After">The token that it begins behind.</param>
/// <param name="UpTo">The last of it; where that is not greater, it goes over the ring's end.</param>
internal readonly record struct TokenRange(uint After, uint UpTo)
{
    /// <summary>How many hashes a ring has.</summary>
    public const long Ring = 1L << 32;

    /// <summary>How many hashes it has, 1 to 2^32.</summary>
    public long Length => UpTo > After ? (long)UpTo - After : Ring - After + UpTo;

    /// <summary>True if the token cuts it into two parts.</summary>
    public bool IsCutBy(uint token) => token != UpTo && new TokenRange(After, token).Length < Length;

    /// <summary>The ranges that so many tokens make of a ring.</summary>
    /// <param name="tokens">One or more, in order, each once.</param>
    public static IReadOnlyList<TokenRange> Between(IReadOnlyList<uint> tokens) =>
        [.. tokens.Select((token, i) => new TokenRange(tokens[(i + tokens.Count - 1) % tokens.Count], token))];

    /// <summary>As an interval: <c>(12345678, 1383429731]</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({After}, {UpTo}]");
}
