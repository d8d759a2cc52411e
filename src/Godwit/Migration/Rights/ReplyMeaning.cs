namespace Godwit.Migration.Rights;

/// <summary>What the error that a server answers a command with says of our rights.</summary>
internal static class ReplyMeaning
{
    /// <summary>Reads the error; <see cref="Permission.Unknown"/> for one that says nothing of rights.</summary>
    /// <remarks>
    /// Source: <c>src/server.c</c>, processCommand: existence, number of arguments, rights, a cluster's redirections, memory,
    /// disk, replicas, role, loading, in this order. Whatever comes behind the rights says that those were in order.
    /// </remarks>
    public static Permission Of(string error)
    {
        var code = error.Split(' ', 2)[0];
        return code switch
        {
            "NOPERM" => error.Contains(" key", StringComparison.Ordinal) ? Permission.OtherKeys : Permission.Refused,
            "MOVED" or "ASK" or "CROSSSLOT" or "CLUSTERDOWN" or "TRYAGAIN" => Permission.Permitted,
            "OOM" or "MISCONF" or "NOREPLICAS" or "READONLY" or "MASTERDOWN" or "LOADING" => Permission.Blocked,
            // EXEC itself, within a transaction (6.2).
            "EXECABORT" when error.Contains(" NOPERM ", StringComparison.Ordinal) => Permission.Refused,
            _ when IsUnknownCommand(error) => Permission.Missing,
            _ => Permission.Unknown,
        };
    }

    // "ERR unknown command", "ERR Unknown subcommand or wrong number of arguments" (6.0), "ERR unknown subcommand" (7.0).
    private static bool IsUnknownCommand(string error) =>
        error.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
        || error.Contains("unknown subcommand", StringComparison.OrdinalIgnoreCase);
}
