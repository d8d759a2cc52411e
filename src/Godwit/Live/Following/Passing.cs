using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Live.Lanes;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Live.Following;

/// <summary>Tells what may pass by itself, with nothing changed by us.</summary>
internal static class Passing
{
    /// <summary>True if it may.</summary>
    public static bool IsOf(GodwitException exception) =>
        exception switch
        {
            ConnectionException connection => connection.IsTransient,
            ServerErrorException error => LaneErrors.MayPass(error.ServerMessage),
            TargetFullException => true,
            _ => false,
        };

    /// <summary>True if it may, and it is this server's.</summary>
    public static bool IsOf(GodwitException exception, RedisEndpoint server)
    {
        // A connection of ours may name another database than its user did.
        var names = new[] { server.ToString(), (server with { Database = null }).ToString() };
        return IsOf(exception)
            && exception switch
            {
                ConnectionException connection => names.Contains(connection.Endpoint),
                ServerErrorException error => names.Contains(error.Endpoint),
                _ => false,
            };
    }
}
