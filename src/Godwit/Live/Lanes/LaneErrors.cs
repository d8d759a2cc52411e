using System.Text;
using Godwit.Connections;
using Godwit.Endpoints;

namespace Godwit.Live.Lanes;

/// <summary>Tells errors that pass by themselves, or when somebody makes room, from those that will be the same each time.</summary>
internal static class LaneErrors
{
    private const string DiscardedBecause = "EXECABORT Transaction discarded because of: ";

    private static readonly string[] Passing =
    [
        "OOM",
        "READONLY",
        "LOADING",
        "MISCONF",
        "NOREPLICAS",
        "BUSY",
        "MASTERDOWN",
        "CLUSTERDOWN",
        "TRYAGAIN",
    ];

    /// <summary>True if the same may be taken later, with nothing changed by us.</summary>
    public static bool MayPass(string error)
    {
        var cause = error.StartsWith(DiscardedBecause, StringComparison.Ordinal)
            ? error[DiscardedBecause.Length..]
            : error;
        return Passing.Contains(ServerErrorException.CodeOf(cause));
    }

    /// <summary>The error, to be thrown.</summary>
    public static ServerErrorException Exception(RedisEndpoint target, LaneError error) =>
        ServerErrorException.Of(target, "a change", Encoding.UTF8.GetBytes(error.Text));
}
