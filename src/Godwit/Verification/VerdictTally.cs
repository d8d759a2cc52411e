using Godwit.Verification.Differences;

namespace Godwit.Verification;

/// <summary>Counts what is equal, and keeps what is not.</summary>
/// <param name="showValues">Whether the report shows what differs.</param>
internal sealed class VerdictTally(bool showValues) : IVerdicts
{
    private readonly Dictionary<byte[], Suspect> _again = new(ReferenceEqualityComparer.Instance);
    private long _compared;
    private long _equal;

    /// <summary>Keys of the source that were looked at. May be read from any thread.</summary>
    public long Compared => Volatile.Read(ref _compared);

    /// <summary>Those that are equal. May be read from any thread.</summary>
    public long AreEqual => Volatile.Read(ref _equal);

    /// <summary>Takes what differs.</summary>
    public required SuspectList Suspects { get; set; }

    /// <summary>A live migration is at work: the records that it keeps at the target are no keys of its user's. Default: off.</summary>
    public bool LeavesOutRecords { get; init; }

    /// <summary>True of an expiry that a live migration holds back, and will set to what it is meant to be.</summary>
    public Func<Difference, bool> IsHeldBack { get; init; } = _ => false;

    /// <summary>Keys that are looked at again, so that each can be held against what it was before.</summary>
    public void Expect(IReadOnlyList<Suspect> suspects)
    {
        _again.Clear();
        foreach (var suspect in suspects)
            _again.Add(suspect.Key, suspect);
    }

    /// <inheritdoc/>
    public void Equal(byte[] key)
    {
        if (!_again.TryGetValue(key, out var before))
            Interlocked.Increment(ref _compared);
        if (before is not { IsOfTarget: true })
            Interlocked.Increment(ref _equal);
    }

    /// <inheritdoc/>
    public void Gone(byte[] key)
    {
        if (_again.TryGetValue(key, out var before) && !before.IsOfTarget)
            Interlocked.Decrement(ref _compared);
    }

    /// <inheritdoc/>
    public void Different(DatabasePair databases, byte[] key, Difference difference)
    {
        if (LeavesOutRecords && RunningMigration.IsRecord(key, difference))
            return;

        // Of a key that is all: its value is the same, or that would be what differs. Behind a field's expiry others may hide.
        if (difference.Place is null && IsHeldBack(difference))
        {
            Equal(key);
            return;
        }

        _again.TryGetValue(key, out var before);
        var isOfTarget = before?.IsOfTarget ?? (difference.Kind == DifferenceKind.Extra);
        var fingerprint = difference.Fingerprint;
        var isNew = Suspects.Add(
            new Suspect(
                databases,
                key,
                difference.Kind,
                fingerprint,
                DifferenceLine.OfKey(databases, key, difference, showValues)
            )
            {
                HasMoved = before is not null && before.Fingerprint != fingerprint,
                IsOfTarget = isOfTarget,
            }
        );
        if (isNew && before is null && !isOfTarget)
            Interlocked.Increment(ref _compared);
    }
}
