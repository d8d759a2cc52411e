namespace Godwit.Json;

/// <summary>Strings that come in parts.</summary>
internal sealed partial class JsonLineWriter
{
    // Three bytes are four letters of Base64, so up to two of a part wait for the next.
    private const int Base64Group = 3;

    private readonly byte[] _group = new byte[Base64Group];
    private int _groupLength;
    private bool _isText;

    /// <summary>True between <see cref="BeginString"/> and <see cref="EndString"/>.</summary>
    public bool IsInString { get; private set; }

    /// <summary>Begins a string that comes in parts.</summary>
    /// <param name="isText">It can stand as itself: see <see cref="PlainTextCheck"/>.</param>
    public void BeginString(bool isText)
    {
        Comma();
        Append((byte)'"');
        if (!isText)
            Raw("base64:"u8);
        _isText = isText;
        _groupLength = 0;
        IsInString = true;
    }

    /// <summary>The next part of it.</summary>
    public void StringPart(ReadOnlySpan<byte> bytes)
    {
        if (_isText)
        {
            Escaped(bytes);
            return;
        }

        if (_groupLength > 0)
        {
            var more = Math.Min(Base64Group - _groupLength, bytes.Length);
            bytes[..more].CopyTo(_group.AsSpan(_groupLength));
            _groupLength += more;
            bytes = bytes[more..];
            if (_groupLength < Base64Group)
                return;
            Base64Parts(_group);
        }

        _groupLength = bytes.Length % Base64Group;
        bytes[^_groupLength..].CopyTo(_group);
        Base64Parts(bytes[..^_groupLength]);
    }

    /// <summary>Ends it.</summary>
    public void EndString()
    {
        if (!_isText)
            Base64Parts(_group.AsSpan(0, _groupLength));
        Append((byte)'"');
        _needsComma = true;
        IsInString = false;
    }
}
