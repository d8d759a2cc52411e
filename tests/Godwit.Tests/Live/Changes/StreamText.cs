using System.Text;

namespace Godwit.Tests.Live.Changes;

/// <summary>A stream of changes as a primary sends it.</summary>
internal static class StreamText
{
    /// <summary>Commands, each its words with spaces between.</summary>
    public static byte[] Of(params IEnumerable<string> commands) => [.. commands.SelectMany(Command)];

    /// <summary>One command.</summary>
    public static byte[] Command(string command)
    {
        var words = command.Split(' ');
        var bulks = words.Select(word => $"${Encoding.Latin1.GetByteCount(word)}\r\n{word}\r\n");
        return Encoding.Latin1.GetBytes($"*{words.Length}\r\n{string.Concat(bulks)}");
    }
}
