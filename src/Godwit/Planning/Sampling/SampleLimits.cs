namespace Godwit.Planning.Sampling;

/// <summary>How far a sample goes at one source.</summary>
internal sealed record SampleLimits
{
    /// <summary>Keys at most, but ten of each database. Default: 2,000.</summary>
    public int Keys { get; init; } = 2000;

    /// <summary>Time at most; the round that is under way then is the last. Default: 2 s.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Values that take more memory than this are not read. Default: 1 MiB.</summary>
    public long LargestValue { get; init; } = 1024 * 1024;

    /// <summary>Bytes of values that are read at most. Default: 32 MiB.</summary>
    public long Bytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>A part of it, for one of several servers or databases.</summary>
    public SampleLimits Share(double part) =>
        this with
        {
            Keys = Math.Max(1, (int)Math.Ceiling(Keys * part)),
            Time = Time * part,
            Bytes = (long)(Bytes * part),
        };
}
