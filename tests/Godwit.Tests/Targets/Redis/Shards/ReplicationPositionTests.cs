using System.Globalization;

namespace Godwit.Targets.Redis.Shards;

public sealed class ReplicationPositionTests
{
    private static readonly ReplicationPosition Before = At("one", "run", 100);

    [Fact]
    public void Parse_InfoOfAPrimary_GivesAll()
    {
        var position = ReplicationPosition.Parse(Info("master", new string('a', 40), 120, new string('b', 40), 90));
        position.ShouldNotBeNull();
        (position.RunId, position.IsPrimary, position.Offset, position.EarlierEnd).ShouldBe(("run", true, 120, 90));
        (position.History, position.Earlier).ShouldBe((new string('a', 40), new string('b', 40)));
    }

    [Fact]
    public void Parse_Replica_HasNoEarlierHistory()
    {
        var position = ReplicationPosition.Parse(Info("slave", new string('a', 40), 0, new string('0', 40), -1));
        position.ShouldNotBeNull();
        position.IsPrimary.ShouldBeFalse();
        position.Earlier.ShouldBeNull();
    }

    [Theory]
    [InlineData(0, 500)]
    [InlineData(1, 490)]
    [InlineData(2, 480)]
    [InlineData(3, null)]
    public void HeldBy_SoManyReplicas_GivesHowFarTheLastOfThemIs(int replicas, int? expected)
    {
        var info =
            Info("master", new string('a', 40), 500, new string('0', 40), -1)
            + "slave0:ip=127.0.0.1,port=7001,state=online,offset=480,lag=0\r\n"
            + "slave1:ip=127.0.0.1,port=7002,state=online,offset=490,lag=1\r\n";
        ReplicationPosition.Parse(info)!.HeldBy(replicas).ShouldBe((long?)expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("run_id:run\r\nrole:master\r\nmaster_replid:aaaa\r\nmaster_repl_offset:7\r\n")]
    [InlineData(
        "role:master\r\nmaster_replid:aaaa\r\nmaster_repl_offset:7\r\nmaster_replid2:bbbb\r\nsecond_repl_offset:1\r\n"
    )]
    public void Parse_SomethingIsMissing_TellsNothing(string info) => ReplicationPosition.Parse(info).ShouldBeNull();

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, true)]
    [InlineData(99, false)]
    public void Contains_SameHistory_GoesByTheOffset(long offset, bool expected) =>
        At("one", "run", offset).Contains(Before).ShouldBe(expected);

    // The second offset is the first that is not of the earlier history any more.
    [Theory]
    [InlineData(101, true)]
    [InlineData(100, false)]
    [InlineData(1, false)]
    public void Contains_ReplicaTookThePlace_GoesByWhereItBegan(long end, bool expected) =>
        At("two", "other", 500, "one", end).Contains(Before).ShouldBe(expected);

    [Fact]
    public void Contains_FirstReplicaCame_IsTheSameServer() => At("two", "run", 0).Contains(Before).ShouldBeTrue();

    [Fact]
    public void Contains_StartedAnew_HasNothing() => At("two", "other", 500).Contains(Before).ShouldBeFalse();

    [Fact]
    public void Contains_WasAReplicaMeanwhile_HasNothing() =>
        At("three", "run", 500, "two", 400).Contains(Before).ShouldBeFalse();

    internal static ReplicationPosition At(
        string history,
        string run,
        long offset,
        string? earlier = null,
        long end = -1
    ) => new(run, IsPrimary: true, history, offset, earlier, end);

    private static string Info(string role, string history, long offset, string earlier, long end) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"# Server\r\nrun_id:run\r\n# Replication\r\nrole:{role}\r\nmaster_replid:{history}\r\nmaster_replid2:{earlier}\r\nmaster_repl_offset:{offset}\r\nsecond_repl_offset:{end}\r\n"
        );
}
