namespace Godwit.Configuration;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("512B", 512)]
    [InlineData("1K", 1024)]
    [InlineData("1KiB", 1024)]
    [InlineData("1kB", 1000)]
    [InlineData("256MiB", 256L << 20)]
    [InlineData("256 mib", 256L << 20)]
    [InlineData(" 1.5GiB ", 3L << 29)]
    [InlineData("2GB", 2_000_000_000)]
    [InlineData("7EiB", 7L << 60)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void TryParse_Size_GivesBytes(string text, long bytes)
    {
        ByteSize.TryParse(text, out var size).ShouldBeTrue();
        size.Bytes.ShouldBe(bytes);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("1,5GiB")]
    [InlineData("1.2.3")]
    [InlineData("1 parsec")]
    [InlineData("1e3")]
    [InlineData("8EiB")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999999999")]
    public void TryParse_NoSize_IsFalse(string? text) => ByteSize.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(1536, "1.50 KiB")]
    [InlineData(10 * 1024 - 1, "10.0 KiB")]
    [InlineData(100 * 1024 - 1, "100 KiB")]
    [InlineData(1024 * 1024 - 1, "1.00 MiB")]
    [InlineData(256L << 20, "256 MiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    public void ToString_Bytes_HasUnit(long bytes, string text) => new ByteSize(bytes).ToString().ShouldBe(text);
}
