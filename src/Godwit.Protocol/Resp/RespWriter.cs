using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Godwit.Protocol.Resp;

/// <summary>
/// Writes commands: an array's head, then that many bulk strings. Nothing is held back: after each call the bytes are in the
/// output. It does not check that as many bulks come as the head has announced.
/// </summary>
/// <param name="output">Takes the bytes; the writer does not own it.</param>
public readonly ref struct RespWriter(IBufferWriter<byte> output)
{
    // '$' or '*', 20 characters of a 64-bit number, the line's end.
    private const int MaxHead = 23;

    // The longest double that .NET writes has 24 characters ("-2.2250738585072014E-308").
    private const int MaxNumber = 32;

    private const int LineEnd = 2;

    // Up to here head, body and end are written into one span; above, the output may take the body piece by piece.
    private const int MaxInOnePiece = 4096;

    private readonly IBufferWriter<byte> _output = output;

    /// <summary>Begins a command of <paramref name="count"/> words, its name among them.</summary>
    public void WriteArrayHeader(int count)
    {
        Debug.Assert(count > 0, "A command has a name.");
        WriteHead((byte)'*', count);
    }

    /// <summary>Begins a bulk string of <paramref name="length"/> bytes; they and <c>\r\n</c> follow by <see cref="WriteRaw"/> or past the output.</summary>
    public void WriteBulkHeader(long length)
    {
        Debug.Assert(length >= 0, "A bulk has no negative length.");
        WriteHead((byte)'$', length);
    }

    /// <summary>Writes bytes as one bulk string.</summary>
    public void WriteBulk(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxInOnePiece)
        {
            WriteHead((byte)'$', bytes.Length);
            _output.Write(bytes);
            _output.Write("\r\n"u8);
            return;
        }

        var span = _output.GetSpan(MaxHead + bytes.Length + LineEnd);
        var position = Head(span, (byte)'$', bytes.Length);
        bytes.CopyTo(span[position..]);
        position += bytes.Length;
        _output.Advance(End(span, position));
    }

    /// <summary>Writes text as one bulk string of UTF-8.</summary>
    public void WriteBulk(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var span = _output.GetSpan(MaxHead + length + LineEnd);
        var position = Head(span, (byte)'$', length);
        position += Encoding.UTF8.GetBytes(text, span[position..]);
        _output.Advance(End(span, position));
    }

    /// <summary>Writes an integer as one bulk string.</summary>
    public void WriteBulk(long integer)
    {
        Span<byte> text = stackalloc byte[MaxNumber];
        integer.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        WriteBulk(text[..length]);
    }

    /// <summary>
    /// Writes a double as one bulk string: the shortest text that reads back to the same number, and <c>inf</c>, <c>-inf</c>,
    /// <c>nan</c> as servers spell them.
    /// </summary>
    public void WriteBulk(double number)
    {
        if (!double.IsFinite(number))
        {
            WriteBulk(
                double.IsNaN(number) ? "nan"u8
                : number > 0 ? "inf"u8
                : "-inf"u8
            );
            return;
        }

        Span<byte> text = stackalloc byte[MaxNumber];
        number.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        WriteBulk(text[..length]);
    }

    /// <summary>Writes a whole command.</summary>
    public void WriteCommand(params ReadOnlySpan<RespArgument> words)
    {
        WriteArrayHeader(words.Length);
        foreach (ref readonly var word in words)
            word.WriteTo(this);
    }

    /// <summary>Writes bytes as they are: parts of a command that are always the same and are encoded once.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    private void WriteHead(byte mark, long number) => _output.Advance(Head(_output.GetSpan(MaxHead), mark, number));

    private static int Head(Span<byte> span, byte mark, long number)
    {
        span[0] = mark;

        // Most words are short: one digit or two, for which the general way costs more than all the rest.
        if ((ulong)number < 10)
        {
            span[1] = (byte)('0' + number);
            return End(span, 2);
        }

        if ((ulong)number < 100)
        {
            var (tens, ones) = Math.DivRem((uint)number, 10);
            span[2] = (byte)('0' + ones);
            span[1] = (byte)('0' + tens);
            return End(span, 3);
        }

        number.TryFormat(span[1..], out var digits, default, CultureInfo.InvariantCulture);
        return End(span, 1 + digits);
    }

    private static int End(Span<byte> span, int position)
    {
        span[position + 1] = (byte)'\n';
        span[position] = (byte)'\r';
        return position + LineEnd;
    }
}
