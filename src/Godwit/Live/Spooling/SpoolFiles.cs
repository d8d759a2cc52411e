using System.Globalization;
using Godwit.Protocol.Rdb;

namespace Godwit.Live.Spooling;

/// <summary>
/// The part of one spool that is on disk: whole blocks, in segment files by their number. A checksum of each block is kept in
/// memory, so that a file that somebody changed is found out.
/// </summary>
/// <remarks>Writing, reading and releasing may go on side by side, each by one task.</remarks>
internal sealed class SpoolFiles(SpoolDirectory directory, SpoolLimits limits) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _name = directory.NextSpoolName();
    private readonly Dictionary<long, Segment> _segments = [];
    private readonly Dictionary<long, ulong> _checksums = [];
    private long _releasedBefore;
    private long _writing = -1;

    /// <summary>Bytes on disk.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return (long)_checksums.Count * limits.BlockSize;
        }
    }

    /// <summary>Writes a block.</summary>
    /// <returns>Null, or why it was not written: nothing has changed then, and it can be tried again.</returns>
    public async ValueTask<string?> TryWriteAsync(
        long block,
        ReadOnlyMemory<byte> bytes,
        CancellationToken cancellationToken
    )
    {
        if (!directory.TryReserve(limits.BlockSize))
            return directory.FullMessage;

        var written = false;
        try
        {
            var file = BeginWrite(block);
            await file.WriteAsync(bytes, PositionOf(block), cancellationToken).ConfigureAwait(false);
            written = true;
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
        finally
        {
            EndWrite(block, written ? Crc64.Append(0, bytes.Span) : null);
        }
    }

    /// <summary>Reads a block that was written and not released.</summary>
    /// <exception cref="SpoolException">It does not hold any more what was written.</exception>
    public async ValueTask ReadAsync(long block, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Segment segment;
        ulong checksum;
        lock (_lock)
            (segment, checksum) = (_segments[SegmentOf(block)], _checksums[block]);

        var read = 0;
        try
        {
            while (read < buffer.Length)
            {
                var count = await segment
                    .File.ReadAsync(buffer[read..], PositionOf(block) + read, cancellationToken)
                    .ConfigureAwait(false);
                if (count == 0)
                    break;
                read += count;
            }
        }
        catch (IOException exception)
        {
            throw Damaged(block, exception.Message, exception);
        }

        if (read < buffer.Length)
            throw Damaged(block, "it is shorter than what was written", cause: null);
        if (Crc64.Append(0, buffer.Span) != checksum)
            throw Damaged(block, "it holds other bytes than were written", cause: null);
    }

    /// <summary>Deletes the files that hold only blocks before this one.</summary>
    public void ReleaseBefore(long block)
    {
        lock (_lock)
        {
            _releasedBefore = Math.Max(_releasedBefore, block);
            DeleteReleased();
        }
    }

    /// <summary>Deletes all files.</summary>
    public void Dispose() => ReleaseBefore(long.MaxValue);

    private ISegmentFile BeginWrite(long block)
    {
        lock (_lock)
        {
            var number = SegmentOf(block);
            if (!_segments.TryGetValue(number, out var segment))
                _segments.Add(number, segment = new Segment(directory.CreateSegment(_name, number)));
            _writing = number;
            return segment.File;
        }
    }

    private void EndWrite(long block, ulong? checksum)
    {
        lock (_lock)
        {
            _writing = -1;
            if (checksum is { } known)
            {
                _segments[SegmentOf(block)].Blocks.Add(block);
                _checksums[block] = known;
            }
            else
            {
                directory.GiveBack(limits.BlockSize);
            }

            // What was released while it was being written.
            DeleteReleased();
        }
    }

    private void DeleteReleased()
    {
        foreach (var (number, segment) in _segments)
        {
            if (number == _writing || (number + 1) * limits.SegmentBlocks > _releasedBefore)
                continue;

            _segments.Remove(number);
            segment.File.Dispose();
            foreach (var block in segment.Blocks)
                _checksums.Remove(block);
            directory.GiveBack((long)segment.Blocks.Count * limits.BlockSize);
        }
    }

    private long SegmentOf(long block) => block / limits.SegmentBlocks;

    private long PositionOf(long block) => block % limits.SegmentBlocks * limits.BlockSize;

    private SpoolException Damaged(long block, string reason, Exception? cause) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The spool's file {_name}-{SegmentOf(block)} cannot be read at byte {PositionOf(block)}: {reason}"
            ),
            "Keep other programs from the directory of --spool, check the disk, and run again: the source is asked anew.",
            cause
        );

    private sealed record Segment(ISegmentFile File)
    {
        public List<long> Blocks { get; } = [];
    }
}
