namespace Godwit.Migration.Rights;

/// <summary>Whether a server would run a command for us.</summary>
internal enum Permission
{
    /// <summary>Nobody said.</summary>
    Unknown,

    /// <summary>It would.</summary>
    Permitted,

    /// <summary>The command, but not on this key.</summary>
    OtherKeys,

    /// <summary>The user's rights do not cover the command.</summary>
    Refused,

    /// <summary>The server does not have it.</summary>
    Missing,

    /// <summary>The user may, but the server runs nothing of the kind now: it is full, a replica, cannot save.</summary>
    Blocked,
}

/// <summary>A server's answer to the question whether it would run a command.</summary>
/// <param name="Command">The command's name, with its subcommand where it is a container.</param>
/// <param name="Permission">What the answer means.</param>
/// <param name="Reply">The server's words; empty where it had none.</param>
internal sealed record CommandAnswer(string Command, Permission Permission, string Reply)
{
    /// <summary>It would run it, for some keys at least.</summary>
    public bool IsPermitted => Permission is Permission.Permitted or Permission.OtherKeys;

    /// <summary>As ACL SETUSER wants it: <c>+function|load</c>. Of XGROUP all that it can do is needed.</summary>
    public string Rule =>
        Command.StartsWith("XGROUP ", StringComparison.Ordinal)
            ? "+xgroup"
            : $"+{Command.Replace(' ', '|').ToLowerInvariant()}";
}
