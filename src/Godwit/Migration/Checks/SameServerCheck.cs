using Godwit.Connections;

namespace Godwit.Migration.Checks;

/// <summary>
/// A server's keys can go from one of its databases to another one. Anything else would be written over itself, and
/// <c>--flush-target</c> would empty the source.
/// </summary>
internal static class SameServerCheck
{
    /// <summary>Looks at a source and a target.</summary>
    public static Finding Of(LiveEnd source, LiveEnd target)
    {
        var (from, to) = (source.Connection.Endpoint, target.Connection.Endpoint);
        var isSame = IsSame(source, target);
        if (isSame && (from.Database is null || to.Database is null || from.Database == to.Database))
        {
            return Finding.Stop(
                CheckNames.SameServer,
                $"The source {from} and the target {to} are the same server",
                "Check the addresses; to copy one database of a server into another one, name both, as in redis://host/0 redis://host/1."
            );
        }

        var follows =
            source.Info.Role == ServerRole.Replica
            && source.Info["master_replid"] is { } history
            && history == target.Info["master_replid"];
        if (!isSame && follows)
        {
            return Finding.Stop(
                CheckNames.SameServer,
                $"The source {from} is a replica of the target {to}, so that whatever is written there comes back to it",
                "Name a target that is not the source's primary."
            );
        }

        return Finding.Ok(
            CheckNames.SameServer,
            isSame ? "Source and target are two databases of one server" : "Source and target are two servers"
        );
    }

    /// <summary>Looks at two sources, of which each key would come twice if they were one.</summary>
    public static Finding Twice(LiveEnd earlier, LiveEnd later)
    {
        var (first, second) = (earlier.Connection.Endpoint, later.Connection.Endpoint);
        var isDisjoint = first.Database is { } one && second.Database is { } other && one != other;
        if (IsSame(earlier, later) && !isDisjoint)
        {
            return Finding.Stop(
                CheckNames.SameServer,
                $"The sources {first} and {second} are the same server, so each of its keys would come twice",
                "Name each server once."
            );
        }

        var isReplica = earlier.Info.Role == ServerRole.Replica || later.Info.Role == ServerRole.Replica;
        var isOneHistory = earlier.Info["master_replid"] is { } history && history == later.Info["master_replid"];
        return isOneHistory && isReplica && !isDisjoint
            ? Finding.Stop(
                CheckNames.SameServer,
                $"One of the sources {first} and {second} is a replica of the other, or both are of a third, so each key would come twice",
                "Name one of them."
            )
            : Finding.Ok(
                CheckNames.SameServer,
                $"The sources {first} and {second} are two servers, or two databases of one"
            );
    }

    private static bool IsSame(LiveEnd one, LiveEnd other)
    {
        var (first, second) = (one.Connection.Endpoint, other.Connection.Endpoint);
        return (one.Info.RunId is { } id && id == other.Info.RunId)
            || (first.Host == second.Host && first.Port == second.Port && first.SocketPath == second.SocketPath);
    }
}
