namespace Godwit.Live.Spooling;

/// <summary>How much a <see cref="Spool"/> keeps in memory, and how its files are cut.</summary>
internal sealed record SpoolLimits
{
    private const int Mebibyte = 1024 * 1024;

    /// <summary>
    /// Bytes of a block: what goes to disk and comes from there in one piece. Default: 1 MiB, where a disk's time per piece
    /// no longer counts.
    /// </summary>
    public int BlockSize { get; init; } = Mebibyte;

    /// <summary>Blocks in memory, 1 and up; beyond that the oldest goes to disk. Default: 16.</summary>
    public int MemoryBlocks { get; init; } = 16;

    /// <summary>Blocks of a segment file, 1 and up. Default: 64. A file is deleted when all of it has been released.</summary>
    public int SegmentBlocks { get; init; } = 64;

    /// <summary>Time until the next try where the disk was full or did not take a block. Default: 1 s.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);
}
