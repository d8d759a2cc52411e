using System.Buffers;
using System.Globalization;
using System.Text;
using Godwit.Protocol.Resp;

namespace Godwit.SideBySide.Data;

/// <summary>Strings of 100 bytes, and nothing else.</summary>
internal sealed class SmallData(long keys) : DataSet
{
    private const int ValueLength = 100;
    private const ulong Seed = 100;

    public override string Name => DataNames.Small;

    public override string Size => keys.ToString(CultureInfo.InvariantCulture);

    public override string Description =>
        $"{Grouped(keys)} strings of {ValueLength} random letters; keys of 6 to 46 bytes";

    public override IEnumerable<int> Fill(IBufferWriter<byte> output)
    {
        var random = new SeededRandom(Seed);
        var value = new byte[ValueLength];
        var key = new byte[64];
        for (var i = 0L; i < keys; i++)
        {
            random.FillText(value);
            new RespWriter(output).WriteArrayHeader(3);
            new RespWriter(output).WriteBulk("SET"u8);
            new RespWriter(output).WriteBulk(Key(key, i, random));
            new RespWriter(output).WriteBulk(value);
            yield return 1;
        }
    }

    private static ReadOnlySpan<byte> Key(byte[] buffer, long number, SeededRandom random)
    {
        var length = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"key:{number:d}:"), buffer);
        var suffix = random.Between(0, 32);
        random.FillText(buffer.AsSpan(length, suffix));
        return buffer.AsSpan(0, length + suffix);
    }
}
