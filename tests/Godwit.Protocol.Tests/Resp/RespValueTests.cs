using System.Text;
using Godwit.Protocol.Resp;

namespace Godwit.Protocol.Tests.Resp;

public sealed class RespValueTests
{
    public static TheoryData<string, string> Payloads => RespPayloads.All;

    [Theory]
    [MemberData(nameof(Payloads))]
    public void TryParse_WholeReply_GivesTheSameAsTheTokens(string payload, string expected)
    {
        var bytes = RespPayloads.Bytes(payload);

        RespValue.TryParse([.. bytes, .. ":1\r\n"u8], out var value, out var consumed).ShouldBeTrue();

        consumed.ShouldBe(bytes.Length);
        RespPayloads.Describe(value).ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void TryParse_CutAnywhere_Waits(string payload, string expected)
    {
        _ = expected;
        var bytes = RespPayloads.Bytes(payload);
        for (var cut = 0; cut < bytes.Length; cut++)
            RespValue.TryParse(bytes.AsSpan(0, cut), out _, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(":1\r\n:2\r\n", 4)]
    [InlineData("*2\r\n:1\r\n", 4)]
    [InlineData("*2\r\n:1\r\n:", 4)]
    [InlineData("*2\r\n$2\r\nab\r\n", 12)]
    [InlineData("*16777216\r\n", 11)]
    [InlineData("", 0)]
    public void Parse_NotJustOneWholeReply_Throws(string payload, int offset)
    {
        var bytes = RespPayloads.Bytes(payload);

        Should.Throw<ProtocolException>(() => RespValue.Parse(bytes)).Offset.ShouldBe(offset);
    }

    [Fact]
    public void TryParse_BufferChangesLater_KeepsItsOwnBytes()
    {
        var buffer = "$5\r\nhello\r\n"u8.ToArray();
        RespValue.TryParse(buffer, out var value, out _).ShouldBeTrue();

        buffer.AsSpan().Clear();

        value.Text.ShouldBe("hello");
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void TryParse_NestedDeeply_StopsAtTheLimit(int levels, bool allowed)
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*1\r\n", levels - 1)) + ":1\r\n");

        if (allowed)
            RespValue.TryParse(bytes, out _, out _).ShouldBeTrue();
        else
            Should.Throw<ProtocolException>(() => RespValue.TryParse(bytes, out _, out _));
    }

    [Fact]
    public void TryParse_AMillionLevels_ThrowsAndKeepsTheStack()
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*1\r\n", 1_000_000)) + ":1\r\n");

        Should.Throw<ProtocolException>(() => RespValue.TryParse(bytes, out _, out _));
    }

    [Fact]
    public void TryParse_HugeCountsWithoutElements_WaitsWithoutAllocating()
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*16777216\r\n", 100)));
        var before = GC.GetAllocatedBytesForCurrentThread();

        RespValue.TryParse(bytes, out _, out _).ShouldBeFalse();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
    }

    [Theory]
    [InlineData("%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n")]
    [InlineData("*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n")]
    public void Indexer_MapOrFlatArray_FindsByKey(string payload)
    {
        RespValue.TryParse(RespPayloads.Bytes(payload), out var value, out _).ShouldBeTrue();

        value["server"]!.Text.ShouldBe("redis");
        value["proto"]!.Integer.ShouldBe(3);
        value["redis"].ShouldBeNull();
    }

    [Theory]
    [InlineData(":42\r\n", 42, 42d)]
    [InlineData("$2\r\n42\r\n", 42, 42d)]
    [InlineData("+42\r\n", 42, 42d)]
    [InlineData("#t\r\n", 1, null)]
    [InlineData("$4\r\n-inf\r\n", null, double.NegativeInfinity)]
    [InlineData(",2.5\r\n", null, 2.5)]
    [InlineData("$3\r\n2.5\r\n", null, 2.5)]
    [InlineData("_\r\n", null, null)]
    [InlineData("*0\r\n", null, null)]
    [InlineData("$4\r\n 42 \r\n", null, null)]
    public void IntegerAndDouble_OfEachKind_AreItsNumberOrAnError(string payload, int? integer, double? number)
    {
        RespValue.TryParse(RespPayloads.Bytes(payload), out var value, out _).ShouldBeTrue();

        if (integer is { } expected)
            value.Integer.ShouldBe(expected);
        else
            Should.Throw<ProtocolException>(() => value.Integer);
        if (number is { } expectedNumber)
            value.Double.ShouldBe(expectedNumber);
        else
            Should.Throw<ProtocolException>(() => value.Double);
    }

    [Fact]
    public void ToString_OfAValue_DoesNotShowIt()
    {
        RespValue.TryParse("$6\r\nsecret\r\n"u8, out var value, out _).ShouldBeTrue();

        value.ToString().ShouldBe("BulkString of 6 bytes");
    }
}
