namespace Godwit.Protocol.Rdb;

public sealed partial class RdbReader
{
    private ValueSkipper _skipper;
    private PendingItem _entry;

    private bool TryReadEntry(ref RdbCursor cursor, byte opcode, int start, out RdbItem item)
    {
        item = default;
        var entry = new PendingItem
        {
            ExpireAt = -1,
            IdleSeconds = -1,
            Frequency = -1,
        };
        while (opcode > (byte)RdbType.HashListpackWithExpiries)
        {
            if (!TryReadAttribute(ref cursor, opcode, ref entry) || !cursor.TryReadByte(out opcode))
                return false;
        }

        entry.Type = (RdbType)opcode;
        var typeOffset = cursor.Offset - 1;
        var layout = ValueLayout.Find(entry.Type, Version, typeOffset);
        if (!TryReadText(ref cursor, _keyScratch, out entry.Key))
            return false;

        entry.ValueStart = cursor.Position;
        if (ValueSkipper.TrySkip(ref cursor, entry.Type, Version))
        {
            item = entry.Finish(_database, cursor.Position);
            return true;
        }

        // From here on the value is resumed at the place reached, counted from the item's first byte.
        _skipper.Start(layout);
        entry.Key = entry.Key.Move(-start);
        entry.ValueStart -= start;
        entry.Passed = entry.ValueStart;
        _entry = entry;
        _stage = Stage.EntryValue;
        cursor.Position = start;
        return TryResumeEntry(ref cursor, out item);
    }

    private bool TryResumeEntry(ref RdbCursor cursor, out RdbItem item)
    {
        item = default;
        var start = cursor.Position;
        cursor.Position = start + _entry.Passed;
        var whole = _skipper.TryAdvance(ref cursor);
        _entry.Passed = cursor.Position - start;
        if (!whole)
        {
            Wanted = _entry.Passed + _skipper.PendingBytes;
            cursor.Position = start;
            return false;
        }

        _stage = Stage.Item;
        var entry = _entry;
        entry.Key = entry.Key.Move(start);
        entry.ValueStart += start;
        item = entry.Finish(_database, cursor.Position);
        return true;
    }

    private bool TryReadAttribute(ref RdbCursor cursor, byte opcode, ref PendingItem entry)
    {
        var offset = cursor.Offset - 1;
        switch (opcode)
        {
            case RdbOpcode.ExpireMilliseconds:
                return cursor.TryReadInt64(out entry.ExpireAt);

            case RdbOpcode.ExpireSeconds:
                var read = cursor.TryReadUInt32(out var seconds);
                entry.ExpireAt = (int)seconds * 1000L;
                return read;

            case RdbOpcode.Idle:
                if (!cursor.TryReadLength(out var idle))
                    return false;
                if (idle > long.MaxValue)
                    RdbThrow.CountTooLarge(idle, offset);
                entry.IdleSeconds = (long)idle;
                return true;

            case RdbOpcode.Frequency:
                if (!cursor.TryReadByte(out var frequency))
                    return false;
                entry.Frequency = frequency;
                return true;

            case >= RdbOpcode.SlotImport:
                RdbThrow.Malformed(
                    $"Opcode {opcode} stands between a key and its expiry, idle time or frequency",
                    offset
                );
                return false;

            default:
                RdbThrow.UnknownType((RdbType)opcode, Version, offset);
                return false;
        }
    }

    /// <summary>An entry that is being read. Places count from the item's first byte while it is unfinished.</summary>
    private struct PendingItem
    {
        public RdbText Key;
        public RdbType Type;
        public long ExpireAt;
        public long IdleSeconds;
        public int Frequency;
        public int ValueStart;
        public int Passed;

        public readonly RdbItem Finish(int database, int end) =>
            new(RdbItemKind.Entry, Key, new RdbText(ValueStart, end - ValueStart))
            {
                Type = Type,
                Database = database,
                ExpireAt = ExpireAt,
                IdleSeconds = IdleSeconds,
                Frequency = Frequency,
            };
    }
}
