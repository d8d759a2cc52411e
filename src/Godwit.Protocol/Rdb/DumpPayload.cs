using System.Buffers.Binary;

namespace Godwit.Protocol.Rdb;

/// <summary>
/// What DUMP gives and RESTORE takes: the type's byte, the value, two bytes of RDB version, little endian, and the
/// <see cref="Crc64"/> of all that, little endian.
/// </summary>
/// <remarks>Source: <c>src/cluster.c</c>, createDumpPayload and verifyDumpPayload.</remarks>
public static class DumpPayload
{
    /// <summary>Bytes of version and checksum behind the value.</summary>
    public const int FooterLength = VersionLength + sizeof(ulong);

    private const int VersionLength = sizeof(ushort);
    private const int TypeLength = 1;

    /// <summary>Takes a payload apart and checks it. Unlike in a file, a checksum of 0 is not "none": servers check it too.</summary>
    /// <param name="payload">All of it.</param>
    /// <param name="type">Its type, which need not be one that is known here.</param>
    /// <param name="version">Its version, likewise.</param>
    /// <param name="value">The value, a part of <paramref name="payload"/>.</param>
    /// <exception cref="RdbFormatException">It is too short, or its checksum does not match.</exception>
    public static void Read(
        ReadOnlySpan<byte> payload,
        out RdbType type,
        out RdbVersion version,
        out ReadOnlySpan<byte> value
    )
    {
        if (payload.Length < TypeLength + FooterLength)
            RdbThrow.Malformed("A DUMP payload ends before its type and footer do", payload.Length);

        var crcAt = payload.Length - sizeof(ulong);
        var written = BinaryPrimitives.ReadUInt64LittleEndian(payload[crcAt..]);
        var computed = Crc64.Append(0, payload[..crcAt]);
        if (written != computed)
        {
            RdbThrow.Malformed(
                $"A DUMP payload's checksum is {written:x16} where its bytes give {computed:x16}",
                crcAt
            );
        }

        type = (RdbType)payload[0];
        version = RdbVersion.OfPayload(BinaryPrimitives.ReadUInt16LittleEndian(payload[^FooterLength..]));
        value = payload[TypeLength..^FooterLength];
    }

    /// <summary>The checksum of a type, a value and a version, which need not lie together.</summary>
    public static ulong Sign(RdbType type, ReadOnlySpan<byte> value, int version)
    {
        Span<byte> number = stackalloc byte[VersionLength];
        BinaryPrimitives.WriteUInt16LittleEndian(number, checked((ushort)version));
        var crc = Crc64.Append(0, [(byte)type]);
        return Crc64.Append(Crc64.Append(crc, value), number);
    }

    /// <summary>Writes what stands behind the value.</summary>
    /// <param name="footer">At least <see cref="FooterLength"/> bytes.</param>
    /// <param name="version">The RDB version, 0 to 65535.</param>
    /// <param name="crc">The checksum of type, value and version, as <see cref="Sign"/> gives it.</param>
    public static void WriteFooter(Span<byte> footer, int version, ulong crc)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(footer, checked((ushort)version));
        BinaryPrimitives.WriteUInt64LittleEndian(footer[VersionLength..], crc);
    }
}
