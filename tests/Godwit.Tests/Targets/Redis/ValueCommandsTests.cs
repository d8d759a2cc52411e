using System.Buffers;
using Godwit.Protocol.Rdb;
using Godwit.Targets.Redis;

namespace Godwit.Tests.Targets.Redis;

public sealed class ValueCommandsTests
{
    private const long Now = 1000;

    [Fact]
    public void String_Any_IsSet() => Run(sink => sink.String("v"u8)).ShouldBe(["SET k v"]);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(512, 1)]
    [InlineData(513, 2)]
    [InlineData(1025, 3)]
    public void List_ManyElements_CommandsOfBoundedLength(int elements, int commands)
    {
        var lines = Run(sink =>
        {
            for (var i = 0; i < elements; i++)
                sink.ListElement("e"u8);
        });

        lines.Length.ShouldBe(commands);
        lines.ShouldAllBe(line => line.StartsWith("RPUSH k e"));
        lines.Sum(line => line.Split(' ').Length - 2).ShouldBe(elements);
    }

    [Fact]
    public void SortedSet_EveryScore_ReadsBackTheSame() =>
        Run(sink =>
            {
                sink.SortedSetMember("a"u8, double.PositiveInfinity);
                sink.SortedSetMember("b"u8, double.NegativeInfinity);
                sink.SortedSetMember("c"u8, double.Epsilon);
                sink.SortedSetMember("d"u8, 0.1);
            })
            .ShouldBe(["ZADD k inf a -inf b 5E-324 c 0.1 d"]);

    [Fact]
    public void Hash_FieldsExpire_EachKeepsItsTime() =>
        Run(
                sink =>
                {
                    sink.HashField("a"u8, "1"u8, IValueSink.NoExpiry);
                    sink.HashField("b"u8, "2"u8, 2000);
                    sink.HashField("c"u8, "3"u8, 2000);
                    sink.HashField("over"u8, "4"u8, Now);
                    sink.HashField("d"u8, "5"u8, 3000);
                },
                "7.4"
            )
            .ShouldBe(["HSET k a 1 b 2 c 3 d 5", "HPEXPIREAT k 2000 FIELDS 2 b c", "HPEXPIREAT k 3000 FIELDS 1 d"]);

    [Fact]
    public void Hash_TargetCannotExpireFields_SaysThatTheyAreLost()
    {
        var commands = new ValueCommands(Commands.Profile("7.0"), () => Now);
        commands.Begin(new ArrayBufferWriter<byte>(), "k"u8);

        ((IValueSink)commands).HashField("a"u8, "1"u8, 2000);

        commands.LostFieldExpiries.ShouldBeTrue();
        commands.HasExpiredFields.ShouldBeFalse();
        commands.End().ShouldBe(1);
    }

    [Fact]
    public void Hash_AllFieldsAreOver_HasNoCommands()
    {
        var commands = new ValueCommands(Commands.Profile("7.4"), () => Now);
        commands.Begin(new ArrayBufferWriter<byte>(), "k"u8);

        ((IValueSink)commands).HashField("a"u8, "1"u8, Now - 1);

        commands.HasExpiredFields.ShouldBeTrue();
        commands.End().ShouldBe(0);
    }

    [Fact]
    public void Stream_Redis7_HasCountersGroupsAndPending() =>
        Run(Stream, "7.0", [new(1, 0), new(3, 0), new(9, 0)])
            .ShouldBe([
                "XADD k 1-0  ",
                "XADD k 2-0 f v",
                "XADD k 3-0 f v",
                "XADD k 9-0  ",
                "XGROUP CREATE k g 3-0 ENTRIESREAD 2",
                "XGROUP CREATECONSUMER k g c",
                "XCLAIM k g c 0 1-0 3-0 TIME 70 RETRYCOUNT 4 FORCE JUSTID",
                "XCLAIM k g c 0 9-0 TIME 71 RETRYCOUNT 1 FORCE JUSTID",
                "XGROUP CREATECONSUMER k g idle",
                "XTRIM k MINID = 2-0",
                "XDEL k 9-0",
                "XSETID k 9-5 ENTRIESADDED 7 MAXDELETEDID 1-0",
            ]);

    [Fact]
    public void Stream_Redis62_HasNoCounters() =>
        Run(Stream, "6.2", [new(1, 0), new(3, 0), new(9, 0)])
            .ShouldBe([
                "XADD k 1-0  ",
                "XADD k 2-0 f v",
                "XADD k 3-0 f v",
                "XADD k 9-0  ",
                "XGROUP CREATE k g 3-0",
                "XGROUP CREATECONSUMER k g c",
                "XCLAIM k g c 0 1-0 3-0 TIME 70 RETRYCOUNT 4 FORCE JUSTID",
                "XCLAIM k g c 0 9-0 TIME 71 RETRYCOUNT 1 FORCE JUSTID",
                "XGROUP CREATECONSUMER k g idle",
                "XTRIM k MINID = 2-0",
                "XDEL k 9-0",
                "XSETID k 9-5",
            ]);

    [Fact]
    public void Stream_Redis60_MakesConsumersByReading() =>
        Run(Stream, "6.0", [new(1, 0), new(3, 0), new(9, 0)])
            .ShouldBe([
                "XADD k 1-0  ",
                "XADD k 2-0 f v",
                "XADD k 3-0 f v",
                "XADD k 9-0  ",
                "XGROUP CREATE k g 3-0",
                "XCLAIM k g c 0 1-0 3-0 TIME 70 RETRYCOUNT 4 FORCE JUSTID",
                "XCLAIM k g c 0 9-0 TIME 71 RETRYCOUNT 1 FORCE JUSTID",
                "XREADGROUP GROUP g idle STREAMS k 0",
                "XDEL k 1-0",
                "XDEL k 9-0",
                "XSETID k 9-5",
            ]);

    [Fact]
    public void Stream_Empty_IsMadeByAGroup() =>
        Run(sink => sink.StreamInfo(new StreamInfo(0, new(5, 1), default(StreamId), new(5, 1), 3)), "7.0", pending: [])
            .ShouldBe([
                "XGROUP CREATE k godwit 0 MKSTREAM",
                "XGROUP DESTROY k godwit",
                "XSETID k 5-1 ENTRIESADDED 3 MAXDELETEDID 5-1",
            ]);

    [Fact]
    public void Stream_AllEntriesGoneButPending_IsEmptiedInTheEnd() =>
        Run(
                sink =>
                {
                    sink.StreamInfo(new StreamInfo(0, new(5, 1), default(StreamId), new(5, 1), 3));
                    sink.StreamGroup("g"u8, new(5, 1), null);
                    sink.StreamConsumer("c"u8, 1, 1);
                    sink.StreamPending(new(5, 1), 7, 1);
                },
                "7.0",
                [new(5, 1)]
            )
            .ShouldBe([
                "XADD k 5-1  ",
                "XGROUP CREATE k g 5-1",
                "XGROUP CREATECONSUMER k g c",
                "XCLAIM k g c 0 5-1 TIME 7 RETRYCOUNT 1 FORCE JUSTID",
                "XTRIM k MAXLEN = 0",
                "XSETID k 5-1 ENTRIESADDED 3 MAXDELETEDID 5-1",
            ]);

    // Trimmed below 2-0 and beyond 3-0, with three pending entries of which two are gone.
    private static void Stream(IValueSink sink)
    {
        foreach (var id in new StreamId[] { new(2, 0), new(3, 0) })
        {
            sink.StreamEntry(id, 1);
            sink.StreamField("f"u8, "v"u8);
        }

        sink.StreamInfo(new StreamInfo(2, new(9, 5), new(2, 0), new(1, 0), 7));
        sink.StreamGroup("g"u8, new(3, 0), 2);
        sink.StreamConsumer("c"u8, 1, 1);
        sink.StreamPending(new(1, 0), 70, 4);
        sink.StreamPending(new(3, 0), 70, 4);
        sink.StreamPending(new(9, 0), 71, 1);
        sink.StreamConsumer("idle"u8, 1, -1);
    }

    private static string[] Run(Action<IValueSink> value, string version = "7.4", StreamId[]? pending = null)
    {
        var output = new ArrayBufferWriter<byte>();
        var commands = new ValueCommands(Commands.Profile(version), () => Now);

        // The same one serves many values: nothing of one may reach the next.
        for (var i = 0; i < 2; i++)
        {
            output.ResetWrittenCount();
            commands.Begin(output, "k"u8);
            if (pending is not null)
                commands.ExpectPending(pending);
            value(commands);
            commands.End();
        }

        var lines = Commands.In(output);
        commands.Count.ShouldBe(lines.Length);
        return lines;
    }
}
