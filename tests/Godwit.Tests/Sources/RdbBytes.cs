using System.Buffers.Binary;
using System.Text;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Sources;

/// <summary>Writes an RDB file, without a checksum unless asked for one.</summary>
internal sealed class RdbBytes
{
    private readonly List<byte> _bytes = [];

    public RdbBytes(string magic = "REDIS0011") => _bytes.AddRange(Encoding.ASCII.GetBytes(magic));

    public int Length => _bytes.Count;

    public RdbBytes Select(int database) => Raw(254, (byte)database);

    public RdbBytes ExpireAt(long milliseconds)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, milliseconds);
        return Raw(252).Raw(bytes);
    }

    public RdbBytes String(string key, string value) => Raw((byte)RdbType.String).Text(key).Text(value);

    public RdbBytes String(byte[] serializedKey, string value) =>
        Raw((byte)RdbType.String).Raw(serializedKey).Text(value);

    public RdbBytes Function(string code) => Raw(245).Text(code);

    public RdbBytes Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public RdbBytes Text(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length < 64)
            return Raw((byte)bytes.Length).Raw(bytes);

        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        return Raw(0x80).Raw(length).Raw(bytes);
    }

    public byte[] End()
    {
        Raw(255);
        var crc = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(crc, Crc64.Append(0, _bytes.ToArray()));
        return [.. _bytes, .. crc];
    }
}
