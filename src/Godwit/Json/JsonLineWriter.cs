using System.Buffers;
using System.Globalization;

namespace Godwit.Json;

/// <summary>
/// Writes lines of JSON into a buffer of its own. In place of <see cref="System.Text.Json.Utf8JsonWriter"/>, which asks for six
/// times a string's length before it writes it, has no string beyond 166 MB, and takes twice the time for short ones.
/// </summary>
/// <remarks>
/// The caller keeps to the grammar; commas come by themselves. RFC 8259. What cannot wait in one array until it is taken, of
/// 2 GiB, is a <see cref="LineTooLongException"/>.
/// </remarks>
internal sealed partial class JsonLineWriter
{
    // A string is written in parts of this length, so that the room for one is bounded whatever has to be escaped.
    private const int PartLength = 48 * 1024;

    // "\u001f" is the longest escape of a byte.
    private const int LongestEscape = 6;

    private const int LongestNumber = 32;

    // A buffer that one long value has blown up is not kept.
    private const int KeptLength = 4 * 1024 * 1024;

    // From here on it does not matter that a string is looked at twice.
    private const int ShortString = 4096;

    private static readonly SearchValues<byte> PlainAscii = SearchValues.Create([
        .. Enumerable.Range(0x20, 0x60).Select(value => (byte)value).Except([(byte)'"', (byte)'\\']),
    ]);

