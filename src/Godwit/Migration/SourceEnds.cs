namespace Godwit.Migration;

/// <summary>The sources as the checks before the first write see them.</summary>
/// <param name="Live">Their servers; of a cluster each shard's primary.</param>
/// <param name="HasFiles">There are files too, of which nobody knows what is in them.</param>
/// <param name="Count">How many sources there are, each file being one: it may have what another file has.</param>
internal sealed record SourceEnds(IReadOnlyList<LiveEnd> Live, bool HasFiles, int Count)
{
    /// <summary>There is more than one, so that a key may be in several.</summary>
    public bool AreSeveral => Count > 1;
}
