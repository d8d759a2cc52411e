using Godwit.Connections;
using Godwit.Live.Spooling;

namespace Godwit.Live.Links;

/// <summary>How a <see cref="ReplicationLink"/> behaves.</summary>
internal sealed record ReplicationLinkOptions
{
    private const int Mebibyte = 1024 * 1024;

    /// <summary>
    /// Time between two acknowledgements. Default: 1 s, as replicas do: a primary takes one that says nothing for
    /// <c>repl-timeout</c> (60 s) for dead.
    /// </summary>
    public TimeSpan AcknowledgeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How the connection behaves. Its <see cref="ConnectionOptions.ReplyTimeout"/>, 60 s by default, is the longest silence:
    /// a primary that has nothing to send sends PING every 10 s (<c>repl-ping-replica-period</c>).
    /// </summary>
    public ConnectionOptions Connection { get; init; } = new();

    /// <summary>Time before the first try to join again. Default: 100 ms. It doubles with each that fails.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest time between two tries. Default: 5 s.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What is kept of a snapshot in memory. Default: 8 MiB, in blocks of 1 MiB.</summary>
    public SpoolLimits SnapshotSpool { get; init; } = new() { BlockSize = Mebibyte, MemoryBlocks = 8 };

    /// <summary>What is kept of the stream in memory. Default: 16 MiB, in blocks of 1 MiB.</summary>
    public SpoolLimits StreamSpool { get; init; } = new() { BlockSize = Mebibyte, MemoryBlocks = 16 };
}
