using System.Text;
using Godwit.Protocol.Rdb;
using Godwit.Verification.Differences;

namespace Godwit.Verification.Content;

public sealed class TableComparisonTests
{
    private const long Tolerance = 1000;

    [Fact]
    public void FindFirst_SameMembersInAnotherOrder_IsNull() =>
        Find(
                "set",
                table =>
                {
                    table.SetMember("a"u8);
                    table.SetMember("b"u8);
                },
                table =>
                {
                    table.SetMember("b"u8);
                    table.SetMember("a"u8);
                }
            )
            .ShouldBeNull();

    [Fact]
    public void FindFirst_ListInAnotherOrder_NamesTheIndex()
    {
        var found = Find(
            "list",
            table =>
            {
                table.ListElement("a"u8);
                table.ListElement("b"u8);
                table.ListElement("c"u8);
            },
            table =>
            {
                table.ListElement("a"u8);
                table.ListElement("c"u8);
                table.ListElement("b"u8);
            },
            firstIndex: 100
        );
        found!.Kind.ShouldBe(DifferenceKind.Value);
        found.Place.ShouldBe(new Place(PlaceKind.Index) { Number = 101 });
        Encoding.UTF8.GetString(found.Source!).ShouldBe("b");
        Encoding.UTF8.GetString(found.Target!).ShouldBe("c");
    }

    [Theory]
    [InlineData("abc", "abd", 2)]
    [InlineData("abc", "abcd", 3)]
    [InlineData("", "x", 0)]
    public void FindFirst_Strings_NamesTheFirstByteThatDiffers(string source, string target, long at)
    {
        var found = Find(
            "string",
            table => table.String(Encoding.UTF8.GetBytes(source)),
            table => table.String(Encoding.UTF8.GetBytes(target)),
            firstIndex: 1000
        );
        found!.Place.ShouldBe(new Place(PlaceKind.Byte) { Number = 1000 + at });
    }

