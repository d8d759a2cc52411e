using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Godwit.Verification.Files;

/// <summary>
/// Stands for a key where there is no room for names: half of a SHA-256, so that no two keys are taken for each other, not even by
/// somebody who chooses them.
/// </summary>
internal static class KeyHash
{
    private const int MostOnStack = 512;

    /// <summary>Of a key in a database.</summary>
    public static UInt128 Of(int database, ReadOnlySpan<byte> key)
    {
        var length = sizeof(int) + key.Length;
        byte[]? rented = null;
        var bytes = length <= MostOnStack ? stackalloc byte[MostOnStack] : rented = ArrayPool<byte>.Shared.Rent(length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, database);
        key.CopyTo(bytes[sizeof(int)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