    private static readonly SearchValues<byte> NeedsEscape = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(value => (byte)value),
        (byte)'"',
        (byte)'\\',
    ]);

    private byte[] _buffer = new byte[PartLength];
    private bool _needsComma;

    /// <summary>Bytes that wait to be taken.</summary>
    public int Count { get; private set; }

    /// <summary>What waits to be taken. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Count);

    /// <summary>Drops what was written after the first <paramref name="count"/> bytes, which end with a line or are none.</summary>
    public void CutTo(int count)
    {
        Count = count;
        _needsComma = false;
        IsInString = false;
    }

    /// <summary>All that waited has been taken. What is written next goes on behind it, be that within a line.</summary>
    public void Taken()
    {
        Count = 0;
        if (_buffer.Length > KeptLength)
            _buffer = new byte[PartLength];
    }

    /// <summary>Begins an object.</summary>
    public void BeginObject() => Begin((byte)'{');

    /// <summary>Ends an object.</summary>
    public void EndObject() => End((byte)'}');

    /// <summary>Begins an array.</summary>
    public void BeginArray() => Begin((byte)'[');

    /// <summary>Ends an array.</summary>
    public void EndArray() => End((byte)']');

    /// <summary>Ends a line.</summary>
    public void EndLine()
    {
        End((byte)'\n');
        _needsComma = false;
    }

    /// <summary>Writes a name that needs no escape; its value follows.</summary>
    public void Name(ReadOnlySpan<byte> plain)
    {
        Comma();
        var span = Reserve(plain.Length + 3);
        span[0] = (byte)'"';
        plain.CopyTo(span[1..]);
        span[plain.Length + 1] = (byte)'"';
        span[plain.Length + 2] = (byte)':';
        Count += plain.Length + 3;
        _needsComma = false;
    }

    /// <summary>Writes any bytes as a name; its value follows.</summary>
    public void BinaryName(ReadOnlySpan<byte> bytes)
    {
        Binary(bytes);
        Append((byte)':');
        _needsComma = false;
    }

    /// <summary>Writes any bytes as a string, as <see cref="BinaryText"/> has them.</summary>
    public void Binary(ReadOnlySpan<byte> bytes)
    {
        Comma();
        if (TryPlain(bytes))
            return;

        Append((byte)'"');
        if (BinaryText.IsPlain(bytes))
            Escaped(bytes);
        else
            Encoded(bytes);
        Append((byte)'"');
        _needsComma = true;
    }

    /// <summary>Writes bytes as a string of Base64 alone.</summary>
    public void Base64(ReadOnlySpan<byte> bytes)
    {
        Comma();
        Append((byte)'"');
        Base64Parts(bytes);
        Append((byte)'"');
        _needsComma = true;
    }

    /// <summary>Writes text that needs no escape as a string.</summary>
    public void Text(ReadOnlySpan<byte> plain)
    {
        Comma();
        Append((byte)'"');
        Raw(plain);
        Append((byte)'"');
        _needsComma = true;
    }

    /// <summary>Writes a number; a double as the shortest text that reads back to it.</summary>
    public void Number<T>(T number)
        where T : struct, IUtf8SpanFormattable
    {
        Comma();
        number.TryFormat(Reserve(LongestNumber), out var length, default, CultureInfo.InvariantCulture);
        Count += length;
        _needsComma = true;
    }

    /// <summary>Writes null.</summary>
    public void Null()
    {
        Comma();
        Raw("null"u8);
        _needsComma = true;
    }

    /// <summary>Writes something that formats itself to text without escapes, as a string.</summary>
    public void Formatted<T>(T value)
        where T : struct, IUtf8SpanFormattable
    {
        Comma();
        Append((byte)'"');
        value.TryFormat(Reserve(2 * LongestNumber), out var length, default, CultureInfo.InvariantCulture);
        Count += length;
        Append((byte)'"');
        _needsComma = true;
    }

    // In one step where it is short and nothing of it has to be looked at more closely, which is the most common case.
    private bool TryPlain(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ShortString || bytes.ContainsAnyExcept(PlainAscii) || bytes.StartsWith("base64:"u8))
            return false;

        var span = Reserve(bytes.Length + 2);
        span[0] = (byte)'"';
        bytes.CopyTo(span[1..]);
        span[bytes.Length + 1] = (byte)'"';
        Count += bytes.Length + 2;
        _needsComma = true;
        return true;
    }

    private void Escaped(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var plain = bytes.IndexOfAny(NeedsEscape);
            if (plain != 0)
            {
                var run = plain < 0 ? bytes : bytes[..plain];
                Raw(run);
                bytes = bytes[run.Length..];
                continue;
            }

            Escape(bytes[0]);
            bytes = bytes[1..];
        }
    }

    private void Escape(byte value)
    {
        var span = Reserve(LongestEscape);
        span[0] = (byte)'\\';
        var letter = value switch
        {
            (byte)'"' or (byte)'\\' => value,
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            _ => (byte)'u',
        };
        span[1] = letter;
        Count += 2;
        if (letter != (byte)'u')
            return;

        value.TryFormat(span[2..], out _, "x4", CultureInfo.InvariantCulture);
        Count += 4;
    }

    private void Encoded(ReadOnlySpan<byte> bytes)
    {
        Raw("base64:"u8);
        Base64Parts(bytes);
    }

    // A part's length is a multiple of three, so that only the last has padding.
    private void Base64Parts(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, PartLength)];
            var span = Reserve(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(part.Length));
            System.Buffers.Text.Base64.EncodeToUtf8(part, span, out _, out var written);
            Count += written;
            bytes = bytes[part.Length..];
        }
    }

    private void Begin(byte mark)
    {
        Comma();
        Append(mark);
        _needsComma = false;
    }

    private void End(byte mark)
    {
        Append(mark);
        _needsComma = true;
    }

    private void Comma()
    {
        if (_needsComma)
            Append((byte)',');
    }

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Count += bytes.Length;
    }

    private void Append(byte value)
    {
        Reserve(1)[0] = value;
        Count++;
    }

    private Span<byte> Reserve(int length)
    {
        if (_buffer.Length - Count < length)
            Grow(Count + (long)length);
        return _buffer.AsSpan(Count);
    }

    private void Grow(long least)
    {
        if (least > Array.MaxLength)
            throw new LineTooLongException();
        Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(2L * _buffer.Length, least)));
    }
}
