using Godwit.Live;

namespace Godwit.Migration;

/// <summary>A migration as it stands at one moment.</summary>
/// <param name="Keys">What became of the keys so far.</param>
/// <param name="BytesRead">Bytes that came from the source so far.</param>
/// <param name="ExpectedKeys">Keys in all, as the source counts or the file hints; null if not known.</param>
/// <param name="ExpectedBytes">Bytes in all; null if not known.</param>
/// <param name="Phase">A few words: what it does now, such as <c>copying</c>.</param>
internal readonly record struct MigrationProgress(
    KeyCounts Keys,
    long BytesRead,
    long? ExpectedKeys,
    long? ExpectedBytes,
    string Phase
)
{
    /// <summary>How following the source's changes stands; null while it does not.</summary>
    public LiveCounts? Live { get; init; }
}

/// <summary>Takes what a migration has to say while it runs. Calls may come from any thread.</summary>
internal interface IMigrationLog
{
    /// <summary>Something worth knowing: what the preflight found, which way is taken and why.</summary>
    void Info(string message);

    /// <summary>Something that its user should look at.</summary>
    void Warn(string message);
}
