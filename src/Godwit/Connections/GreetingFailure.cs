using Godwit.Endpoints;

namespace Godwit.Connections;

/// <summary>The words for each way in which a server does not let us in.</summary>
internal static class GreetingFailure
{
    /// <summary>The error for a log-in that was refused with <paramref name="message"/>.</summary>
    public static ConnectionException Login(RedisEndpoint endpoint, string message)
    {
        var (why, whatToDo) = ServerErrorException.CodeOf(message) switch
        {
            "NOAUTH" => ("it asks for a password, and none was given", ConnectionFailure.GivePassword),
            "WRONGPASS" => ("user or password are wrong, or the user is disabled", ConnectionFailure.GivePassword),
            _ when IsWithoutPassword(message) => (
                "a password was given, and it has none set",
                "Leave the password out, or check that this is the server that you mean."
            ),
            _ when message.StartsWith("ERR invalid password", StringComparison.Ordinal) => (
                "the password is wrong",
                ConnectionFailure.GivePassword
            ),
            _ when endpoint.User is not null && message.Contains("wrong number of arg", StringComparison.Ordinal) => (
                "a user was given, and it has no users: it is older than Redis 6.0",
                "Leave the user out, and give the password alone."
            ),
            _ => (message, ConnectionFailure.GivePassword),
        };
        return new(
            endpoint,
            ConnectionStage.Authenticate,
            $"{endpoint} did not let us in: {why}",
            whatToDo,
            isTransient: false
        );
    }

    /// <summary>The error for a database that was refused with <paramref name="message"/>.</summary>
    public static ConnectionException Select(RedisEndpoint endpoint, int database, string message) =>
        ServerErrorException.CodeOf(message) is "NOAUTH"
            ? Login(endpoint, message)
            : new(
                endpoint,
                ConnectionStage.Select,
                $"{endpoint} has no database {database} for us: {message}",
                "Name a database that it has (its setting is databases); a cluster mostly has database 0 alone.",
                isTransient: false
            );

    /// <summary>Throws where the first answer means that the server does not talk to us at all.</summary>
    public static void ThrowIfTurnedAway(RedisEndpoint endpoint, string message)
    {
        if (ServerErrorException.CodeOf(message) is "DENIED")
        {
            throw new ConnectionException(
                endpoint,
                ConnectionStage.Connect,
                $"{endpoint} turned us away: it is in protected mode, and takes connections from its own host alone",
                "Set a password at the server, or run there.",
                isTransient: false
            );
        }

        if (message.StartsWith("ERR max number of clients", StringComparison.Ordinal))
        {
            throw new ConnectionException(
                endpoint,
                ConnectionStage.Connect,
                $"{endpoint} turned us away: it has as many clients as it takes",
                "Close some, raise its maxclients, or ask for fewer connections with --connections.",
                isTransient: true
            );
        }
    }

    // From Redis 6.0 on the first; before, the second.
    private static bool IsWithoutPassword(string message) =>
        message.Contains("without any password configured", StringComparison.Ordinal)
        || message.Contains("no password is set", StringComparison.Ordinal);
}
