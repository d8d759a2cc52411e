namespace Godwit.Protocol.Rdb;

/// <summary>An entry of a consumer group that was delivered and not acknowledged, before its consumer is known.</summary>
internal record struct PendingEntry(StreamId Id, long DeliveredAt, ulong Deliveries)
{
    /// <summary>Whether one of the consumers has claimed it.</summary>
    public bool IsOwned { get; set; }
}
