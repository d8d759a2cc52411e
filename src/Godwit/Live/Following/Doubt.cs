namespace Godwit.Live.Following;

/// <summary>What may have changed at the source without its keys' names being told.</summary>
internal enum Doubt
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Keys may have gone, many at once: a database was flushed.</summary>
    Deletions,

    /// <summary>Anything.</summary>
    Anything,
}
