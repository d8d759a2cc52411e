using System.Globalization;
using Godwit.Migration;
using Godwit.Planning.Sampling;

namespace Godwit.Planning;

/// <summary>How long a migration would take, and what that is worked out from.</summary>
internal sealed record Estimate
{
    // What a network of a gigabit carries, without much room to spare.
    private const double LargeValuePace = 100 * 1024 * 1024;

    /// <summary>Keys to be read.</summary>
    public required long Keys { get; init; }

    /// <summary>Bytes to be read, worked out from the sample.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long it would take; null if no keys were timed.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Keys in a second, over all sources.</summary>
    public double? KeysPerSecond { get; init; }

    /// <summary>Bytes that a key takes on its way, on average.</summary>
    public required double BytesPerKey { get; init; }

    /// <summary>Keys that were sampled.</summary>
    public required long SampledKeys { get; init; }

    /// <summary>What is taken for granted.</summary>
    public required string Assumption { get; init; }

    /// <summary>Works it out; null if a source does not tell how many keys it has, or how large they are.</summary>
    /// <param name="sources">Each source that is a server.</param>
    /// <param name="options">The user's limits.</param>
    public static Estimate? Of(IReadOnlyList<SourcePlan> sources, MigrationOptions options)
    {
        if (sources.Count == 0)
            return null;

        var (keys, bytes, perSecond, sampled) = (0L, 0.0, 0.0, 0L);
        TimeSpan? longest = TimeSpan.Zero;
        var hasLarge = false;
        foreach (var source in sources)
        {
            if (source is not { End.Keys: { } count, Sample: { } sample })
                return null;
            if (count == 0)
                continue;
            if (sample.BytesPerKey is not { } size)
                return null;

            keys += count;
            bytes += count * size;
            sampled += sample.Keys.Count;
            perSecond += sample.KeysPerSecond ?? 0;
            hasLarge |= LargeBytes(sample) > 0;
            var time = Time(source, count, size, options);
            longest =
                time is null || longest is null ? null
                : time > longest ? time
                : longest;
        }

        return new Estimate
        {
            Keys = keys,
            Bytes = (long)bytes,
            Duration = longest,
            KeysPerSecond = longest is null || perSecond == 0 ? null : perSecond,
            BytesPerKey = keys > 0 ? bytes / keys : 0,
            SampledKeys = sampled,
            Assumption = Words(hasLarge, sources.Count, options),
        };
    }

    private static TimeSpan? Time(SourcePlan source, long count, double size, MigrationOptions options)
    {
        if (source.Sample!.KeysPerSecond is not { } pace)
            return null;

        var sample = source.Sample;
        var large = sample.Keys.Count > 0 ? LargeBytes(sample) * count / sample.Keys.Count : 0;
        var seconds = (count / pace) + (large / LargeValuePace);
        if (options.MaxKeysPerSecond is { } mostKeys)
            seconds = Math.Max(seconds, (double)count / mostKeys);
        if (options.MaxBytesPerSecond is { } mostBytes)
            seconds = Math.Max(seconds, count * size / mostBytes);
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(3650).TotalSeconds));
    }

    private static double LargeBytes(KeySample sample) =>
        sample.Keys.Where(key => key.PayloadLength is null).Sum(key => (double)(key.Memory ?? 0));

    private static string Words(bool hasLarge, int sources, MigrationOptions options)
    {
        var words =
            "all keys are like the sampled ones, are read no faster than those were by SCAN and DUMP, "
            + "and the target keeps up; a snapshot (sync) mostly takes less";
        if (hasLarge)
            words += "; values above 1 MiB go at 100 MiB/s";
        if (sources > 1)
            words += "; the sources are read side by side";
        if (options.MaxKeysPerSecond is { } keys)
            words += string.Create(CultureInfo.InvariantCulture, $"; at most {keys:N0} keys/s");
        if (options.MaxBytesPerSecond is { } bytes)
            words += $"; at most {new Configuration.ByteSize(bytes)}/s";
        return words;
    }
}