    [Theory]
    [InlineData(0.1, 0.1, true)]
    [InlineData(0.1, 0.10000000000000002, false)]
    [InlineData(0.0, -0.0, true)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, true)]
    public void FindFirst_Scores_AreComparedToTheLastBit(double source, double target, bool areEqual)
    {
        var found = Find(
            "zset",
            table => table.SortedSetMember("m"u8, source),
            table => table.SortedSetMember("m"u8, target)
        );
        (found is null).ShouldBe(areEqual);
        if (!areEqual)
            found!.What.ShouldBe("score");
    }

    [Theory]
    [InlineData(1_000_000, 1_000_000, true)]
    [InlineData(1_000_000, 1_001_000, true)]
    [InlineData(1_000_000, 1_001_001, false)]
    [InlineData(IValueSink.NoExpiry, IValueSink.NoExpiry, true)]
    [InlineData(IValueSink.NoExpiry, 500, false)]
    [InlineData(500, IValueSink.NoExpiry, false)]
    public void FindFirst_FieldExpiries_MayDifferByTheTolerance(long source, long target, bool areEqual)
    {
        var found = Find(
            "hash",
            table => table.HashField("f"u8, "v"u8, source),
            table => table.HashField("f"u8, "v"u8, target)
        );
        (found is null).ShouldBe(areEqual);
        if (!areEqual)
            found!.Kind.ShouldBe(DifferenceKind.Ttl);
    }

    [Fact]
    public void FindFirst_ExpiryBeforeValue_NamesTheValue()
    {
        var found = Find(
            "hash",
            table =>
            {
                table.HashField("a"u8, "same"u8, 1);
                table.HashField("b"u8, "one"u8, IValueSink.NoExpiry);
            },
            table =>
            {
                table.HashField("a"u8, "same"u8, 1_000_000);
                table.HashField("b"u8, "other"u8, IValueSink.NoExpiry);
            }
        );
        found!.Kind.ShouldBe(DifferenceKind.Value);
        Encoding.UTF8.GetString(found.Place!.Name!).ShouldBe("b");
    }

    [Fact]
    public void FindFirst_EmptyFieldIsMissing_NamesIt()
    {
        var found = Find(
            "hash",
            table =>
            {
                table.HashField(""u8, ""u8, IValueSink.NoExpiry);
                table.HashField("a"u8, ""u8, IValueSink.NoExpiry);
            },
            table => table.HashField("a"u8, ""u8, IValueSink.NoExpiry)
        );
        found!.Place!.Kind.ShouldBe(PlaceKind.Field);
        found.Place.Name.ShouldBeEmpty();
        found.What.ShouldBe("missing at the target");
    }

    [Fact]
    public void FindFirst_FieldsOfAnEntry_AreNotMixedUp()
    {
        var found = Find("stream", table => Entry(table, "ab", "c"), table => Entry(table, "a", "bc"));
        found!.Place.ShouldBe(new Place(PlaceKind.Entry) { Id = new StreamId(1, 2) });

        static void Entry(ElementTable table, string field, string value)
        {
            table.StreamEntry(new StreamId(1, 2), 1);
            table.StreamField(Encoding.UTF8.GetBytes(field), Encoding.UTF8.GetBytes(value));
        }
    }

    [Fact]
    public void FindFirst_CountersThatOneVersionLacks_DoNotDiffer() =>
        Find("stream", table => Stream(table, null, null), table => Stream(table, 7, 3)).ShouldBeNull();

    [Theory]
    [InlineData(7, 3, 8, 3, nameof(PlaceKind.EntriesAdded))]
    [InlineData(7, 3, 7, 4, nameof(PlaceKind.Group))]
    [InlineData(7, null, 7, 3, nameof(PlaceKind.Group))]
    public void FindFirst_CountersThatBothHave_Differ(
        int added,
        int? read,
        int otherAdded,
        int? otherRead,
        string place
    )
    {
        var found = Find(
            "stream",
            table => Stream(table, (ulong)added, (ulong?)read),
            table => Stream(table, (ulong)otherAdded, (ulong?)otherRead)
        );
        $"{found!.Place!.Kind}".ShouldBe(place);
    }

    [Fact]
    public void FindFirst_PendingOfTheSameIdInTwoGroups_IsToldApart()
    {
        var found = Find("stream", table => Groups(table, 1, 1), table => Groups(table, 1, 2));
        found!.What.ShouldBe("delivery count");
        Encoding.UTF8.GetString(found.Place!.Name!).ShouldBe("two");
        found.Place.Id.ShouldBe(new StreamId(5, 0));

        static void Groups(ElementTable table, ulong ofOne, ulong ofTwo)
        {
            Stream(table, 1, 1);
            table.StreamGroup("one"u8, default, 1);
            table.StreamConsumer("alice"u8, 1, 1);
            table.StreamPending(new StreamId(5, 0), 1000, ofOne);
            table.StreamGroup("two"u8, default, 1);
            table.StreamConsumer("alice"u8, 2, 2);
            table.StreamPending(new StreamId(5, 0), 1000, ofTwo);
        }
    }

    [Fact]
    public void FindFirst_ConsumerWasSeenAtAnotherTime_IsNull() =>
        Find("stream", table => Consumer(table, 1), table => Consumer(table, 2)).ShouldBeNull();

    private static void Consumer(ElementTable table, long seenAt)
    {
        Stream(table, 1, 1);
        table.StreamConsumer("alice"u8, seenAt, seenAt);
    }

    private static void Stream(ElementTable table, ulong? added, ulong? read)
    {
        table.StreamInfo(new StreamInfo(0, new StreamId(9, 9), null, added is null ? null : default(StreamId), added));
        table.StreamGroup("group"u8, new StreamId(1, 1), read);
    }

    private static Difference? Find(
        string type,
        Action<ElementTable> source,
        Action<ElementTable> target,
        long firstIndex = 0
    )
    {
        var (ours, theirs) = (new ElementTable(), new ElementTable());
        source(ours);
        target(theirs);
        return new TableComparison(type, Tolerance).FindFirst(ours, theirs, firstIndex);
    }
}
