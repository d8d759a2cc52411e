using Godwit.Connections;
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
}
