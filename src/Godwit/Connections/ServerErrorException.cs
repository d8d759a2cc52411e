using System.Text;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Connections;

/// <summary>A server answered a command with an error. The connection is still in order.</summary>
internal sealed class ServerErrorException : GodwitException
{
    // Servers' errors are one sentence. What is much longer has something else in it.
    private const int MaxMessageLength = 300;

    // "ERR unknown command 'x', with args beginning with: 'key' 'value'": the arguments are the user's data.
    private const string Arguments = ", with args beginning with:";

    private ServerErrorException(RedisEndpoint endpoint, string command, string code, string serverMessage)
        : base($"{endpoint} refused {command}: {serverMessage}", Advice(code, command))
    {
        Endpoint = endpoint.ToString();
        Address = endpoint.Address;
        Command = command;
        Code = code;
        ServerMessage = serverMessage;
    }

    /// <summary>The endpoint's URI, without secrets.</summary>
    public string Endpoint { get; }

    /// <summary>The server's <see cref="RedisEndpoint.Address"/>.</summary>
    public string Address { get; }

    /// <summary>The command's name, with its subcommand where it is a container such as CLIENT.</summary>
    public string Command { get; }

    /// <summary>The error's first word: NOPERM, OOM, READONLY, or ERR for those without a code of their own.</summary>
    public string Code { get; }

    /// <summary>The server's own words, the code among them, without arguments that it repeats.</summary>
    public string ServerMessage { get; }

    /// <summary>The same may work when it is tried again later, with nothing changed.</summary>
    public bool IsTransient => Code is "LOADING" or "BUSY" or "TRYAGAIN" or "CLUSTERDOWN" or "MASTERDOWN";

    /// <summary>A cluster's node says so of a key that another one has, or may have, or that it cannot tell now.</summary>
    public bool SendsElsewhere => Code is "MOVED" or "ASK" || IsTransient;

    /// <summary>The error that a reply is.</summary>
    /// <param name="endpoint">Who answered.</param>
    /// <param name="command">The command's name alone, without its arguments.</param>
    /// <param name="error">The error's text, as in <see cref="RespToken.Bytes"/> and <see cref="RespValue.Bytes"/>.</param>
    public static ServerErrorException Of(RedisEndpoint endpoint, string command, ReadOnlySpan<byte> error)
    {
        var message = Clean(error);
        return new ServerErrorException(endpoint, command, CodeOf(message), message);
    }

    /// <summary>The first word of an error, where it is in capitals; else <c>ERR</c>.</summary>
    public static string CodeOf(string message)
    {
        var end = message.IndexOf(' ', StringComparison.Ordinal);
        var word = end < 0 ? message : message[..end];
        return word.Length > 0 && word.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_')
            ? word
            : "ERR";
    }

    /// <summary>An error's text as it may be shown: one line, without the arguments that it repeats.</summary>
    public static string Clean(ReadOnlySpan<byte> error)
    {
        var text = Encoding.UTF8.GetString(error[..Math.Min(error.Length, MaxMessageLength)]);
        var arguments = text.IndexOf(Arguments, StringComparison.Ordinal);
        if (arguments >= 0)
            text = text[..arguments];
        return string.Create(
            text.Length,
            text,
            static (line, source) =>
            {
                for (var i = 0; i < line.Length; i++)
                    line[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        );
    }

    private static string? Advice(string code, string command) =>
        code switch
        {
            "NOPERM" =>
                $"Give the user the right to run it (ACL SETUSER name +{command.Replace(' ', '|').ToLowerInvariant()}), or connect as another user.",
            "NOAUTH" => ConnectionFailure.GivePassword,
            "OOM" => "Raise the server's maxmemory, or make room.",
            "READONLY" => "This is a replica: name its primary instead.",
            "LOADING" => "The server is still loading its data: try again when it is done.",
            "BUSY" => "A script keeps the server busy: try again when it has ended (SCRIPT KILL ends it).",
            "CLUSTERDOWN" => "Mend the cluster first (CLUSTER INFO says what it is).",
            "MISCONF" => "The server cannot save to its disk and therefore takes no writes: look into its log.",
            "NOREPLICAS" => "The server wants more replicas before it takes writes (min-replicas-to-write).",
            "ERR" when command == "SELECT" =>
                "Give the server as many databases as the source has (databases in its configuration), or send that one elsewhere (--map-db).",
            _ => null,
        };
}
