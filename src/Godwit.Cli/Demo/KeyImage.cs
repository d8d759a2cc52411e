using System.Text;

namespace Godwit.Cli.Demo;

/// <summary>A key as a server's own commands tell it, in a form that compares.</summary>
/// <param name="Type">As TYPE says it; <c>none</c> for a key that is not there.</param>
/// <param name="ExpireAt">Unix milliseconds; -1 if it does not expire.</param>
/// <param name="Parts">
/// The value taken apart: its elements in their order, or, where they have none, sorted. Bytes stand as Latin-1 text.
/// </param>
internal sealed record KeyImage(string Type, long ExpireAt, IReadOnlyList<string> Parts)
{
    // No byte looks like it.
    private const char Separator = '\u0100';

    /// <summary>Some texts as one.</summary>
    public static string Join(params ReadOnlySpan<string> texts) => string.Join(Separator, texts);

    /// <summary>Bytes as text, one character a byte.</summary>
    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    /// <summary>What differs in another one; null if nothing does.</summary>
    /// <param name="target">The same key at the target.</param>
    /// <param name="tolerance">By how many milliseconds the expiries may differ.</param>
    public string? DifferenceTo(KeyImage target, long tolerance)
    {
        if (Type != target.Type)
            return $"is a {Type} at the source and a {target.Type} at the target";
        if (ExpireAt < 0 != target.ExpireAt < 0 || Math.Abs(ExpireAt - target.ExpireAt) > tolerance)
            return $"expires at {Moment(ExpireAt)} at the source and at {Moment(target.ExpireAt)} at the target";
        return Parts.SequenceEqual(target.Parts, StringComparer.Ordinal) ? null : "has another value at the target";
    }

    private static string Moment(long expireAt) => expireAt < 0 ? "no time" : $"{expireAt}";
}
