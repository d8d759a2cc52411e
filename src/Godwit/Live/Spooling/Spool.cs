using System.Diagnostics;

namespace Godwit.Live.Spooling;

/// <summary>
/// Bytes on their way from one task that writes to one that reads, in order, of any number: some in memory, and what memory
/// has no room for in files. They are kept until they are released, and can be read again until then.
/// </summary>
/// <remarks>
/// The oldest block in memory goes to disk first: so the blocks on disk are older than those in memory, and a reader that
/// keeps up never meets the disk, even where much is kept for a second reading. Where the disk is full, or takes nothing, the
/// writer waits: nothing is lost, and nothing thrown.
/// </remarks>
internal sealed class Spool : IDisposable
{
    // A copy of so many bytes is made while the other side waits: some tens of microseconds.
    private const int MaxCopy = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly SpoolLimits _limits;
    private readonly TimeProvider _timeProvider;
    private readonly SpoolFiles? _files;

    // Blocks in memory follow each other; _firstBlock is the number of the first. What is before that is on disk, or released.
    private readonly List<byte[]> _memory = [];
    private readonly Stack<byte[]> _free = [];
    private byte[]? _last;
    private long _firstBlock;

    private long _released;
    private long _read;
    private long _written;
    private bool _completed;
    private Exception? _error;
    private TaskCompletionSource? _more;
    private TaskCompletionSource? _room;
    private string? _heldBack;

    // The block on disk that was read last. The reader's alone.
    private byte[]? _diskBuffer;
    private long _diskBlock = -1;

    /// <summary>Creates a spool.</summary>
    /// <param name="directory">Where what memory has no room for goes; null: the writer waits then.</param>
    /// <param name="limits">How much memory it takes.</param>
    /// <param name="timeProvider">The clock by which it tries again where the disk is full.</param>
    public Spool(SpoolDirectory? directory, SpoolLimits limits, TimeProvider timeProvider)
    {
        _limits = limits;
        _timeProvider = timeProvider;
        _files = directory is null ? null : new SpoolFiles(directory, limits);
    }

    /// <summary>Bytes that were written. May be read from any thread, as all that follows.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Bytes that were read.</summary>
    public long Read => Volatile.Read(ref _read);

    /// <summary>Bytes that were released.</summary>
    public long Released => Volatile.Read(ref _released);

    /// <summary>Bytes that can be read at once.</summary>
    public long Unread => Written - Read;

    /// <summary>Bytes in memory that were not released.</summary>
    public long BytesInMemory
    {
        get
        {
            lock (_lock)
                return _written - Math.Max(_released, _firstBlock * _limits.BlockSize);
        }
    }

    /// <summary>Bytes on disk.</summary>
    public long BytesOnDisk => _files?.Bytes ?? 0;

    /// <summary>Why the writer has to wait for room; null while it has not to.</summary>
    public string? HeldBack => Volatile.Read(ref _heldBack);

    /// <summary>Room for the next bytes, at least one; waits while there is none. The writer's, as <see cref="Advance"/>.</summary>
    /// <exception cref="OperationCanceledException">Or the error that <see cref="Fail"/> was given.</exception>
    public async ValueTask<Memory<byte>> GetMemoryAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            byte[] oldest;
            long oldestBlock;
            lock (_lock)
            {
                ThrowIfFailed();
                Debug.Assert(!_completed, "nothing is written behind the end");
                if (TryGetRoom(out var room))
                    return room;
                (oldest, oldestBlock) = (_memory[0], _firstBlock);
            }

