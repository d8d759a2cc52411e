using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Running;

/// <summary>Makes one server a replica of another.</summary>
internal static class Replication
{
    /// <summary>Returns when the replica has the primary's snapshot.</summary>
    public static async Task FollowAsync(RespClient replica, int primaryPort)
    {
        replica.Call("REPLICAOF", "127.0.0.1", primaryPort);
        await Wait.UntilAsync(
            () => replica.Text("INFO", "replication").Contains("master_link_status:up", StringComparison.Ordinal),
            "the replica has caught up"
        );
    }
}
