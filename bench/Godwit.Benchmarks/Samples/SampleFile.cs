using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Godwit.Protocol.Rdb;

namespace Godwit.Benchmarks.Samples;

/// <summary>Makes an RDB file of as many keys as one wants, each with one of a few values.</summary>
internal static class SampleFile
{
    private const byte End = 255;

    public static byte[] Create(int keys, params ReadOnlySpan<SampleValue> values)
    {
        var file = new ArrayBufferWriter<byte>();
        var version = values[0].Version;
        file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"REDIS{version.Number:d4}")));
        for (var i = 0; i < keys; i++)
        {
            var value = values[i % values.Length];
            var key = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"key:{i}"));
            // A length below 64 is one byte.
            file.Write([(byte)value.Type, (byte)key.Length]);
            file.Write(key);
            file.Write(value.Bytes);
        }

        file.Write([End]);
        var checksum = Crc64.Append(0, file.WrittenSpan);
        BinaryPrimitives.WriteUInt64LittleEndian(file.GetSpan(sizeof(ulong)), checksum);
        file.Advance(sizeof(ulong));
        return file.WrittenSpan.ToArray();
    }
}
