using Godwit.SideBySide.Measuring;

namespace Godwit.SideBySide.Following;

/// <summary>What keeps a target like its source. It follows until it is disposed of.</summary>
internal interface IFollower : IAsyncDisposable
{
    /// <summary>What it has taken so far; null where the servers do it among themselves.</summary>
    /// <exception cref="BenchException">It does not follow any more.</exception>
    Usage? Usage { get; }
}
