using Godwit.Protocol.Rdb;
using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb.Packed;

public sealed class IntsetReaderTests
{
    [Theory]
    [InlineData(2, (long)short.MinValue, (long)short.MaxValue)]
    [InlineData(4, (long)int.MinValue, (long)int.MaxValue)]
    [InlineData(8, long.MinValue, long.MaxValue)]
    public void TryRead_EachSize_GivesItsExtremes(int size, long lowest, long highest) =>
        Read(PackedBytes.Intset(size, lowest, 0, highest)).ShouldBe([$"{lowest}", "0", $"{highest}"]);

    [Theory]
    [InlineData(0, 3)]
    [InlineData(0, 0)]
    [InlineData(0, 4)]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 3)]
    [InlineData(7, 0x80)]
    public void Constructor_HeaderThatDoesNotFit_Throws(int index, byte value)
    {
        var intset = PackedBytes.Intset(2, 1, 2);
        intset[index] = value;
        Should.Throw<RdbFormatException>(() => Read(intset));
    }

    [Fact]
    public void Constructor_TooShort_Throws() => Should.Throw<RdbFormatException>(() => Read([2, 0, 0, 0, 0, 0, 0]));

    private static List<string> Read(byte[] blob)
    {
        var reader = new IntsetReader(blob, new BlobPosition(0, IsInPlace: true));
        return PackedReading.ReadAll(ref reader);
    }
}
