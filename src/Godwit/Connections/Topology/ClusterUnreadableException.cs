using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Connections.Topology;

/// <summary>A node's description of its cluster is none that we know.</summary>
internal sealed class ClusterUnreadableException(RedisEndpoint node, FormatException cause)
    : GodwitException(
        $"{node} describes its cluster in a way that cannot be read: {cause.Message}",
        "Check with CLUSTER NODES what it answers; a proxy in front of it may change that.",
        cause
    );
