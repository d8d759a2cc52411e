using System.Globalization;

namespace Godwit.Planning.Replication;

/// <summary>What a server lets wait for a replica before it cuts that off. 0 is no limit.</summary>
/// <param name="Hard">Bytes that may never wait.</param>
/// <param name="Soft">Bytes that may not wait for longer than <paramref name="SoftTime"/>.</param>
/// <param name="SoftTime">How long.</param>
internal readonly record struct ReplicaBufferLimit(long Hard, long Soft, TimeSpan SoftTime)
{
    /// <summary>Reads <c>normal 0 0 0 slave 268435456 67108864 60 pubsub …</c>; null if it says nothing of replicas.</summary>
    public static ReplicaBufferLimit? TryParse(string setting)
    {
        var words = setting.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var at = Array.FindIndex(words, word => word is "slave" or "replica");
        if (
            at < 0
            || at + 3 >= words.Length
            || !TryParse(words[at + 1], out var hard)
            || !TryParse(words[at + 2], out var soft)
            || !TryParse(words[at + 3], out var seconds)
        )
        {
            return null;
        }

        return new ReplicaBufferLimit(hard, soft, TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)));
    }

    /// <summary>After what time at so many bytes a second a replica that takes nothing is cut off; null for never.</summary>
    public TimeSpan? Lasts(double bytesPerSecond)
    {
        double? hard = Hard > 0 ? Hard / bytesPerSecond : null;
        double? soft = Soft > 0 ? (Soft / bytesPerSecond) + SoftTime.TotalSeconds : null;
        var first =
            hard is null ? soft
            : soft is null ? hard
            : Math.Min(hard.Value, soft.Value);
        return first is { } seconds
            ? TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(365).TotalSeconds))
            : null;
    }

    private static bool TryParse(string word, out long number) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
