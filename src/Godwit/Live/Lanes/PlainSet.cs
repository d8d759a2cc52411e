using System.Text;

namespace Godwit.Live.Lanes;

/// <summary>
/// <c>SET</c> of a key and a value, with nothing behind them. Several that follow one another are one MSET: it does to each key in its
/// turn what SET does, the expiry that it takes away and the event that it tells included (<c>src/t_string.c</c>, msetGenericCommand).
/// </summary>
internal static class PlainSet
{
    private const int NameLength = 3;

    // Three words, and the first has three letters: nothing can stand behind the value.
    private static ReadOnlySpan<byte> Head => "*3\r\n$3\r\n"u8;

    private static ReadOnlySpan<byte> Name => "SET"u8;

    private static int KeyFrom => Head.Length + NameLength + 2;

    /// <summary>Whether a command is one.</summary>
    /// <param name="command">As it came in the stream: whole and well formed.</param>
    public static bool Is(ReadOnlySpan<byte> command) =>
        command.StartsWith(Head) && Ascii.EqualsIgnoreCase(command.Slice(Head.Length, NameLength), Name);

    /// <summary>Key and value of one, each with its length before it.</summary>
    public static ReadOnlySpan<byte> KeyAndValue(ReadOnlySpan<byte> command) => command[KeyFrom..];
}
