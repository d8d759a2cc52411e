using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class Crc64Tests
{
    private const int Longest = 600;
    private static readonly byte[] Data = CreateData();

    [Fact]
    public void Append_CheckString_GivesTheCataloguedValue() =>
        Crc64.Append(0, "123456789"u8).ShouldBe(0xE9C6D914C4B8D9CA);

    [Fact]
    public void Append_NoBytes_LeavesTheChecksum() => Crc64.Append(0x1234, []).ShouldBe(0x1234UL);

    [Fact]
    public void Append_EveryLengthAndOffset_EqualsBitByBit()
    {
        for (var offset = 0; offset < 17; offset++)
        {
            var expected = 0xFEDC_BA98_7654_3210;
            for (var length = 0; length <= Longest; length++)
            {
                var data = Data.AsSpan(offset, length);
                if (length > 0)
                    expected = AppendBitByBit(expected, data[^1]);
                Crc64.Append(0xFEDC_BA98_7654_3210, data).ShouldBe(expected);
                Crc64.AppendByTable(0xFEDC_BA98_7654_3210, data).ShouldBe(expected);
            }
        }
    }

    [Fact]
    public void Append_InTwoParts_EqualsInOne()
    {
        var whole = Crc64.Append(0, Data);
        for (var split = 0; split <= Data.Length; split++)
            Crc64.Append(Crc64.Append(0, Data.AsSpan(0, split)), Data.AsSpan(split)).ShouldBe(whole);
    }

    private static ulong AppendBitByBit(ulong crc, byte value)
    {
        crc ^= value;
        for (var bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x95AC9329AC4BC9B5 : crc >> 1;
        return crc;
    }

    private static byte[] CreateData()
    {
        var data = new byte[Longest + 17];
        new Random(64).NextBytes(data);
        return data;
    }
}
