using Godwit.Migration.Throttle;

namespace Godwit.Verification;

/// <summary>Makes groups of keys that are bounded in number and bytes; keys that are large are set apart.</summary>
/// <param name="options">What is large.</param>
/// <param name="pace">A group is no larger than what this gives at once.</param>
internal sealed class GroupLimits(VerificationOptions options, SourcePace pace)
{
    // A side holds two groups: one that is compared, one that is on its way.
    private const int ShareOfMemory = 32;

    // Enough to hide the way there and back.
    private const int MostKeys = 1024;

    private readonly long _mostBytes = Math.Min(
        options.MaxMemory / ShareOfMemory,
        pace.Bytes?.Quantum ?? long.MaxValue
    );
    private readonly int _mostKeys = Math.Min(MostKeys, pace.Keys?.Quantum ?? int.MaxValue);

    /// <summary>Memory from which on a key is large.</summary>
    private long Large => Math.Min(options.LargeValue, options.MaxMemory / ShareOfMemory);

    /// <summary>Makes the groups, in the keys' order.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="sizes">The memory of each.</param>
    public IEnumerable<KeyGroup> Split(byte[][] keys, long[] sizes)
    {
        // As it nearly always is.
        if (keys.Length <= _mostKeys && sizes.Sum() <= _mostBytes && sizes.All(size => size < Large))
        {
            yield return new KeyGroup(keys, []);
            yield break;
        }

        var small = new List<byte[]>();
        var large = new List<byte[]>();
        long bytes = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            if (sizes[i] >= Large)
            {
                large.Add(keys[i]);
                continue;
            }

            if (small.Count > 0 && (small.Count == _mostKeys || bytes + sizes[i] > _mostBytes))
            {
                yield return new KeyGroup([.. small], []);
                small.Clear();
                bytes = 0;
            }

            small.Add(keys[i]);
            bytes += sizes[i];
        }

        yield return new KeyGroup([.. small], large);
    }
}
