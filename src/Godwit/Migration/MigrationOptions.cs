using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.Live;
using Godwit.Transform;

namespace Godwit.Migration;

/// <summary>How a live source's present state is read.</summary>
internal enum ReadMode
{
    /// <summary>As a replica where the server lets us, else by SCAN.</summary>
    Auto,

    /// <summary>As a replica: PSYNC.</summary>
    Sync,

    /// <summary>SCAN, DUMP and the key's expiry.</summary>
    Scan,
}

/// <summary>Which server of a shard is read.</summary>
internal enum ReadFrom
{
    /// <summary>A replica for SCAN, the primary for PSYNC.</summary>
    Auto,

    /// <summary>The one that takes the writes.</summary>
    Primary,

    /// <summary>One of those that follow it, where one holds all that it has; else the primary.</summary>
    Replica,
}

/// <summary>How a key is written to a server.</summary>
internal enum WriteMode
{
    /// <summary>RESTORE where the target understands the payload, else commands.</summary>
    Auto,

    /// <summary>RESTORE alone: a payload that the target does not understand is a failed key.</summary>
    Restore,

    /// <summary>The type's own commands alone.</summary>
    Commands,
}

/// <summary>What a key gets that the target has already.</summary>
internal enum OnExisting
{
    /// <summary>The run does not begin while the target holds a key; one that appears later is a failed key.</summary>
    Fail,

    /// <summary>The target's stays.</summary>
    Skip,

    /// <summary>The source's takes its place.</summary>
    Replace,
}

/// <summary>What a target may lack and a user may accept to lose. A loss that is not accepted is a failed key.</summary>
[Flags]
internal enum Losses
{
    /// <summary>Nothing may be lost.</summary>
    None = 0,

    /// <summary>Expiries of a hash's fields (<c>field-ttl</c>).</summary>
    FieldExpiries = 1,

    /// <summary>Function libraries (<c>functions</c>).</summary>
    Functions = 2,

    /// <summary>Idle times and access frequencies, which only RESTORE can set (<c>idle</c>).</summary>
    Idle = 4,

    /// <summary>Data that modules keep beside the keys, which nothing can write (<c>module-aux</c>).</summary>
    ModuleAux = 8,
}

/// <summary>All that a user can choose about one migration.</summary>
internal sealed record MigrationOptions
{
    /// <summary>256 MiB.</summary>
    public const long DefaultMaxMemory = 256 * 1024 * 1024;

    /// <summary>Where from: one or more, which are read side by side.</summary>
    public required IReadOnlyList<Endpoint> Sources { get; init; }

    /// <summary>Where to.</summary>
    public required Endpoint Target { get; init; }

    /// <summary>Which rack of a Dynomite source is read. Null: the first complete one.</summary>
    public string? DynomiteRack { get; init; }

    /// <summary>Which datacenter's. Null: that of the first configuration, or another one whose rack is complete.</summary>
    public string? DynomiteDatacenter { get; init; }

    /// <summary>How a live source is read. Default: <see cref="ReadMode.Auto"/>.</summary>
    public ReadMode Read { get; init; } = ReadMode.Auto;

    /// <summary>
    /// Which server of a cluster's shard, or of those that Sentinels name, is read. Default: <see cref="ReadFrom.Auto"/>.
    /// </summary>
    public ReadFrom ReadFrom { get; init; }

    /// <summary>How keys are written to a server. Default: <see cref="WriteMode.Auto"/>.</summary>
    public WriteMode Write { get; init; } = WriteMode.Auto;

    /// <summary>What an existing key gets. Default: <see cref="OnExisting.Fail"/>.</summary>
    public OnExisting OnExisting { get; init; } = OnExisting.Fail;

    /// <summary>Databases that do not keep their number. Default: all do.</summary>
    public DatabaseMap Databases { get; init; } = DatabaseMap.None;

    /// <summary>Empties the target first. Default: off.</summary>
    public bool FlushTarget { get; init; }

    /// <summary>Losses that the user accepts. Default: none.</summary>
    public Losses AllowLoss { get; init; }

    /// <summary>Where failed keys are named. Default: <c>godwit-errors.ndjson</c>.</summary>
    public string ErrorsFile { get; init; } = "godwit-errors.ndjson";

    /// <summary>The run breaks off when more keys than this have failed. Default: 1000.</summary>
    public long MaxErrors { get; init; } = 1000;

    /// <summary>An errors file of an earlier run: only the keys that it names are tried. Null: all keys.</summary>
    public string? RetryFile { get; init; }

    /// <summary>Connections to the target, 1 to 64, and sources that are read at once. Null: chosen by the program.</summary>
    public int? Connections { get; init; }

    /// <summary>Keys that one SCAN round asks for, 1 to 10000. Null: chosen by the program.</summary>
    public int? Batch { get; init; }

    /// <summary>Keys that are read from each source in any second at most, 1 and up. Null: no limit.</summary>
    public long? MaxKeysPerSecond { get; init; }

    /// <summary>Bytes that are read from each source in any second at most, 1 and up. Null: no limit.</summary>
    public long? MaxBytesPerSecond { get; init; }

    /// <summary>Bytes that the program may hold of what is on its way. Default: 256 MiB.</summary>
    public long MaxMemory { get; init; } = DefaultMaxMemory;

    /// <summary>
    /// From which serialized size on a value is written in pieces, by its type's commands. Default: 4 MiB. Null: never,
    /// which is so where nothing but RESTORE is allowed.
    /// </summary>
    public LargeValueLimits? LargeValues
    {
        // JSON has no string in parts.
        get =>
            Write == WriteMode.Restore || field is not { } limits
                ? null
                : limits with
                {
                    Strings = Target is not JsonEndpoint,
                };
        init;
    } = new LargeValueLimits(LargeValueLimits.Default);

    /// <summary>How the source is followed after its snapshot. Null: not at all.</summary>
    public LiveOptions? Live { get; init; }

    /// <summary>Source and target are compared at the end. Default: off.</summary>
    public bool Verify { get; init; }

    /// <summary>The user's own command line without secrets, for the message that says how to go on.</summary>
    public string CommandLine { get; init; } = "godwit migrate";
}
