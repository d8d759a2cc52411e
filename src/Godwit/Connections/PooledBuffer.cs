using System.Buffers;

namespace Godwit.Connections;

/// <summary>
/// Buffers of connections: from the pool while they are of common size. A longer one, which one long value needs, is made to
/// measure and left to the collector: the pool would round it up to a power of two, and keep it.
/// </summary>
internal static class PooledBuffer
{
    /// <summary>Up to here a buffer is pooled, and worth keeping between two replies. In bytes.</summary>
    public const int MaxPooled = 1024 * 1024;

    /// <summary>A buffer of at least this length; its content is not defined. Its taker owns it.</summary>
    public static byte[] Rent(int length) =>
        length <= MaxPooled ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);

    /// <summary>Gives it back; nothing may touch it after that.</summary>
    public static void Return(byte[] buffer)
    {
        if (buffer.Length is > 0 and <= MaxPooled)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
