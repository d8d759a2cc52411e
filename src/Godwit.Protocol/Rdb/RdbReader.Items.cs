namespace Godwit.Protocol.Rdb;

public sealed partial class RdbReader
{
    /// <summary>Files before Redis 2.6's release end without a checksum.</summary>
    private const int FirstWithChecksum = 5;

    /// <summary>Slots of a cluster (<c>src/cluster.h</c>, CLUSTER_SLOTS).</summary>
    private const ulong Slots = 16_384;

    private ulong _moduleId;

    private bool TryReadItem(ref RdbCursor cursor, out RdbItem item)
    {
        item = default;
        var start = cursor.Position;
        if (!cursor.TryReadByte(out var opcode))
            return false;

        var read = opcode switch
        {
            RdbOpcode.Aux => TryReadAux(ref cursor, out item),
            RdbOpcode.SelectDatabase => TryReadSelect(ref cursor, out item),
            RdbOpcode.Resize => TryReadResize(ref cursor, out item),
            RdbOpcode.SlotInfo => TryReadSlotInfo(ref cursor, out item),
            RdbOpcode.SlotImport => TryReadSlotImport(ref cursor, out item),
            RdbOpcode.Function => TryReadFunction(ref cursor, out item),
            RdbOpcode.FunctionPreRelease => RefusePreReleaseFunction(cursor.Offset - 1),
            RdbOpcode.ModuleAux => TryBeginModuleAux(ref cursor, out item),
            RdbOpcode.End => TryReadEnd(ref cursor, out item),
            _ => TryReadEntry(ref cursor, opcode, start, out item),
        };

        // A module's data and an entry's value are resumed, and have left the cursor where that is to be.
        if (!read && _stage == Stage.Item)
            cursor.Position = start;
        return read;
    }

    private bool TryReadAux(ref RdbCursor cursor, out RdbItem item)
    {
        item = default;
        var start = cursor.Position;
        if (!cursor.TrySkipString() || !cursor.TrySkipString())
            return false;
        cursor.Position = start;
        TryReadText(ref cursor, _keyScratch, out var name);
        TryReadText(ref cursor, _valueScratch, out var text);
        item = new RdbItem(RdbItemKind.Aux, name, text);
        return true;
    }

    private bool TryReadSelect(ref RdbCursor cursor, out RdbItem item)
    {
        item = default;
        var offset = cursor.Offset;
        if (!cursor.TryReadLength(out var database))
            return false;
        if (database > int.MaxValue)
            RdbThrow.Malformed($"A database has the number {database}, which no server gives", offset);
        _database = (int)database;
        item = new RdbItem(RdbItemKind.SelectDatabase) { Database = _database };
        return true;
    }

    private static bool TryReadResize(ref RdbCursor cursor, out RdbItem item)
    {
        item = default;
        if (!cursor.TryReadLength(out var keys) || !cursor.TryReadLength(out var expires))
            return false;
        item = new RdbItem(RdbItemKind.Resize) { Keys = keys, Expires = expires };
        return true;
    }

    private static bool TryReadSlotInfo(ref RdbCursor cursor, out RdbItem item)
    {
        item = default;
        if (
            !cursor.TryReadLength(out var slot)
            || !cursor.TryReadLength(out var keys)
            || !cursor.TryReadLength(out var expires)
        )
        {
            return false;
        }

        item = new RdbItem(RdbItemKind.SlotInfo)
        {
            Slot = slot,
            Keys = keys,
            Expires = expires,
        };
        return true;
    }

    /// <summary>A job's name and a count of slot ranges, each a first and a last slot (Valkey's <c>src/cluster_migrateslots.c</c>).</summary>
    private bool TryReadSlotImport(ref RdbCursor cursor, out RdbItem item)
    {
        item = new RdbItem(RdbItemKind.SlotImport);
        if (Version.Family != RdbFamily.Valkey)
        {
            RdbThrow.Malformed(
                "Opcode 243, a key's metadata as Redis 8.2 and later write it, is not known",
                cursor.Offset - 1,
                "Read the live server with --read scan, which passes values through without reading them."
            );
        }

        if (!cursor.TrySkipString() || !cursor.TryReadLength(out var ranges))
            return false;
        if (ranges > Slots)
            RdbThrow.Malformed($"An import has {ranges} ranges of slots, where there are {Slots} slots", cursor.Offset);
        for (; ranges != 0; ranges--)
        {
            if (!cursor.TryReadLength(out _) || !cursor.TryReadLength(out _))
                return false;
        }

        return true;
    }

    private bool TryReadFunction(ref RdbCursor cursor, out RdbItem item)
    {
        var read = TryReadText(ref cursor, _valueScratch, out var code);
        item = new RdbItem(RdbItemKind.Function, value: code);
        return read;
    }

    private static bool RefusePreReleaseFunction(long offset)
    {
        RdbThrow.Malformed(
            "Opcode 246, a function as release candidates of Redis 7.0 wrote it, is read by no server",
            offset,
            "Load the file with the server that wrote it, and read that with --read scan."
        );
        return false;
    }

    /// <summary>The module type's id, and when the data is to be loaded, as an unsigned integer with its opcode.</summary>
    private bool TryBeginModuleAux(ref RdbCursor cursor, out RdbItem item)
    {
        item = default;
        var offset = cursor.Offset;
        if (
            !cursor.TryReadLength(out _moduleId)
            || !cursor.TryReadLength(out var opcode)
            || !cursor.TryReadLength(out _)
        )
        {
            return false;
        }

        if (opcode != ModuleOpcode.UnsignedInteger)
            RdbThrow.Malformed("A module's aux data does not say when it is to be loaded", offset);
        _skipper.Start(ValueLayout.ModuleData);
        _stage = Stage.ModuleAuxData;
        return TryPassModuleAux(ref cursor, out item);
    }

    /// <summary>Nothing of it is wanted, so unlike a value it need not stay in the buffer.</summary>
    private bool TryPassModuleAux(ref RdbCursor cursor, out RdbItem item)
    {
        item = new RdbItem(RdbItemKind.ModuleAux) { ModuleId = _moduleId };
        if (!_skipper.TryAdvance(ref cursor))
            return false;
        _stage = Stage.Item;
        return true;
    }

    private bool TryReadEnd(ref RdbCursor cursor, out RdbItem item)
    {
        item = new RdbItem(RdbItemKind.End);
        return Version.Number < FirstWithChecksum || cursor.TrySkip(sizeof(ulong));
    }

    private static bool TryReadText(ref RdbCursor cursor, RdbStringBuffer scratch, out RdbText text)
    {
        text = default;
        if (!cursor.TryReadString(scratch, out var bytes, out var isInBuffer))
            return false;
        text = isInBuffer
            ? new RdbText(cursor.Position - bytes.Length, bytes.Length)
            : new RdbText(scratch.Array, bytes.Length);
        return true;
    }
}
