namespace Godwit.Live.Following;

/// <summary>What a <see cref="DirtyKeySession"/> is to do.</summary>
internal sealed record DirtyKeySettings
{
    /// <summary>When to end.</summary>
    public required Until Until { get; init; }

    /// <summary>The target held no key when the job began: what it has and the source has not is to go.</summary>
    public required bool TargetWasEmpty { get; init; }

    /// <summary>An earlier run has written to the target, and for a while nobody has heard what changed.</summary>
    public required bool IsResumed { get; init; }

    /// <summary>Writes all that the source has to the target.</summary>
    public required Func<CancellationToken, Task> CopyAllAsync { get; init; }

    /// <summary>Hears what it does now, in a word.</summary>
    public required Action<string> Phase { get; init; }
}
