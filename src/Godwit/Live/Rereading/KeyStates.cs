using Godwit.Batches;

namespace Godwit.Live.Rereading;

/// <summary>What some keys of a source were at one moment of its history. Owns its batch.</summary>
/// <param name="ReplicationId">Names the history.</param>
/// <param name="Offset">The moment in it: every change up to there is in what was read, none behind it.</param>
/// <param name="Present">The keys that were there.</param>
/// <param name="Missing">The names of those that were not.</param>
internal sealed record KeyStates(string ReplicationId, long Offset, EntryBatch Present, IReadOnlyList<byte[]> Missing)
    : IDisposable
{
    /// <summary>The names of all.</summary>
    public IEnumerable<byte[]> Keys
    {
        get
        {
            for (var i = 0; i < Present.Count; i++)
                yield return Present.Key(Present.Entries[i]).ToArray();
            foreach (var name in Missing)
                yield return name;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Present.Dispose();
}