            var refused = _files is null
                ? "memory is full, and there is no directory for the rest"
                : await _files.TryWriteAsync(oldestBlock, oldest, cancellationToken).ConfigureAwait(false);
            if (refused is null)
                DropFromMemory(oldestBlock);
            else
                await WaitForRoomAsync(refused, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Says that so many bytes were written to what <see cref="GetMemoryAsync"/> gave.</summary>
    public void Advance(int count)
    {
        TaskCompletionSource? more;
        lock (_lock)
        {
            Debug.Assert(
                (_written % _limits.BlockSize) + count <= _limits.BlockSize,
                "no more is written than there was room for"
            );
            Volatile.Write(ref _written, _written + count);
            (more, _more) = (_more, null);
        }

        more?.SetResult();
    }

    /// <summary>Writes all of the bytes, and waits for room for them.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var room = await GetMemoryAsync(cancellationToken).ConfigureAwait(false);
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Says that nothing follows: a reader comes to the end.</summary>
    public void Complete() => End(error: null);

    /// <summary>Says that the rest is of no use: reader and writer get this error from now on.</summary>
    public void Fail(Exception error) => End(error);

    /// <summary>Reads some bytes: at least one, or 0 at the end. Waits while there are none. The reader's.</summary>
    /// <exception cref="SpoolException">A file is damaged.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task? more = null;
            long block;
            lock (_lock)
            {
                ThrowIfFailed();
                block = _read / _limits.BlockSize;
                if (_read == _written)
                {
                    if (_completed)
                        return 0;
                    more = (_more ??= NewSignal()).Task;
                }
                else if (block >= _firstBlock)
                {
                    return Take(_memory[(int)(block - _firstBlock)], destination.Span);
                }
            }

            if (more is null)
                return await TakeFromDiskAsync(block, destination, cancellationToken).ConfigureAwait(false);
            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Goes to another place, which has not been released: forth or back. The reader's.</summary>
    public void Rewind(long position)
    {
        lock (_lock)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(position, _released);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _written);
            Volatile.Write(ref _read, position);
        }
    }

    /// <summary>Says that what is before a place will not be read again. From any thread.</summary>
    /// <param name="position">No further than what has been read.</param>
    public void Release(long position)
    {
        TaskCompletionSource? room;
        lock (_lock)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _read);
            if (position <= _released)
                return;

            Volatile.Write(ref _released, position);
            _files?.ReleaseBefore(position / _limits.BlockSize);
            while (_memory.Count > 0 && (_firstBlock + 1) * _limits.BlockSize <= position)
                DropFirst();
            (room, _room) = (_room, null);
        }

        room?.SetResult();
    }

    /// <summary>Deletes the files. Neither side may be at work any more.</summary>
    public void Dispose() => _files?.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool TryGetRoom(out Memory<byte> room)
    {
        var block = _written / _limits.BlockSize;
        var offset = (int)(_written % _limits.BlockSize);
        if (_memory.Count == 0)
            _firstBlock = block;
        if (block == _firstBlock + _memory.Count)
        {
            if (_memory.Count == _limits.MemoryBlocks)
            {
                room = default;
                return false;
            }

            _last = _free.TryPop(out var free) ? free : GC.AllocateUninitializedArray<byte>(_limits.BlockSize);
            _memory.Add(_last);
        }

        room = _last.AsMemory(offset);
        Volatile.Write(ref _heldBack, null);
        return true;
    }

    private void DropFromMemory(long block)
    {
        lock (_lock)
        {
            // It may have been released while it was being written.
            if (_memory.Count > 0 && _firstBlock == block)
                DropFirst();
        }
    }

    private void DropFirst()
    {
        _free.Push(_memory[0]);
        _memory.RemoveAt(0);
        Volatile.Write(ref _firstBlock, _firstBlock + 1);
    }

    private async ValueTask WaitForRoomAsync(string reason, CancellationToken cancellationToken)
    {
        Task room;
        lock (_lock)
        {
            ThrowIfFailed();
            if (_memory.Count < _limits.MemoryBlocks)
                return;
            room = (_room ??= NewSignal()).Task;
            Volatile.Write(ref _heldBack, reason);
        }

        try
        {
            await room.WaitAsync(_limits.RetryInterval, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The disk may have room again without our doing.
        }
    }

    private int Take(byte[] block, Span<byte> destination)
    {
        var offset = (int)(_read % _limits.BlockSize);
        var count = (int)
            Math.Min(Math.Min(destination.Length, MaxCopy), Math.Min(_limits.BlockSize - offset, _written - _read));
        block.AsSpan(offset, count).CopyTo(destination);
        Volatile.Write(ref _read, _read + count);
        return count;
    }

    private async ValueTask<int> TakeFromDiskAsync(
        long block,
        Memory<byte> destination,
        CancellationToken cancellationToken
    )
    {
        if (_diskBlock != block)
        {
            _diskBlock = -1;
            _diskBuffer ??= GC.AllocateUninitializedArray<byte>(_limits.BlockSize);
            await _files!.ReadAsync(block, _diskBuffer, cancellationToken).ConfigureAwait(false);
            _diskBlock = block;
        }

        lock (_lock)
        {
            ThrowIfFailed();
            return Take(_diskBuffer!, destination.Span);
        }
    }

    private void End(Exception? error)
    {
        TaskCompletionSource? more;
        TaskCompletionSource? room;
        lock (_lock)
        {
            _completed = true;
            _error ??= error;
            (more, _more) = (_more, null);
            (room, _room) = (_room, null);
        }

        more?.SetResult();
        room?.SetResult();
    }

    private void ThrowIfFailed()
    {
        if (_error is not null)
            throw _error;
    }
}
