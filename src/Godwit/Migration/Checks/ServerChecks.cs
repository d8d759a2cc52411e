using Godwit.Connections;
using Godwit.Protocol.Cluster;

namespace Godwit.Migration.Checks;

/// <summary>What one server must be, whichever end it is.</summary>
internal static class ServerChecks
{
    /// <summary>Looks at a server.</summary>
    /// <param name="end">The server.</param>
    /// <param name="side"><c>source</c> or <c>target</c>.</param>
    public static IEnumerable<Finding> Of(LiveEnd end, string side)
    {
        yield return Mode(end, side);
        yield return end.Info["loading"] == "1"
            ? Finding.Stop(
                CheckNames.Loading,
                $"The {side} {end.Connection.Endpoint} is still loading its data",
                "Try again when it is done."
            )
            : Finding.Ok(CheckNames.Loading, $"The {side} has loaded its data");
    }

    /// <summary>A target takes writes.</summary>
    public static Finding TakesWrites(LiveEnd target) =>
        target.Info.Role == ServerRole.Replica && target.Info["slave_read_only"] != "0"
            ? Finding.Stop(
                CheckNames.Role,
                $"{target.Connection.Endpoint} is a read-only replica of {target.Info["master_host"]}:{target.Info["master_port"]}",
                "Name its primary as the target."
            )
            : Finding.Ok(
                CheckNames.Role,
                target.Info.Role switch
                {
                    ServerRole.Primary => "The target is a primary",
                    ServerRole.Replica => "The target is a replica that takes writes",
                    _ => "The target does not say that it is a replica",
                }
            );

    private static Finding Mode(LiveEnd end, string side) =>
        end.Info.Mode switch
        {
            // A target without an owner for every slot is refused.
            ServerMode.Cluster when side == "source" && end.Topology.Map.UnownedSlots is > 0 and var slots =>
                Finding.Warning(
                    CheckNames.Topology,
                    $"{slots} of the {HashSlot.Count} slots of the source {end.Topology.Named} belong to no server: keys that they had are not read",
                    "If they should hold any, mend the cluster first (CLUSTER INFO says what it is)."
                ),
            ServerMode.Cluster => Finding.Ok(CheckNames.Topology, $"The {side} is a cluster"),
            ServerMode.Sentinel => Finding.Stop(
                CheckNames.Topology,
                $"The {side} {end.Connection.Endpoint} is a Sentinel, which holds no keys",
                "Name the service that it watches over: redis+sentinel://host:26379/service."
            ),
            ServerMode.Standalone => Finding.Ok(CheckNames.Topology, $"The {side} is a standalone server"),
            _ => Finding.Ok(
                CheckNames.Topology,
                $"The {side} does not say that it is anything but a standalone server"
            ),
        };
}
