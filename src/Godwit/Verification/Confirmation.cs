using Godwit.Verification.Differences;
using Godwit.Verification.Pairs;

namespace Godwit.Verification;

/// <summary>
/// The last look at what differs: both sides are asked to tell whether a key changes from just before it is read until a while
/// after. What differs and held still on both sides so long is different; what never holds still is moving. Without this, a
/// key that goes back and forth between two states could be caught in the same two each time.
/// </summary>
/// <param name="sides">Both sides.</param>
/// <param name="migration">The live migration between them; null if none is at work.</param>
/// <param name="tally">Is told of each key.</param>
/// <param name="timeProvider">The clock.</param>
/// <remarks>
/// With a live migration at work the keys must hold still until it has passed on all that the source had done when they were read.
/// Then what the target has is what becomes of what the source had, and a difference is one for certain.
/// </remarks>
internal sealed class Confirmation(
    SidePair sides,
    RunningMigration? migration,
    VerdictTally tally,
    TimeProvider timeProvider
)
{
    /// <summary>More differences than this are no keys caught on their way, and are not confirmed one by one.</summary>
    public const long Most = 10_000;

    // Longer than a change takes to reach a replica nearby, short enough that a key that is written now and then holds still.
    private static readonly TimeSpan HoldStill = TimeSpan.FromMilliseconds(200);

    // A group of which one key moved is looked at in so many parts.
    private const int Parts = 8;

    private const int MostAttempts = 4;

    /// <summary>Looks at some keys of one database.</summary>
    public async Task RunAsync(IReadOnlyList<Suspect> suspects, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var isWatched = await sides.WatchAsync(suspects, cancellationToken).ConfigureAwait(false);
            var found = new VerdictBuffer();
            await sides.CompareAsync(suspects, found, cancellationToken).ConfigureAwait(false);
            var hasPassed =
                !found.HasDifferences || await PassAsync(isWatched, cancellationToken).ConfigureAwait(false);
            var heldStill =
                !isWatched || await sides.EndWatchAsync(suspects[0].Databases, cancellationToken).ConfigureAwait(false);
            var isSettled = (heldStill && hasPassed) || !found.HasDifferences;
            if (isSettled || !hasPassed || (suspects.Count == 1 && attempt == MostAttempts))
            {
                tally.Expect(suspects);
                found.Tell(tally, difference => !isSettled || IsOfHeldField(difference));
                return;
            }

            if (suspects.Count == 1)
                continue;

            foreach (var part in suspects.Chunk((suspects.Count + Parts - 1) / Parts))
                await RunAsync(part, cancellationToken).ConfigureAwait(false);
            return;
        }
    }

    // Others may hide behind it. Of a key the tally knows.
    private bool IsOfHeldField(Difference difference) =>
        difference.Place is not null && migration?.HoldsBack(difference) == true;

    private async Task<bool> PassAsync(bool isWatched, CancellationToken cancellationToken)
    {
        if (migration is null)
        {
            if (isWatched)
                await Task.Delay(HoldStill, timeProvider, cancellationToken).ConfigureAwait(false);
            return true;
        }

        var moment = await migration.NowAsync(cancellationToken).ConfigureAwait(false);
        await Task.Delay(HoldStill, timeProvider, cancellationToken).ConfigureAwait(false);
        return await migration.PassAsync(moment, cancellationToken).ConfigureAwait(false) && isWatched;
    }

    private sealed class VerdictBuffer : IVerdicts
    {
        private readonly List<byte[]> _equal = [];
        private readonly List<byte[]> _gone = [];
        private readonly List<(DatabasePair Databases, byte[] Key, Difference Difference)> _different = [];

        public bool HasDifferences => _different.Count > 0;

        public void Equal(byte[] key) => _equal.Add(key);

        public void Gone(byte[] key) => _gone.Add(key);

        public void Different(DatabasePair databases, byte[] key, Difference difference) =>
            _different.Add((databases, key, difference));

        public void Tell(VerdictTally verdicts, Func<Difference, bool> isMoving)
        {
            foreach (var key in _equal)
                verdicts.Equal(key);
            foreach (var key in _gone)
                verdicts.Gone(key);
            foreach (var (databases, key, difference) in _different)
            {
                verdicts.Different(
                    databases,
                    key,
                    isMoving(difference) ? difference with { Kind = DifferenceKind.Moving } : difference
                );
            }
        }
    }
}
