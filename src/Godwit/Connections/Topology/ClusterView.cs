using System.Collections.Frozen;
using Godwit.Endpoints;

namespace Godwit.Connections.Topology;

/// <summary>A cluster as one of its nodes sees it.</summary>
/// <param name="Nodes">All nodes that have an address.</param>
/// <param name="Moving">Slots that are on their way.</param>
internal sealed record ClusterView(IReadOnlyList<ClusterNode> Nodes, IReadOnlySet<int> Moving)
{
    /// <summary>Slots that belong to primaries without an address, and to no node that has one.</summary>
    public IReadOnlyList<SlotRange> Lost { get; init; } = [];

    /// <summary>The highest epoch of any node: who knows of a higher one knows of later changes.</summary>
    public long HighestEpoch => Nodes.Count == 0 ? 0 : Nodes.Max(node => node.ConfigEpoch);

    /// <summary>Not all of these slots belong to a primary that has an address.</summary>
    public bool IsWithoutOwner(SlotRange slots) =>
        Enumerable
            .Range(slots.First, slots.Count)
            .Any(slot =>
                !Nodes.Any(node => node.IsPrimary && node.Slots.Any(range => range.First <= slot && slot <= range.Last))
            );

    /// <summary>Takes a node's answer.</summary>
    public static ClusterView Of(IReadOnlyList<ClusterNode> nodes) =>
        new(nodes, nodes.SelectMany(node => node.Leaving.Concat(node.Coming)).ToFrozenSet());

    /// <summary>The shards that own slots.</summary>
    public ShardMap ToMap(long version) =>
        new(
            version,
            [
                .. Nodes
                    .Where(node => node.IsPrimary && node.Slots.Count > 0)
                    .OrderBy(node => node.Slots[0].First)
                    .Select(node => new Shard(
                        node.Id,
                        node.Endpoint,
                        [
                            .. Nodes
                                .Where(other =>
                                    other is { IsPrimary: false, IsFailing: false } && other.PrimaryId == node.Id
                                )
                                .Select(other => other.Endpoint),
                        ],
                        node.Slots,
                        node.ConfigEpoch
                    )),
            ],
            Moving
        );

    /// <summary>Whom to ask next time: those who answer best first, and at last the one whom the user named.</summary>
    public IReadOnlyList<RedisEndpoint> Addresses(RedisEndpoint named) =>
        [
            .. Nodes
                .OrderBy(node => node.IsFailing)
                .ThenByDescending(node => node.IsPrimary)
                .Select(node => node.Endpoint)
                .Append(named)
                .Distinct(),
        ];
}
