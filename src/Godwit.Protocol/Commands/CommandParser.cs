using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Godwit.Protocol.Commands;

/// <summary>
/// Finds where a command of a replication stream ends, and its words, in a buffer that grows. It goes on where it stopped, so
/// that a command that comes in many pieces is looked at once.
/// </summary>
/// <remarks>
/// A primary sends arrays of bulk strings alone: <c>src/replication.c</c>, replicationFeedSlaves; <c>src/networking.c</c>,
/// processMultibulkBuffer is the other side.
/// </remarks>
[SuppressMessage("Performance", "CA1815", Justification = "A parser has a state, which nobody compares.")]
public struct CommandParser
{
    // A line feed after the carriage return.
    private const int LineEnd = 2;

    // As many as a number of 31 bits has: no count or length of a command that fits in a buffer has more.
    private const int MaxDigits = 10;

    private int _position;
    private int _pending;
    private long _needed;

    /// <summary>Tries again with what is there now.</summary>
    /// <param name="buffer">From the command's first byte, each time with more behind it.</param>
    /// <param name="words">Gets the words that are whole, from where they lie in <paramref name="buffer"/>.</param>
    /// <param name="length">The command's bytes, once it is whole.</param>
    /// <param name="offset">What came before the buffer, in bytes: errors count from there.</param>
    /// <returns>False if more data is needed. After true a new parser takes the next command.</returns>
    /// <exception cref="ProtocolException">This is no command.</exception>
    public bool TryParse(ReadOnlySpan<byte> buffer, ICollection<ArgumentRange> words, out int length, long offset)
    {
        ArgumentNullException.ThrowIfNull(words);
        length = 0;
        if (buffer.Length < _needed)
            return false;

        if (_position == 0)
        {
            if (!TryReadHead(buffer, (byte)'*', least: 1, offset, out var count, out var next))
                return false;
            (_position, _pending) = (next, count);
        }

        while (_pending > 0)
        {
            if (!TryReadHead(buffer[_position..], (byte)'$', least: 0, offset + _position, out var bytes, out var head))
                return false;

            var start = _position + head;
            var end = (long)start + bytes;
            if (end + LineEnd > buffer.Length)
            {
                _needed = end + LineEnd;
                return false;
            }

            if (buffer[(int)end] != '\r' || buffer[(int)end + 1] != '\n')
                Throw(offset + end, "a line's end after a word's last byte", "something else");
            words.Add(new ArgumentRange(start, bytes));
            _position = (int)end + LineEnd;
            _pending--;
        }

        length = _position;
        return true;
    }

    private static bool TryReadHead(
        ReadOnlySpan<byte> buffer,
        byte mark,
        int least,
        long offset,
        out int number,
        out int length
    )
    {
        number = 0;
        length = 0;
        if (buffer.IsEmpty)
            return false;
        if (buffer[0] != mark)
            Throw(offset, $"{(char)mark}", string.Create(CultureInfo.InvariantCulture, $"byte 0x{buffer[0]:x2}"));

        var position = 1;
        var value = 0L;
        for (; position < buffer.Length; position++)
        {
            var digit = (uint)(buffer[position] - '0');
            if (digit > 9)
                break;
            if (position > MaxDigits)
                Throw(offset + 1, "a number of 31 bits", "a longer one");
            value = (value * 10) + digit;
        }

        if (position >= buffer.Length)
            return false;
        if (position == 1 || buffer[position] != '\r')
            Throw(
                offset + position,
                "a number's digits and a line's end",
                string.Create(CultureInfo.InvariantCulture, $"byte 0x{buffer[position]:x2}")
            );
        if (value < least || value > int.MaxValue)
            Throw(
                offset + 1,
                string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {int.MaxValue}"),
                value.ToString(CultureInfo.InvariantCulture)
            );
        if (position + 1 >= buffer.Length)
            return false;
        if (buffer[position + 1] != '\n')
            Throw(offset + position + 1, "a line feed after the carriage return", "something else");

        number = (int)value;
        length = position + LineEnd;
        return true;
    }

    [DoesNotReturn]
    private static void Throw(long offset, string expected, string found) =>
        throw new ProtocolException(offset, expected, found);
}
