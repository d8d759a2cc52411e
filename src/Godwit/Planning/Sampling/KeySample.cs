using Godwit.Protocol.Rdb;

namespace Godwit.Planning.Sampling;

/// <summary>One key that was looked at.</summary>
/// <param name="Database">The number of its database.</param>
/// <param name="Name">Its name's bytes.</param>
/// <param name="Type">As the server's TYPE says it.</param>
internal sealed record SampledKey(int Database, byte[] Name, string Type)
{
    /// <summary>Bytes of memory that it takes at the source (MEMORY USAGE); null if the server does not say.</summary>
    public long? Memory { get; init; }

    /// <summary>Length of its DUMP payload in bytes; null if it was not asked for.</summary>
    public int? PayloadLength { get; init; }

    /// <summary>Its type and version as DUMP gives them; null if it was not asked for.</summary>
    public (RdbType Type, RdbVersion Version)? Serialized { get; init; }
}

/// <summary>The keys of one source that were looked at: those that SCAN gives first, which are in no order of names or ages.</summary>
internal sealed record KeySample
{
    /// <summary>Each once.</summary>
    public IReadOnlyList<SampledKey> Keys { get; init; } = [];

    /// <summary>Keys that the user may see, but not read.</summary>
    public int Forbidden { get; init; }

    /// <summary>The server tells how much memory a key takes.</summary>
    public bool HasMemory { get; init; }

    /// <summary>Keys that were read with SCAN and DUMP while the time was taken.</summary>
    public int TimedKeys { get; init; }

    /// <summary>How long that took.</summary>
    public TimeSpan TimedDuration { get; init; }

    /// <summary>Why the sample is not what it could be, without a full stop; null if nothing is wrong with it.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Keys read in a second; null where none were timed.</summary>
    public double? KeysPerSecond =>
        TimedKeys > 0 && TimedDuration > TimeSpan.Zero ? TimedKeys / TimedDuration.TotalSeconds : null;

    /// <summary>Bytes that a key takes on the way, on average: its payload's, or, where that was not asked for, its memory's.</summary>
    public double? BytesPerKey
    {
        get
        {
            var sizes = Keys.Select(key => key.PayloadLength ?? key.Memory).Where(size => size is not null).ToArray();
            return sizes.Length > 0 ? sizes.Average(size => size!.Value) : null;
        }
    }

    /// <summary>Two samples of one source.</summary>
    public KeySample Add(KeySample other) =>
        new()
        {
            Keys = [.. Keys, .. other.Keys],
            Forbidden = Forbidden + other.Forbidden,
            HasMemory = HasMemory && other.HasMemory,
            TimedKeys = TimedKeys + other.TimedKeys,
            TimedDuration = TimedDuration + other.TimedDuration,
            Obstacle = Obstacle ?? other.Obstacle,
        };
}
