using Godwit.Protocol.Rdb;
using Godwit.Protocol.Tests.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>Streams of each generation.</summary>
internal static class SampleStreams
{
    public static readonly SampleValue[] All =
    [
        new(
            "stream",
            RdbType.Stream,
            Node(new RdbBytes().Length(1)).Length(2).Length(9).Length(1).Length(0),
            "1000-5 t 20 u C",
            "1002-0 x y",
            "info 2 9-1 ? ? ?"
        ),
        new("empty stream", RdbType.Stream, new RdbBytes().Raw(0, 0, 7, 7, 0), "info 0 7-7 ? ? ?"),
        new(
            "stream 2",
            RdbType.Stream2,
            Groups(Info(Node(new RdbBytes().Length(1))), hasActiveTime: false),
            "1000-5 t 20 u C",
            "1002-0 x y",
            "info 2 1002-0 1000-5 1001-1 3",
            "group g 1002-0 ?",
            "  consumer alice 111 -1",
            "    pending 1000-5 500 1",
            "  consumer bob 222 -1",
            "    pending 1002-0 600 300",
            "group h 0-0 0"
        ),
        new(
            "stream 3",
            RdbType.Stream3,
            Groups(Info(Node(new RdbBytes().Length(1))), hasActiveTime: true),
            "1000-5 t 20 u C",
            "1002-0 x y",
            "info 2 1002-0 1000-5 1001-1 3",
            "group g 1002-0 ?",
            "  consumer alice 111 333",
            "    pending 1000-5 500 1",
            "  consumer bob 222 -1",
            "    pending 1002-0 600 300",
            "group h 0-0 0"
        ),
    ];

    /// <summary>Two entries that are there and a deleted one between them; the first has the master entry's fields.</summary>
    public static byte[] NodeListpack() =>
        PackedBytes.Listpack([
            .. new object[] { 2, 1, 2, "t", "u", 0 },
            .. new object[] { 2, 0, 0, 20, "C", 5 },
            .. new object[] { 3, 1, -4, 21, "C", 5 },
            .. new object[] { 0, 2, -5, 1, "x", "y", 6 },
        ]);

    private static RdbBytes Node(RdbBytes bytes) => bytes.Length(16).StreamId(1000, 5).String(NodeListpack());

    private static RdbBytes Info(RdbBytes bytes) =>
        bytes.Length(2).Length(1002).Raw(0).Length(1000).Raw(5).Length(1001).Raw(1).Raw(3);

    private static RdbBytes Groups(RdbBytes bytes, bool hasActiveTime)
    {
        bytes.Length(2);
        bytes.String("g").Length(1002).Raw(0).Length(ulong.MaxValue);
        bytes.Length(2).StreamId(1000, 5).Int64(500).Length(1).StreamId(1002, 0).Int64(600).Length(300);
        bytes.Length(2);
        bytes.String("alice").Int64(111);
        if (hasActiveTime)
            bytes.Int64(333);
        bytes.Length(1).StreamId(1000, 5);
        bytes.String("bob").Int64(222);
        if (hasActiveTime)
            bytes.Int64(-1);
        bytes.Length(1).StreamId(1002, 0);
        return bytes.String("h").Raw(0, 0, 0).Raw(0).Raw(0);
    }
}
