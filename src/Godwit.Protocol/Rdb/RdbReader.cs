using System.Buffers.Binary;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// Reads an RDB file or a replication snapshot item by item, out of whatever part of it is in memory. It does no input of
/// its own.
/// </summary>
/// <remarks>
/// <para>
/// The caller keeps a buffer and a position in it. A call that returns true moved the position behind an item. One that
/// returns false needs more bytes: the caller may then drop what is in front of the position, must keep what is behind it,
/// and calls again once there is more. Nothing may be dropped between calls that returned true, since the checksum is
/// computed over all of what was read when a call returns false. What was scanned of an unfinished value is not scanned
/// again.
/// </para>
/// <para>Source: <c>src/rdb.c</c>, rdbLoadRioWithLoadingCtx. Not safe for use by several threads at once.</para>
/// </remarks>
public sealed partial class RdbReader : IDisposable
{
    private readonly RdbStringBuffer _keyScratch = new();
    private readonly RdbStringBuffer _valueScratch = new();
    private readonly RunningChecksum _checksum = new();
    private Stage _stage;
    private int _database;

    /// <summary>What comes next in the file.</summary>
    private enum Stage
    {
        Header,
        Item,
        EntryValue,
        EntryParts,
        ModuleAuxData,
        Ended,
    }

    /// <summary>Bytes of the file that lie behind. Where a call returned false this is the position's place in the file.</summary>
    public long Offset { get; private set; }

    /// <summary>The file's version, once its header has been read.</summary>
    public RdbVersion Version { get; private set; }

    /// <summary>Whether the end has been read. What follows it is not the file's.</summary>
    public bool Ended => _stage == Stage.Ended;

    /// <summary>
    /// After a call that returned false: how many bytes there must be from the position on for the next call to get any
    /// further. It is what a growing buffer should at least have room for.
    /// </summary>
    public long Wanted { get; private set; }

    /// <summary>Gives the reader's buffers back.</summary>
    public void Dispose()
    {
        _keyScratch.Dispose();
        _valueScratch.Dispose();
    }

    /// <summary>Reads the next item.</summary>
    /// <param name="buffer">What is in memory of the file. It may be another one after each call that returned false.</param>
    /// <param name="position">Where in it the file goes on.</param>
    /// <param name="item">The item.</param>
    /// <returns>False if more bytes are needed.</returns>
    /// <exception cref="RdbFormatException">The file is malformed, of an unknown version, or its checksum is wrong.</exception>
    /// <exception cref="InvalidOperationException">The end has been read.</exception>
    public bool TryRead(ReadOnlySpan<byte> buffer, ref int position, out RdbItem item)
    {
        var cursor = Begin(buffer, position);
        var read = _stage switch
        {
            Stage.Item => TryReadItem(ref cursor, out item),
            Stage.EntryValue => TryResumeEntry(ref cursor, out item),
            Stage.ModuleAuxData => TryPassModuleAux(ref cursor, out item),
            Stage.Header => TryReadHeader(ref cursor, buffer, out item),
            Stage.Ended => throw new InvalidOperationException("The end of the RDB file has been read."),
            _ => throw new InvalidOperationException("A value is being read in parts and has not ended."),
        };
        Finish(buffer, ref position, cursor, read);
        if (read && item.Kind == RdbItemKind.End)
            EnsureChecksum(buffer, position);
        return read;
    }

    /// <summary>The error for an input that ends before the file does.</summary>
    /// <param name="available">Bytes from the last call's position to the input's end.</param>
    public RdbFormatException Truncated(long available)
    {
        var within = _stage switch
        {
            Stage.Header => "its header",
            Stage.EntryValue => $"the value, of type {(int)_entry.Type}, of the key that begins at byte {Offset}",
            Stage.EntryParts => $"a value of type {(int)_entry.Type}",
            Stage.ModuleAuxData => "a module's data",
            _ when available == 0 => "its entries: the mark of the end is not there",
            _ => "an item that begins at byte " + Offset,
        };
        return new RdbFormatException($"The RDB file ends too early, within {within},", Offset + available);
    }

    private RdbCursor Begin(ReadOnlySpan<byte> buffer, int position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)buffer.Length, nameof(position));
        _checksum.Enter(position);
        return new RdbCursor(buffer, Offset - position) { Position = position };
    }

    private void Finish(ReadOnlySpan<byte> buffer, ref int position, RdbCursor cursor, bool read)
    {
        Offset += cursor.Position - position;
        position = cursor.Position;
        if (read)
        {
            _checksum.Pass(position);
            Wanted = 0;
        }
        else
        {
            _checksum.Leave(buffer, position);
            Wanted = Math.Max(Wanted, buffer.Length - position + 1L);
        }
    }

    private bool TryReadHeader(ref RdbCursor cursor, ReadOnlySpan<byte> buffer, out RdbItem item)
    {
        item = new RdbItem(RdbItemKind.Header);
        if (!RdbHeader.TryRead(buffer[cursor.Position..], cursor.Offset, out var version))
            return false;
        Version = version;
        cursor.Position += RdbHeader.Length;
        _stage = Stage.Item;
        return true;
    }

    private void EnsureChecksum(ReadOnlySpan<byte> buffer, int end)
    {
        _stage = Stage.Ended;
        if (Version.Number < FirstWithChecksum)
            return;
        var at = end - sizeof(ulong);
        var written = BinaryPrimitives.ReadUInt64LittleEndian(buffer[at..]);
        if (written == 0)
            return;
        _checksum.Leave(buffer, at);
        if (_checksum.Value != written)
        {
            RdbThrow.Malformed(
                $"The file's checksum is {written:x16} where its bytes give {_checksum.Value:x16}",
                Offset - sizeof(ulong)
            );
        }
    }
}
