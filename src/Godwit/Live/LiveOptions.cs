namespace Godwit.Live;

/// <summary>When a live job ends.</summary>
internal enum Until
{
    /// <summary>When it is told to.</summary>
    Stopped,

    /// <summary>When all that the source had done is at the target.</summary>
    CaughtUp,
}

/// <summary>How a live job learns of changes.</summary>
internal enum FollowMode
{
    /// <summary>The best way that the server lets us take.</summary>
    Auto,

    /// <summary>The replication stream (PSYNC).</summary>
    Sync,

    /// <summary>The server tells the names of keys that change (CLIENT TRACKING); they are read again.</summary>
    Tracking,

    /// <summary>As <see cref="Tracking"/>, by keyspace events that the server's owner has switched on.</summary>
    Notify,
}

/// <summary>What a user chose about following a source.</summary>
internal sealed record LiveOptions
{
    /// <summary>10 GiB.</summary>
    public const long DefaultMaxDisk = 10L * 1024 * 1024 * 1024;

    /// <summary>When to end. Default: <see cref="Until.Stopped"/>.</summary>
    public Until Until { get; init; } = Until.Stopped;

    /// <summary>Write a marker key to the source, and say that all is caught up only when it has come out at the target.</summary>
    public bool Fence { get; init; }

    /// <summary>How changes are learned of. Default: <see cref="FollowMode.Auto"/>.</summary>
    public FollowMode Follow { get; init; } = FollowMode.Auto;

    /// <summary>Where the job keeps what it needs to go on. Null: <c>./.godwit/</c> and a name made of both ends.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>Go on with the job whose state is there.</summary>
    public bool Resume { get; init; }

    /// <summary>Go on although the target has lost changes that it had confirmed: what it lacks is copied anew.</summary>
    public bool AcceptLostChanges { get; init; }

    /// <summary>Messages of PUBLISH and SPUBLISH go along. They are no data, and after a crash some may be missing.</summary>
    public bool PassesMessages { get; init; }

    /// <summary>The directory of the job that is to be gone back on: only what has changed since that ended is followed. Null for none.</summary>
    public string? ReverseOf { get; init; }

    /// <summary>Where changes wait that memory has no room for. Null: in the state directory.</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Bytes of these files at most. Default: <see cref="DefaultMaxDisk"/>.</summary>
    public long MaxDisk { get; init; } = DefaultMaxDisk;
}
