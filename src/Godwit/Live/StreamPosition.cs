namespace Godwit.Live;

/// <summary>A place in the history of a source, from where its stream of changes can be taken up again.</summary>
/// <param name="ReplicationId">40 characters that name the history.</param>
/// <param name="Offset">Bytes of the history up to this place, as <c>master_repl_offset</c> counts them.</param>
/// <param name="Database">
/// The database that is selected there: a primary does not repeat SELECT for one that takes the stream up again.
/// </param>
internal readonly record struct StreamPosition(string ReplicationId, long Offset, int Database);
