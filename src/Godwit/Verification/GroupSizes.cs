using System.Runtime.CompilerServices;
using Godwit.Migration.Throttle;
using Godwit.Sources.Scan;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification;

/// <summary>
/// Asks both sides how much memory keys take, and makes groups of them that are bounded in bytes. Keys that are large on
/// either side are set apart.
/// </summary>
/// <param name="source">One side.</param>
/// <param name="target">The other.</param>
/// <param name="options">What is large.</param>
/// <param name="pace">A group is no larger than what this gives at once.</param>
internal sealed class GroupSizes(KeyspaceView source, KeyspaceView target, VerificationOptions options, SourcePace pace)
{
    // What a short string takes at most, with its name and what is kept about it.
    private const int RoomOfString = ShortStringReader.Longest + 256;

    private readonly GroupLimits _limits = new(options, pace);

    /// <summary>Makes the groups of the keys of one database.</summary>
    /// <param name="databases">Which.</param>
    /// <param name="names">The keys.</param>
    /// <param name="guess">Keys that are likely to be short strings are not measured.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<KeyGroup> GroupAsync(
        DatabasePair databases,
        IAsyncEnumerable<byte[][]> names,
        StringGuess guess,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var keys in names.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            while (guess.TryTakeWrong(out var others))
            {
                await foreach (var group in MeasureAsync(databases, others, cancellationToken).ConfigureAwait(false))
                    yield return group;
            }

            if (guess.Expects)
            {
                var rooms = new long[keys.Length];
                Array.Fill(rooms, RoomOfString);
                foreach (var group in _limits.Split(keys, rooms))
                    yield return group with
                    {
                        AreStrings = true,
                    };
                continue;
            }

            await foreach (var group in MeasureAsync(databases, keys, cancellationToken).ConfigureAwait(false))
                yield return group;
        }

        while (guess.TryTakeWrong(out var others))
        {
            await foreach (var group in MeasureAsync(databases, others, cancellationToken).ConfigureAwait(false))
                yield return group;
        }
    }

    private async IAsyncEnumerable<KeyGroup> MeasureAsync(
        DatabasePair databases,
        byte[][] keys,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var sizes = new long[keys.Length];
        await source.MeasureAsync(databases.Source, keys, sizes, cancellationToken).ConfigureAwait(false);
        await target.MeasureAsync(databases.Target, keys, sizes, cancellationToken).ConfigureAwait(false);
        foreach (var group in _limits.Split(keys, sizes))
            yield return group;
    }
}
