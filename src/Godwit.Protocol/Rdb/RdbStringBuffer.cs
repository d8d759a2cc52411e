using System.Buffers;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// Room for one string that is not in its input as such (an integer, or compressed). It owns one pooled array, which the
/// next string reuses, so a span out of it lives until the next string is read into the same buffer, or until disposal.
/// Not safe for use by several threads at once.
/// </summary>
public sealed class RdbStringBuffer : IDisposable
{
    /// <summary>What is kept for good. One huge string must not hold its memory for the rest of a run.</summary>
    private const int Kept = 1 << 20;

    private byte[] _array = [];

    /// <summary>Gives the array back to its pool.</summary>
    public void Dispose() => Return();

    /// <summary>The array that holds the string, from its start.</summary>
    internal byte[] Array => _array;

    /// <summary>Room for exactly <paramref name="length"/> bytes, in place of what was there.</summary>
    internal Span<byte> Take(int length)
    {
        if (_array.Length < length || (_array.Length > Kept && length <= Kept))
        {
            Return();
            _array = ArrayPool<byte>.Shared.Rent(length);
        }

        return _array.AsSpan(0, length);
    }

    private void Return()
    {
        if (_array.Length != 0)
            ArrayPool<byte>.Shared.Return(_array);
        _array = [];
    }
}
