using System.Text;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>Where the key stands in the commands that tests send.</summary>
internal static class CommandKeys
{
    private static readonly HashSet<string> WithoutKey = new(StringComparer.OrdinalIgnoreCase)
    {
        "CONFIG",
        "FLUSHALL",
        "FUNCTION",
        "PING",
        "SCRIPT",
        "SELECT",
    };

    private static readonly HashSet<string> AfterSubcommand = new(StringComparer.OrdinalIgnoreCase)
    {
        "MEMORY",
        "OBJECT",
        "XGROUP",
        "XINFO",
    };

    /// <summary>The first key; null: a command for each primary.</summary>
    public static byte[]? Of(ReadOnlySpan<object> command)
    {
        var name = Text(command[0]);
        if (WithoutKey.Contains(name))
            return null;
        if (name.Equals("XREADGROUP", StringComparison.OrdinalIgnoreCase))
            return Bytes(command[IndexOf(command, "STREAMS") + 1]);
        // EVAL script numkeys key …
        if (name.Equals("EVAL", StringComparison.OrdinalIgnoreCase))
            return Bytes(command[3]);
        return Bytes(command[AfterSubcommand.Contains(name) ? 2 : 1]);
    }

    private static int IndexOf(ReadOnlySpan<object> command, string word)
    {
        for (var i = 1; i < command.Length; i++)
        {
            if (Text(command[i]).Equals(word, StringComparison.OrdinalIgnoreCase))
                return i;
        }

        throw new ArgumentException($"{command[0]} has no {word}.", nameof(command));
    }

    private static string Text(object argument) => Encoding.Latin1.GetString(Bytes(argument));

    private static byte[] Bytes(object argument) => RespClient.Encode(argument);
}
