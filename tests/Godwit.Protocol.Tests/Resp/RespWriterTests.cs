using System.Buffers;
using System.Globalization;
using System.Text;
using Godwit.Protocol.Resp;

namespace Godwit.Protocol.Tests.Resp;

public sealed class RespWriterTests
{
    [Fact]
    public void WriteCommand_EveryKindOfWord_IsAnArrayOfBulks()
    {
        var output = new ArrayBufferWriter<byte>();

        new RespWriter(output).WriteCommand("SET", "ключ", new byte[] { 0, 13, 10, 255 }, 7, long.MinValue, 1.5);

        var expected =
            "*6\r\n$3\r\nSET\r\n$8\r\nключ\r\n$4\r\n?\r\n$1\r\n7\r\n$20\r\n-9223372036854775808\r\n$3\r\n1.5\r\n";
        var bytes = Encoding.UTF8.GetBytes(expected);
        var at = bytes.AsSpan().IndexOf((byte)'?');
        output.WrittenSpan.ToArray().ShouldBe([.. bytes.AsSpan(0, at), 0, 13, 10, 255, .. bytes.AsSpan(at + 1)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(1_000_000)]
    public void WriteBulk_OfALength_ReadsBack(int length)
    {
        var body = new byte[length];
        new Random(length).NextBytes(body);
        var output = new ArrayBufferWriter<byte>();

        new RespWriter(output).WriteBulk(body);

        var reader = new RespReader(output.WrittenSpan);
        reader.TryRead(out var token).ShouldBeTrue();
        token.Bytes.SequenceEqual(body).ShouldBeTrue();
        reader.Consumed.ShouldBe(output.WrittenCount);
    }

    [Fact]
    public void WriteBulk_IntegersAtEveryWidth_ReadBack()
    {
        var numbers = new List<long> { 0, long.MinValue, long.MaxValue };
        for (var power = 1L; power < long.MaxValue / 10; power *= 10)
            numbers.AddRange([power - 1, power, power + 1, -power, -power + 1]);

        foreach (var number in numbers)
        {
            var text = number.ToString(CultureInfo.InvariantCulture);
            Written(writer => writer.WriteBulk(number)).ShouldBe($"${text.Length}\r\n{text}\r\n");
        }
    }

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(3, "3")]
    [InlineData(-0.0, "-0")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    [InlineData(double.NaN, "nan")]
    [InlineData(5e-324, "5E-324")]
    [InlineData(-2.2250738585072014E-308, "-2.2250738585072014E-308")]
    [InlineData(double.MaxValue, "1.7976931348623157E+308")]
    [InlineData(9007199254740993, "9007199254740992")]
    public void WriteBulk_Double_IsTheShortestThatReadsBack(double number, string expected) =>
        Written(writer => writer.WriteBulk(number)).ShouldBe($"${expected.Length}\r\n{expected}\r\n");

    [Fact]
    public void WriteBulk_RandomDoubles_ReadBackBitByBit()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var number = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsNaN(number))
                continue;
            var written = Encoding.ASCII.GetBytes(Written(writer => writer.WriteBulk(number)));
            RespValue.TryParse(written, out var value, out _).ShouldBeTrue();
            BitConverter.DoubleToInt64Bits(value.Double).ShouldBe(BitConverter.DoubleToInt64Bits(number));
        }
    }

    [Fact]
    public void WriteBulkHeader_ThenRawParts_IsOneBulk() =>
        Written(writer =>
            {
                writer.WriteArrayHeader(2);
                writer.WriteRaw("$3\r\nGET\r\n"u8);
                writer.WriteBulkHeader(12);
                writer.WriteRaw("hello "u8);
                writer.WriteRaw("world!\r\n"u8);
            })
            .ShouldBe("*2\r\n$3\r\nGET\r\n$12\r\nhello world!\r\n");

    private static string Written(Action<RespWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new RespWriter(output));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
