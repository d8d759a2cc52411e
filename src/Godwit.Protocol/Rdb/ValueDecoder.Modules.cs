namespace Godwit.Protocol.Rdb;

public sealed partial class ValueDecoder
{
    private ValueSkipper _module;
    private int _modulePassed;

    private void StartModule()
    {
        _module.Start(ValueLayout.ModuleValue);
        _modulePassed = 0;
    }

    /// <summary>A module's id, and its fields as they are: only the module knows what they mean.</summary>
    private bool TryModule(ref RdbCursor cursor, IValueSink sink)
    {
        var start = cursor.Position;
        cursor.Position = start + _modulePassed;
        var whole = _module.TryAdvance(ref cursor);
        _modulePassed = cursor.Position - start;
        cursor.Position = start;
        if (!whole)
            return false;

        cursor.TryReadLength(out var id);
        cursor.TryReadBytes(start + _modulePassed - cursor.Position, out var value);
        sink.Module(id, value);
        return true;
    }
}
