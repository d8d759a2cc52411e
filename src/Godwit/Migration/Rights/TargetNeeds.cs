namespace Godwit.Migration.Rights;

/// <summary>How changes come to a target.</summary>
internal enum Following
{
    /// <summary>Not at all: the keys are copied once.</summary>
    No,

    /// <summary>As commands of the source's replication stream.</summary>
    Stream,

    /// <summary>As names of keys, which are read again.</summary>
    Names,
}

/// <summary>How the sources are read.</summary>
/// <param name="Following">How changes come.</param>
/// <param name="Scans">Some of them, at least, by SCAN.</param>
internal readonly record struct SourceReading(Following Following, bool Scans);

/// <summary>What a run asks of its target beside writing keys.</summary>
internal sealed record TargetNeeds
{
    /// <summary>The sources may have function libraries.</summary>
    public bool Functions { get; init; }

    /// <summary>Another server may take a primary's place.</summary>
    public bool CanFailOver { get; init; }

    /// <summary>It is a cluster.</summary>
    public bool IsCluster { get; init; }

    /// <summary>It is to be emptied first.</summary>
    public bool Flush { get; init; }

    /// <summary>Keys may come twice, since SCAN gives them so.</summary>
    public bool Repeats { get; init; }

    /// <summary>Messages of PUBLISH go along.</summary>
    public bool Messages { get; init; }

    /// <summary>How changes come.</summary>
    public Following Following { get; init; }

    /// <summary>What a run with these options asks of this target.</summary>
    /// <param name="target">It, or one of its servers.</param>
    /// <param name="sources">Where the keys come from.</param>
    /// <param name="reading">How that is done.</param>
    /// <param name="options">The user's choices.</param>
    public static TargetNeeds Of(LiveEnd target, SourceEnds sources, SourceReading reading, MigrationOptions options) =>
        new()
        {
            Functions = sources.HasFiles || sources.Live.Any(source => source.MayHaveFunctions),
            CanFailOver = target.Topology.CanFailOver,
            IsCluster = target.Topology.IsCluster,
            Flush = options.FlushTarget,
            Following = reading.Following,
            Repeats = reading.Scans,
            Messages = options.Live is { PassesMessages: true },
        };
}
