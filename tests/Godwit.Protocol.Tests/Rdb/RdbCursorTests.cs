using System.Text;
using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class RdbCursorTests
{
    [Theory]
    [InlineData(new byte[] { 0x00 }, 0UL)]
    [InlineData(new byte[] { 0x3F }, 63UL)]
    [InlineData(new byte[] { 0x40, 0x40 }, 64UL)]
    [InlineData(new byte[] { 0x7F, 0xFF }, 16_383UL)]
    [InlineData(new byte[] { 0x80, 0x00, 0x00, 0x40, 0x00 }, 16_384UL)]
    [InlineData(new byte[] { 0x80, 0xFF, 0xFF, 0xFF, 0xFF }, uint.MaxValue)]
    [InlineData(new byte[] { 0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, ulong.MaxValue)]
    public void TryReadLength_EachForm_GivesTheNumber(byte[] bytes, ulong expected)
    {
        var cursor = new RdbCursor(bytes);
        cursor.TryReadLength(out var length).ShouldBeTrue();
        length.ShouldBe(expected);
        cursor.Remaining.ShouldBe(0);

        for (var there = 0; there < bytes.Length; there++)
        {
            cursor = new RdbCursor(bytes.AsSpan(0, there));
            cursor.TryReadLength(out _).ShouldBeFalse();
            cursor.Position.ShouldBe(0);
        }
    }

    [Theory]
    [InlineData(0x82)]
    [InlineData(0xBF)]
    [InlineData(0xC4)]
    [InlineData(0xFF)]
    public void TryReadLength_NoKnownForm_ThrowsWithItsOffset(byte first)
    {
        Should
            .Throw<RdbFormatException>(() =>
            {
                var cursor = new RdbCursor([0, first, 0, 0, 0, 0, 0, 0, 0, 0], 500) { Position = 1 };
                cursor.TryReadLength(out _, out _);
            })
            .Offset.ShouldBe(501);
    }

    [Theory]
    [InlineData(0xC0)]
    [InlineData(0xC3)]
    public void TryReadLength_StringEncoding_Throws(byte first) =>
        Should.Throw<RdbFormatException>(() =>
        {
            var cursor = new RdbCursor([first, 0]);
            cursor.TryReadLength(out _);
        });

    [Theory]
    [InlineData(new byte[] { 0xC0, 0x80 }, "-128")]
    [InlineData(new byte[] { 0xC1, 0xFF, 0x7F }, "32767")]
    [InlineData(new byte[] { 0xC1, 0x00, 0x80 }, "-32768")]
    [InlineData(new byte[] { 0xC2, 0xFF, 0xFF, 0xFF, 0x7F }, "2147483647")]
    [InlineData(new byte[] { 0xC3, 5, 20, 0, 97, 0xE0, 10, 0 }, "aaaaaaaaaaaaaaaaaaaa")]
    [InlineData(new byte[] { 2, 104, 105 }, "hi")]
    public void TryReadString_EachEncoding_GivesTheText(byte[] bytes, string expected)
    {
        using var scratch = new RdbStringBuffer();
        var cursor = new RdbCursor(bytes);
        cursor.TryReadString(scratch, out var value).ShouldBeTrue();
        Encoding.Latin1.GetString(value).ShouldBe(expected);
        cursor.Remaining.ShouldBe(0);

        cursor.Position = 0;
        cursor.TrySkipString().ShouldBeTrue();
        cursor.Remaining.ShouldBe(0);

        for (var there = 0; there < bytes.Length; there++)
        {
            cursor = new RdbCursor(bytes.AsSpan(0, there));
            cursor.TryReadString(scratch, out _).ShouldBeFalse();
            cursor.TrySkipString().ShouldBeFalse();
            cursor.Position.ShouldBe(0);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xC3, 5, 21, 0, 97, 0xE0, 10, 0 })]
    [InlineData(new byte[] { 0xC3, 5, 0x80, 0x7F, 0xFF, 0xFF, 0xC7, 0, 97, 0xE0, 10, 0 })]
    [InlineData(new byte[] { 0xC3, 5, 20, 0, 97, 0xE0, 10, 1 })]
    [InlineData(new byte[] { 0xC3, 0, 1, 97 })]
    [InlineData(new byte[] { 0x80, 0xFF, 0xFF, 0xFF, 0xFF, 1 })]
    [InlineData(new byte[] { 0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1 })]
    public void TryReadString_ClaimThatDoesNotHold_Throws(byte[] bytes)
    {
        using var scratch = new RdbStringBuffer();
        Should.Throw<RdbFormatException>(() => new RdbCursor(bytes).TryReadString(scratch, out _));
    }

    [Fact]
    public void TrySkipString_LongerThanTheBuffer_AsksForMore()
    {
        var cursor = new RdbCursor([0x81, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]);
        cursor.TrySkipString().ShouldBeFalse();
        cursor.Position.ShouldBe(0);
    }

    [Fact]
    public void TryRead_Numbers_AreLittleEndian()
    {
        var cursor = new RdbCursor(new RdbBytes().Raw(9, 1, 2, 3, 4).Int64(-2).Double(1.5).ToArray(), 10);
        cursor.TryReadByte(out var number).ShouldBeTrue();
        number.ShouldBe((byte)9);
        cursor.TryReadUInt32(out var word).ShouldBeTrue();
        word.ShouldBe(0x04030201u);
        cursor.TryReadUInt64(out var wide).ShouldBeTrue();
        wide.ShouldBe(ulong.MaxValue - 1);
        cursor.Offset.ShouldBe(23);
        cursor.TryReadDouble(out var real).ShouldBeTrue();
        real.ShouldBe(1.5);
        cursor.TryReadByte(out _).ShouldBeFalse();
        cursor.TryReadUInt32(out _).ShouldBeFalse();
        cursor.TryReadInt64(out _).ShouldBeFalse();
    }

    [Fact]
    public void Position_OutsideTheBuffer_Throws() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new RdbCursor([1, 2]) { Position = 3 }.Remaining);
}
