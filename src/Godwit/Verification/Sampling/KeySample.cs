using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Godwit.Verification.Sampling;

/// <summary>
/// Chooses some of all keys by their names, so that both sides choose the same ones, and one run the same as the next.
/// </summary>
/// <param name="percent">Of a hundred keys, so many on average: above 0, up to 100.</param>
internal sealed class KeySample(double percent)
{
    private readonly double _fraction = percent / 100;

    /// <summary>All keys belong to it.</summary>
    public bool IsEverything => percent >= 100;

    /// <summary>True if this key belongs to it.</summary>
    public bool Includes(ReadOnlySpan<byte> key)
    {
        if (IsEverything)
            return true;

        // Names that resemble each other are not to be chosen together, which a simple sum would do.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) / (double)ulong.MaxValue < _fraction;
    }

    /// <summary>The keys that belong to it.</summary>
    public async IAsyncEnumerable<byte[][]> ChooseAsync(IAsyncEnumerable<byte[][]> names)
    {
        await foreach (var keys in names.ConfigureAwait(false))
        {
            if (IsEverything)
                yield return keys;
            else if (keys.Where(key => Includes(key)).ToArray() is { Length: > 0 } chosen)
                yield return chosen;
        }
    }
}
