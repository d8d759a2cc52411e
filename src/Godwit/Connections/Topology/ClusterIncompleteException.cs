using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Connections.Topology;

/// <summary>A cluster has slots whose server nobody can find: their keys would be passed over.</summary>
internal sealed class ClusterIncompleteException(RedisEndpoint node, IReadOnlyList<SlotRange> slots)
    : GodwitException(
        $"{node} has lost the address of the server that holds the slots {string.Join(", ", slots)}: their keys cannot be reached",
        "Mend the cluster first (CLUSTER NODES says noaddr; CLUSTER MEET ADDRESS PORT tells it where that server is), or name another of its nodes."
    );
