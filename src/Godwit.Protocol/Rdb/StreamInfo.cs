namespace Godwit.Protocol.Rdb;

/// <summary>What a stream knows of itself beyond its entries.</summary>
/// <param name="Length">Entries that are there now.</param>
/// <param name="LastId">The greatest id that was ever added.</param>
/// <param name="FirstId">The first entry's id; 0-0 where empty. Null in files before Redis 7.0.</param>
/// <param name="MaxDeletedId">The greatest id that was ever deleted, or 0-0. Null in files before Redis 7.0.</param>
/// <param name="EntriesAdded">Entries ever added. Null in files before Redis 7.0.</param>
public readonly record struct StreamInfo(
    ulong Length,
    StreamId LastId,
    StreamId? FirstId,
    StreamId? MaxDeletedId,
    ulong? EntriesAdded
);
