using Godwit.Endpoints;

namespace Godwit.Connections.Topology;

/// <summary>A node of a cluster, as one of its nodes described it.</summary>
internal sealed record ClusterNode
{
    /// <summary>Its name for life: 40 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Where to reach it, with our user, password and TLS.</summary>
    public required RedisEndpoint Endpoint { get; init; }

    /// <summary>It is the one who answered.</summary>
    public bool IsMyself { get; init; }

    /// <summary>It owns slots, or may. Else it is a replica.</summary>
    public required bool IsPrimary { get; init; }

    /// <summary>Id of the primary that it is a replica of; null for a primary.</summary>
    public string? PrimaryId { get; init; }

    /// <summary>The one who answered cannot reach it, or all agree that nobody can.</summary>
    public bool IsFailing { get; init; }

    /// <summary>Grows with each take-over of slots: of two who claim a slot, the higher one has it.</summary>
    public long ConfigEpoch { get; init; }

    /// <summary>The slots that it owns.</summary>
    public IReadOnlyList<SlotRange> Slots { get; init; } = [];

    /// <summary>Slots that are just leaving it. Only a node itself tells of these.</summary>
    public IReadOnlyList<int> Leaving { get; init; } = [];

    /// <summary>Slots that are just coming to it. Only a node itself tells of these.</summary>
    public IReadOnlyList<int> Coming { get; init; } = [];
}
