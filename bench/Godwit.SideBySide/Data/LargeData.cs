using System.Buffers;
using System.Globalization;
using System.Text;
using Godwit.Protocol.Resp;

namespace Godwit.SideBySide.Data;

/// <summary>A few values that are each larger than most data sets.</summary>
internal sealed class LargeData(double scale) : DataSet
{
    private const int StringLength = 10_000_000;
    private const int PerCommand = 500;
    private const ulong Seed = 10_000_000;

    private readonly int _strings = Scaled(200, scale);
    private readonly int _listElements = Scaled(20_000_000, scale);
    private readonly int _hashFields = Scaled(10_000_000, scale);

    public override string Name => DataNames.Large;

    public override string Size =>
        string.Create(CultureInfo.InvariantCulture, $"{_strings}-{_listElements}-{_hashFields}");

    public override string Description =>
        $"{_strings} strings of 10 MB, every other one compressible; a list of {Grouped(_listElements)} elements; "
        + $"a hash of {Grouped(_hashFields)} fields";

    public override bool StrainsTheTarget => true;

    public override IEnumerable<int> Fill(IBufferWriter<byte> output)
    {
        var random = new SeededRandom(Seed);
        return Strings(output, random).Concat(List(output, random)).Concat(Hash(output, random));
    }

    private static int Scaled(int count, double scale) => (int)Math.Max(1, Math.Round(count * scale));

    private IEnumerable<int> Strings(IBufferWriter<byte> output, SeededRandom random)
    {
        var value = new byte[StringLength];
        for (var i = 0; i < _strings; i++)
        {
            if (i % 2 == 0)
                random.FillBytes(value);
            else
                random.FillWords(value);
            new RespWriter(output).WriteCommand("SET", $"large:string:{i}", value);
            yield return 1;
        }
    }

    private IEnumerable<int> List(IBufferWriter<byte> output, SeededRandom random)
    {
        var element = new byte[20];
        for (var done = 0; done < _listElements; )
        {
            var count = Math.Min(PerCommand, _listElements - done);
            var writer = new RespWriter(output);
            writer.WriteArrayHeader(2 + count);
            writer.WriteBulk("RPUSH"u8);
            writer.WriteBulk("large:list"u8);
            for (var i = 0; i < count; i++)
            {
                var length = random.Between(4, element.Length);
                random.FillText(element.AsSpan(0, length));
                writer.WriteBulk(element.AsSpan(0, length));
            }

            done += count;
            yield return 1;
        }
    }

    private IEnumerable<int> Hash(IBufferWriter<byte> output, SeededRandom random)
    {
        var field = new byte[20];
        var value = new byte[24];
        for (var done = 0; done < _hashFields; )
        {
            var count = Math.Min(PerCommand, _hashFields - done);
            var writer = new RespWriter(output);
            writer.WriteArrayHeader(2 + (2 * count));
            writer.WriteBulk("HSET"u8);
            writer.WriteBulk("large:hash"u8);
            for (var i = 0; i < count; i++)
            {
                var name = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"f{done + i}"), field);
                writer.WriteBulk(field.AsSpan(0, name));
                var length = random.Between(4, value.Length);
                random.FillText(value.AsSpan(0, length));
                writer.WriteBulk(value.AsSpan(0, length));
            }

            done += count;
            yield return 1;
        }
    }
}
