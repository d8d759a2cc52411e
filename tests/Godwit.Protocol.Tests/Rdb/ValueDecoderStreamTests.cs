using Godwit.Protocol.Rdb;
using Godwit.Protocol.Tests.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class ValueDecoderStreamTests
{
    [Fact]
    public void Decode_PendingEntryThatTheGroupLacks_Throws() =>
        Refuse(GroupOf(pending: [1], alice: [2], bob: [])).ShouldContain("its group lacks");

    [Fact]
    public void Decode_PendingEntryOfNoConsumer_Throws() =>
        Refuse(GroupOf(pending: [1, 2], alice: [1], bob: [])).ShouldContain("none of its consumers");

    [Fact]
    public void Decode_PendingEntryOfTwoConsumers_Throws() =>
        Refuse(GroupOf(pending: [1], alice: [1], bob: [1])).ShouldContain("Two consumers");

    [Fact]
    public void Decode_PendingEntriesOutOfOrder_Throws() =>
        Refuse(GroupOf(pending: [2, 1], alice: [1, 2], bob: [])).ShouldContain("order");

    [Fact]
    public void Decode_PendingEntries_AreJoinedToTheirConsumers()
    {
        var sink = new RecordingSink();
        using var decoder = new ValueDecoder();

        decoder.Decode(RdbType.Stream, default, GroupOf(pending: [1, 2, 3, 4], alice: [2, 4], bob: [1, 3]), sink);

        sink.Lines.Skip(2)
            .ShouldBe([
                "    consumer alice 7 -1",
                "      pending 0-2 1002 2",
                "      pending 0-4 1004 4",
                "    consumer bob 8 -1",
                "      pending 0-1 1001 1",
                "      pending 0-3 1003 3",
            ]);
    }

    [Theory]
    [InlineData(
        1,
        0,
        1,
        "f",
        0, /* entry: */
        2,
        0,
        0,
        "v",
        5
    )]
    [InlineData(
        1,
        0,
        1,
        "f",
        1, /* entry: */
        2,
        0,
        0,
        "v",
        4
    )]
    [InlineData(
        2,
        0,
        1,
        "f",
        0, /* entry: */
        2,
        0,
        0,
        "v",
        4
    )]
    [InlineData(
        0,
        0,
        1,
        "f",
        0, /* entry: */
        2,
        0,
        0,
        "v",
        4
    )]
    [InlineData(
        1,
        1,
        1,
        "f",
        0, /* entry: */
        2,
        0,
        0,
        "v",
        4
    )]
    [InlineData(
        1,
        0,
        2,
        "f",
        0, /* entry: */
        2,
        0,
        0,
        "v",
        4
    )]
    [InlineData(
        1,
        0,
        -1,
        "f",
        0, /* entry: */
        2,
        0,
        0,
        "v",
        4
    )]
    [InlineData(
        1,
        0,
        1,
        "f",
        0, /* entry: */
        "2",
        0,
        0,
        "v",
        4
    )]
    [InlineData(
        1,
        0,
        1,
        "f",
        0, /* entry: */
        2,
        "0",
        0,
        "v",
        4
    )]
    [InlineData(
        1,
        0,
        1,
        "f",
        0, /* entry: */
        2,
        0,
        0,
        "v"
    )]
    [InlineData(
        1,
        0,
        1,
        "f",
        0, /* entry: */
        0,
        0,
        0,
        -1,
        4
    )]
    [InlineData(
        1,
        0,
        1,
        "f",
        0, /* entry: */
        0,
        0,
        0,
        9_000_000_000,
        4
    )]
    [InlineData(1, 0)]
    public void Decode_NodeThatContradictsItself_Throws(params object[] elements) =>
        Refuse(
            new RdbBytes().Length(1).Length(16).StreamId(1, 1).String(PackedBytes.Listpack(elements)).Raw(1, 1, 1, 0)
        );

    [Fact]
    public void Decode_NodeThatIsInOrder_IsRead()
    {
        var sink = new RecordingSink();
        using var decoder = new ValueDecoder();
        var listpack = PackedBytes.Listpack(1, 0, 1, "f", 0, 2, 0, 0, "v", 4);

        decoder.Decode(
            RdbType.Stream,
            default,
            new RdbBytes().Length(1).Length(16).StreamId(1, 1).String(listpack).Raw(1, 1, 1, 0),
            sink
        );

        sink.Lines[0].ShouldBe("  1-1 f v");
    }

    [Fact]
    public void Decode_NodeWhoseIdIsNone_Throws() =>
        Refuse(new RdbBytes().Length(1).String("not an id").String(PackedBytes.Listpack()).Raw(0, 0, 0, 0))
            .ShouldContain("begin with an id");

    private static string Refuse(byte[] value) => ValueDecoderTests.ShouldRefuse(RdbType.Stream, value).Message;

    private static byte[] GroupOf(byte[] pending, byte[] alice, byte[] bob)
    {
        var bytes = new RdbBytes().Raw(0, 0, 0, 0, 1).String("g").Raw(0, 0).Length((ulong)pending.Length);
        foreach (var id in pending)
            bytes.StreamId(0, id).Int64(1000 + id).Raw(id);
        bytes.Raw(2).String("alice").Int64(7).Length((ulong)alice.Length);
        foreach (var id in alice)
            bytes.StreamId(0, id);
        bytes.String("bob").Int64(8).Length((ulong)bob.Length);
        foreach (var id in bob)
            bytes.StreamId(0, id);
        return bytes;
    }
}
