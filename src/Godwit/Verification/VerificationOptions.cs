using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Transform;

namespace Godwit.Verification;

/// <summary>What of two keys of the same name is compared.</summary>
internal enum VerifyMode
{
    /// <summary>That both are there.</summary>
    Existence,

    /// <summary>That both are there, of the same type and as long.</summary>
    Type,

    /// <summary>That both are there and expire at the same time.</summary>
    Ttl,

    /// <summary>Type, expiry and every element.</summary>
    Full,
}

/// <summary>All that a user can choose about one comparison.</summary>
internal sealed record VerificationOptions
{
    /// <summary>What is right: all of them together.</summary>
    public required IReadOnlyList<Endpoint> Sources { get; init; }

    /// <summary>What is to be like it.</summary>
    public required Endpoint Target { get; init; }

    /// <summary>Which database of the target one of the sources' belongs to. Default: that of its number.</summary>
    public DatabaseMap Databases { get; init; } = DatabaseMap.None;

    /// <summary>The rack of a Dynomite cluster that is read; null: one that is complete.</summary>
    public string? DynomiteRack { get; init; }

    /// <summary>The datacenter of that rack; null: any.</summary>
    public string? DynomiteDatacenter { get; init; }

    /// <summary>What is compared. Default: <see cref="VerifyMode.Full"/>.</summary>
    public VerifyMode Mode { get; init; } = VerifyMode.Full;

    /// <summary>How many of a hundred keys are compared, above 0 and up to 100. Default: all of them.</summary>
    public double SamplePercent { get; init; } = 100;

    /// <summary>How often a difference is looked at before it counts, 1 and up. Default: 3.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Time between two rounds. Default: 2 s.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Milliseconds by which expiries may differ, 0 and up. Default: 1000.</summary>
    public long TtlTolerance { get; init; } = 1000;

    /// <summary>Writes the source's state of what differs to the target. Default: off.</summary>
    public bool Repair { get; init; }

    /// <summary>A repair deletes keys that only the target has. Default: off.</summary>
    public bool DeleteExtra { get; init; }

    /// <summary>A line for each difference goes here; null for nowhere.</summary>
    public string? ReportFile { get; init; }

    /// <summary>An earlier report: only the keys that it names are compared. Null: all keys.</summary>
    public string? AgainstReport { get; init; }

    /// <summary>The report shows what differs on either side. Default: off.</summary>
    public bool ShowValues { get; init; }

    /// <summary>Keys that are read from the source in any second at most, 1 and up. Null: no limit.</summary>
    public long? MaxKeysPerSecond { get; init; }

    /// <summary>Bytes that are read from the source in any second at most, 1 and up. Null: no limit.</summary>
    public long? MaxBytesPerSecond { get; init; }

    /// <summary>Bytes that the program may hold of what it compares. Default: 256 MiB.</summary>
    public long MaxMemory { get; init; } = MigrationOptions.DefaultMaxMemory;

    /// <summary>Memory of a key, in bytes, from which on it is compared in pieces. Default: 4 MiB, which a server dumps in some milliseconds.</summary>
    public long LargeValue { get; init; } = 4 * 1024 * 1024;
}
