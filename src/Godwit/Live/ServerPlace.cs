namespace Godwit.Live;

/// <summary>How far the job is with one server that is followed.</summary>
/// <param name="Server">Its URI, without secrets.</param>
/// <param name="ReplicationId">Names the history that the offset counts in.</param>
/// <param name="Offset">All changes up to there are at the target.</param>
/// <param name="LagBytes">Bytes that the server was ahead when it was asked last; null if it did not say.</param>
internal sealed record ServerPlace(string Server, string ReplicationId, long Offset, long? LagBytes);
