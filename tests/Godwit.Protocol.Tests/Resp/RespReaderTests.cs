using System.Text;
using Godwit.Protocol.Resp;

namespace Godwit.Protocol.Tests.Resp;

public sealed class RespReaderTests
{
    public static TheoryData<string, string> Payloads => RespPayloads.All;

    [Theory]
    [MemberData(nameof(Payloads))]
    public void TryRead_WholeReply_GivesItsTokens(string payload, string expected)
    {
        var bytes = RespPayloads.Bytes(payload);
        var reader = new RespReader(bytes);

        RespPayloads.Describe(ref reader).ShouldBe(expected);

        reader.Consumed.ShouldBe(bytes.Length);
        reader.TryRead(out _).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void TryRead_CutAnywhere_WaitsAndStaysWhereItWas(string payload, string expected)
    {
        _ = expected;
        var bytes = RespPayloads.Bytes(payload);
        for (var cut = 0; cut < bytes.Length; cut++)
        {
            var reader = new RespReader(bytes.AsSpan(0, cut));
            var consumed = 0;
            while (reader.TryRead(out _))
            {
                reader.Consumed.ShouldBeGreaterThan(consumed);
                consumed = reader.Consumed;
            }

            reader.Consumed.ShouldBe(consumed);

            // What it had read, and what it goes on to read from there, is the reply.
            var rest = new RespReader(bytes.AsSpan(consumed));
            while (rest.TryRead(out _)) { }
            (consumed + rest.Consumed).ShouldBe(bytes.Length);
        }
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void TryMeasure_CutAnywhere_FindsTheEndOnlyOfTheWhole(string payload, string expected)
    {
        _ = expected;
        var bytes = RespPayloads.Bytes(payload);
        for (var cut = 0; cut < bytes.Length; cut++)
            RespReader.TryMeasure(bytes.AsSpan(0, cut), out _).ShouldBeFalse($"cut at {cut}");

        RespReader.TryMeasure([.. bytes, .. "+trailing"u8], out var length).ShouldBeTrue();
        length.ShouldBe(bytes.Length);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void TryMeasure_AByteAtATime_NeverNeedsMoreThanTheReply(string payload, string expected)
    {
        _ = expected;
        var bytes = RespPayloads.Bytes(payload);
        var measure = new ReplyMeasure();
        for (var given = 0; given < bytes.Length; given++)
        {
            measure.TryMeasure(bytes.AsSpan(0, given), out _).ShouldBeFalse();
            measure.Needed.ShouldBeInRange(given + 1, bytes.Length);
        }

        measure.TryMeasure(bytes, out var length).ShouldBeTrue();
        length.ShouldBe(bytes.Length);
    }

    [Fact]
    public void Needed_HeadOfALongBulk_IsTheWholeLength()
    {
        var measure = new ReplyMeasure();

        measure.TryMeasure("*2\r\n:1\r\n$1000\r\nab"u8, out _).ShouldBeFalse();

        measure.Needed.ShouldBe("*2\r\n:1\r\n$1000\r\n".Length + 1000 + 2);
    }

    [Fact]
    public void TryReadHead_Bulk_LeavesItsBodyToTheCaller()
    {
        var reader = new RespReader("$600\r\nabc"u8);

        reader.TryReadHead(out var token).ShouldBeTrue();

        token.Kind.ShouldBe(RespKind.BulkString);
        token.Length.ShouldBe(600);
        token.Bytes.IsEmpty.ShouldBeTrue();
        reader.Consumed.ShouldBe("$600\r\n".Length);
    }

    [Theory]
    [InlineData("$-1\r\n", RespKind.Null)]
    [InlineData("-ERR no\r\n", RespKind.Error)]
    public void TryReadHead_NoBulk_ReadsItWhole(string payload, RespKind expected)
    {
        var bytes = RespPayloads.Bytes(payload);
        var reader = new RespReader(bytes);

        reader.TryReadHead(out var token).ShouldBeTrue();

        token.Kind.ShouldBe(expected);
        reader.Consumed.ShouldBe(bytes.Length);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", 0)]
    [InlineData("\r\n", 0)]
    [InlineData("\0", 0)]
    [InlineData("+OK\rx", 4)]
    [InlineData(":\r\n", 1)]
    [InlineData(":-\r\n", 2)]
    [InlineData(":1a\r\n", 2)]
    [InlineData(":1\rx", 3)]
    [InlineData(":9223372036854775808\r\n", 1)]
    [InlineData(":-9223372036854775809\r\n", 1)]
    [InlineData(":99999999999999999999", 1)]
    [InlineData("$-2\r\n", 1)]
    [InlineData("$537919489\r\n", 1)]
    [InlineData("$9223372036854775807\r\n", 1)]
    [InlineData("$?\r\n", 1)]
    [InlineData("$3\r\nabcde", 7)]
    [InlineData("$3\r\nabc\rx", 8)]
    [InlineData("*-2\r\n", 1)]
    [InlineData("*?\r\n", 1)]
    [InlineData("*16777217\r\n", 1)]
    [InlineData("%16777217\r\n", 1)]
    [InlineData("%-1\r\n", 1)]
    [InlineData("~-1\r\n", 1)]
    [InlineData("!-1\r\n", 1)]
    [InlineData("=3\r\nabc\r\n", 1)]
    [InlineData("=5\r\nabcde\r\n", 7)]
    [InlineData("_x\r\n", 1)]
    [InlineData("#x\r\n", 1)]
    [InlineData("#\r\n", 1)]
    [InlineData(",\r\n", 1)]
    [InlineData(",1.5x\r\n", 1)]
    [InlineData(", 1\r\n", 1)]
    [InlineData(",infi\r\n", 1)]
    [InlineData("(\r\n", 1)]
    [InlineData("(12a\r\n", 1)]
    public void TryRead_Malformed_ThrowsWithTheOffset(string payload, int offset)
    {
        var bytes = RespPayloads.Bytes(payload);

        var error = Should.Throw<ProtocolException>(() => new RespReader(bytes, offset: 1000).TryRead(out _));

        error.Offset.ShouldBe(1000 + offset);
        Should.Throw<ProtocolException>(() => RespReader.TryMeasure(bytes, out _)).Offset.ShouldBe(offset);
    }

    [Fact]
    public void TryRead_EndlessLine_ThrowsAtTheLimit()
    {
        var limits = new RespLimits { MaxLineLength = 10 };
        var longest = RespPayloads.Bytes("+0123456789\r\n");
        new RespReader(longest, limits).TryRead(out var token).ShouldBeTrue();
        token.Bytes.Length.ShouldBe(10);

        Should
            .Throw<ProtocolException>(() => new RespReader("+01234567890"u8, limits).TryRead(out _))
            .Expected.ShouldContain("10 bytes");
    }

    [Theory]
    [InlineData("$11\r\n")]
    [InlineData("*4\r\n")]
    public void TryRead_BeyondAGivenLimit_Throws(string payload)
    {
        var limits = new RespLimits { MaxBulkLength = 10, MaxAggregateCount = 3 };
        var bytes = RespPayloads.Bytes(payload);

        Should.Throw<ProtocolException>(() => new RespReader(bytes, limits).TryRead(out _));
    }

    [Fact]
    public void TryRead_RandomBytes_WaitsOrThrowsAndNeverReadsBeyond()
    {
        var random = new Random(20240607);
        var alphabet = "+-:$*_#,(!=%~>|0123456789\r\n\r\n\r\nabt?"u8.ToArray();
        for (var round = 0; round < 200_000; round++)
        {
            var bytes = random.GetItems(alphabet, random.Next(1, 24));
            try
            {
                var measured = RespReader.TryMeasure(bytes, out var length);
                var reader = new RespReader(bytes);
                while (reader.TryRead(out _)) { }

                reader.Consumed.ShouldBeLessThanOrEqualTo(bytes.Length);
                if (measured)
                    length.ShouldBeInRange(3, bytes.Length);
            }
            catch (ProtocolException error)
            {
                error.Offset.ShouldBeInRange(0, bytes.Length, Encoding.Latin1.GetString(bytes));
            }
        }
    }
}
