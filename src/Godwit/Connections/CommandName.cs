using Godwit.Protocol.Resp;

namespace Godwit.Connections;

/// <summary>What a command is called in messages: its name, without arguments, which may be values or secrets.</summary>
internal static class CommandName
{
    // Commands whose second word is a part of the name.
    private static readonly HashSet<string> Containers = new(StringComparer.OrdinalIgnoreCase)
    {
        "ACL",
        "CLIENT",
        "CLUSTER",
        "COMMAND",
        "CONFIG",
        "DEBUG",
        "FUNCTION",
        "LATENCY",
        "MEMORY",
        "MODULE",
        "OBJECT",
        "PUBSUB",
        "SCRIPT",
        "SENTINEL",
        "SLOWLOG",
        "XGROUP",
        "XINFO",
    };

    /// <summary>The name of a command: one word, or two for a container such as <c>CLIENT SETNAME</c>.</summary>
    public static string Of(ReadOnlySpan<RespArgument> command)
    {
        if (command.IsEmpty || command[0].Text is not { } name)
            return "a command";
        return command.Length > 1 && Containers.Contains(name) && command[1].Text is { } subcommand
            ? $"{name} {subcommand}"
            : name;
    }
}
