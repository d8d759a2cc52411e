using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>Reads everything out of a cluster: what its primaries hold together.</summary>
internal static class ClusterStateReader
{
    /// <exception cref="ClusterStateException">
    /// A key is where it should not be, or the primaries have other functions: clients would not find them.
    /// </exception>
    public static ServerState Read(TestCluster cluster)
    {
        var owners = cluster.Owners();
        Dictionary<KeyName, KeyState> keys = [];
        ServerState? first = null;
        foreach (var primary in cluster.Primaries)
        {
            CheckPlaces(primary, cluster.Databases, owners);
            var state = ServerStateReader.Read(primary.Client, cluster.Databases);
            first ??= state;
            CheckFunctions(primary, first, state);
            foreach (var (name, key) in state.Keys)
                keys.Add(name, key);
        }

        return first! with
        {
            Keys = keys,
        };
    }

    /// <summary>A node does not let anybody read a key of a slot that it does not own, but tells its name.</summary>
    private static void CheckPlaces(ClusterNode primary, int databases, IReadOnlyDictionary<int, ClusterNode> owners)
    {
        for (var database = 0; database < databases; database++)
        {
            primary.Client.Call("SELECT", database);
            foreach (var name in (object?[])primary.Client.Call("KEYS", "*")!)
            {
                var slot = HashSlot.Of((byte[])name!);
                if (!owners.TryGetValue(slot, out var owner) || owner != primary)
                {
                    throw new ClusterStateException(
                        $"{new KeyName(database, Bytes.Text(name))} of slot {slot} is on the node at port {primary.Port}, "
                            + $"but the slot is owned by {(owner is null ? "nobody" : $"the one at {owner.Port}")}"
                    );
                }
            }
        }
    }

    private static void CheckFunctions(ClusterNode primary, ServerState first, ServerState state)
    {
        var same =
            first.Functions.Count == state.Functions.Count
            && state.Functions.All(library =>
                first.Functions.TryGetValue(library.Key, out var code) && code == library.Value
            );
        if (!same)
            throw new ClusterStateException(
                $"the functions on the node at port {primary.Port} differ from the others'"
            );
    }
}
