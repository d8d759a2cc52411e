using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Godwit.Json;

/// <summary>Tells whether a string that comes in parts of any length is plain, as <see cref="BinaryText.IsPlain"/> does for a whole one.</summary>
internal sealed class PlainTextCheck
{
    private const int LongestCharacter = 4;

    // The beginning of a character whose end is in the next part.
    private readonly byte[] _cut = new byte[LongestCharacter];
    private int _cutLength;
    private int _length;
    private bool _hasPrefix = true;
    private bool _isValid = true;

    /// <summary>True if all parts together can stand in JSON as they are.</summary>
    public bool IsPlain => _isValid && _cutLength == 0 && !(_hasPrefix && _length == Prefix.Length);

    private static ReadOnlySpan<byte> Prefix => "base64:"u8;

    /// <summary>The next part.</summary>
    public void Add(ReadOnlySpan<byte> part)
    {
        if (_length < Prefix.Length)
        {
            var head = part[..Math.Min(part.Length, Prefix.Length - _length)];
            _hasPrefix &= head.SequenceEqual(Prefix.Slice(_length, head.Length));
            _length += head.Length;
        }

        if (_isValid && _cutLength > 0)
            part = Complete(part);
        if (!_isValid || part.Length == 0)
            return;

        var cut = CutLength(part);
        part[^cut..].CopyTo(_cut);
        _cutLength = cut;
        _isValid = Utf8.IsValid(part[..^cut]);
    }

    // Gives what is behind the character that was cut.
    private ReadOnlySpan<byte> Complete(ReadOnlySpan<byte> part)
    {
        var more = Math.Min(part.Length, LongestCharacter - _cutLength);
        part[..more].CopyTo(_cut.AsSpan(_cutLength));
        var there = _cutLength + more;
        var status = Rune.DecodeFromUtf8(_cut.AsSpan(0, there), out _, out var used);
        switch (status)
        {
            case OperationStatus.Done:
                part = part[(used - _cutLength)..];
                _cutLength = 0;
                return part;
            case OperationStatus.NeedMoreData:
                _cutLength = there;
                return [];
            default:
                _isValid = false;
                return [];
        }
    }

    // How many bytes at the end may be the beginning of a character: its first byte tells how many there must be.
    private static int CutLength(ReadOnlySpan<byte> part)
    {
        for (var back = 1; back < LongestCharacter && back <= part.Length; back++)
        {
            var value = part[^back];
            if ((value & 0xC0) == 0x80)
                continue;
            var length = value switch
            {
                >= 0xF0 => 4,
                >= 0xE0 => 3,
                >= 0xC0 => 2,
                _ => 1,
            };
            return length > back ? back : 0;
        }

        return 0;
    }
}
