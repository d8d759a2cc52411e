using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>What the comparison must call equal, and every kind of difference that it must not miss.</summary>
public sealed class ServerComparisonTests(Fleet fleet)
{
    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Compare_ServerAndItsReloadedFile_Equal(ServerVersion version)
    {
        using var source = await fleet.BorrowSourceAsync(version);
        await using var reloaded = await RedisServer.StartWithFileAsync(version, source.Lent.RdbFile);
        using var client = reloaded.Connect();

        ServerComparison.ShouldBeEqual(source.Lent.State, ServerStateReader.Read(client));
        Digest.Of(client).ShouldBe(source.Lent.Digest);
    }

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Compare_ServerAndItsReplica_Equal(ServerVersion version)
    {
        using var source = await fleet.BorrowSourceAsync(version);
        await using var replica = await RedisServer.StartAsync(version);
        using var client = replica.Connect();
        await Replication.FollowAsync(client, source.Lent.Port);

        ServerComparison.ShouldBeEqual(source.Lent.State, ServerStateReader.Read(client));
        Digest.Of(client).ShouldBe(source.Lent.Digest);
    }

    [Theory]
    // Keys.
    [InlineData("DEL string", "missing at the target")]
    [InlineData("SET extra value", "only at the target")]
    [InlineData("MOVE string 5", "db 5 key \"string\": only at the target")]
    [InlineData("DEL list; SET list text", "type list at the source, string at the target")]
    // Expiries.
    [InlineData("PERSIST expiring", "expires at 4102444800123 at the source, never at the target")]
    [InlineData("PEXPIREAT string 4102444800123", "expires never at the source, at 4102444800123 at the target")]
    [InlineData("PEXPIREAT expiring 4102444800124", "at 4102444800124 at the target")]
    // Strings, lists and sets.
    [InlineData("SET string other", "value is \"value\" at the source, \"other\" at the target")]
    [InlineData("APPEND string +", "value is")]
    [InlineData("RPUSH list c", "element \"3\" is only at the target")]
    [InlineData("RPOP list", "element \"2\" is missing at the target")]
    [InlineData("LSET list 0 b; LSET list 1 a", "element \"0\" is")]
    [InlineData("SADD set 4", "member \"4\" is only at the target")]
    [InlineData("SREM set 1", "member \"1\" is missing at the target")]
    // Sorted sets: the least step that a double has.
    [InlineData("ZADD zset 1.5000000000000002 a", "score of \"a\" is")]
    [InlineData("ZADD zset -inf b", "score of \"b\" is")]
    [InlineData("ZADD zset 0 c", "score of \"c\" is only at the target")]
    [InlineData("ZREM zset a", "score of \"a\" is missing at the target")]
    // Hashes.
    [InlineData("HSET hash field other", "field \"field\" is")]
    [InlineData("HSET hash more value", "field \"more\" is only at the target")]
    [InlineData("HSET hash more value; HDEL hash field", "field \"field\" is missing at the target")]
    [InlineData("HPEXPIREAT hash 4102444800123 FIELDS 1 field", "expiry of field \"field\" is only at the target")]
    [InlineData("HPERSIST fields FIELDS 1 goes", "expiry of field \"goes\" is missing at the target")]
    [InlineData("HPEXPIREAT fields 4102444800124 FIELDS 1 goes", "expiry of field \"goes\" is")]
    // Streams and groups.
    [InlineData("XADD stream 2-1 field value", "entry \"2-1\" is only at the target")]
    [InlineData("XDEL stream 1-1", "entry \"1-1\" is missing at the target")]
    [InlineData("XSETID stream 9-9", "last id is")]
    [InlineData("XSETID stream 1-1 ENTRIESADDED 7 MAXDELETEDID 0-0", "entries added is")]
    [InlineData("XSETID stream 1-1 ENTRIESADDED 1 MAXDELETEDID 0-5", "greatest deleted id is")]
    [InlineData("XGROUP CREATE stream new 0", "last delivered id of group \"new\" is only at the target")]
    [InlineData("XGROUP DESTROY groups group", "last delivered id of group \"group\" is missing at the target")]
    [InlineData("XGROUP SETID groups group 1-1 ENTRIESREAD 2", "last delivered id of group \"group\" is")]
    [InlineData("XGROUP SETID groups group 2-1 ENTRIESREAD 1", "entries read by group \"group\" is")]
    [InlineData("XGROUP CREATECONSUMER groups group bob", "consumer \"group\" / \"bob\" is only at the target")]
    [InlineData("XGROUP DELCONSUMER groups group idle", "consumer \"group\" / \"idle\" is missing at the target")]
    [InlineData("XACK groups group 1-1", "pending entry \"group\" / \"alice\" / \"1-1\" is missing at the target")]
    [InlineData("XCLAIM groups group alice 0 1-1 TIME 5001 RETRYCOUNT 3 JUSTID", "delivered at 5001, 3 times")]
    [InlineData("XCLAIM groups group alice 0 1-1 TIME 5000 RETRYCOUNT 4 JUSTID", "delivered at 5000, 4 times")]
    [InlineData(
        "XCLAIM groups group idle 0 1-1 TIME 5000 RETRYCOUNT 3 JUSTID",
        "\"idle\" / \"1-1\" is only at the target"
    )]
    // Functions.
    [InlineData("FUNCTION FLUSH", "function library \"godwit_flights\" is missing at the target")]
    public async Task Compare_PlantedDifference_FindsIt(string commands, string expected)
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        Fill(source.Lent.Client);
        Fill(target.Lent.Client);
        var before = source.Lent.ReadState();
        ServerComparison.ShouldBeEqual(before, target.Lent.ReadState());

        Run(target.Lent.Client, commands);
        var after = target.Lent.ReadState();

        ServerComparison
            .Compare(before, after)
            .ShouldContain(difference => difference.Contains(expected, StringComparison.Ordinal));
        ServerComparison.Compare(after, before).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Compare_ServerThatTellsOnlyTheTimeLeft_FindsAnotherExpiry()
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis60);
        source.Lent.Client.Call("SET", "key", "value");
        target.Lent.Client.Call("SET", "key", "value");
        source.Lent.Client.Call("PEXPIREAT", "key", ExpiringKeys.FarFuture);
        target.Lent.Client.Call("PEXPIREAT", "key", ExpiringKeys.FarFuture);
        ServerComparison.ShouldBeEqual(source.Lent.ReadState(), target.Lent.ReadState());

        // A minute: more than any pause between two looks at that server's clock.
        target.Lent.Client.Call("PEXPIREAT", "key", ExpiringKeys.FarFuture + 60_000);

        ServerComparison
            .Compare(source.Lent.ReadState(), target.Lent.ReadState())
            .ShouldHaveSingleItem()
            .ShouldContain("expires");
    }

    [Theory]
    [InlineData("PEXPIREAT expiring 4102444800173", true)]
    [InlineData("PEXPIREAT expiring 4102444800174", false)]
    [InlineData("PEXPIREAT expiring 4102444800072", false)]
    [InlineData("PERSIST expiring", false)]
    [InlineData("PEXPIREAT string 4102444800123", false)]
    public async Task Compare_WithAnExpiryTolerance_FindsWhatIsBeyondIt(string command, bool equal)
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        Fill(source.Lent.Client);
        Fill(target.Lent.Client);

        Run(target.Lent.Client, command);

        var options = new ComparisonOptions { ExpiryTolerance = 50 };
        ServerComparison
            .Compare(source.Lent.ReadState(), target.Lent.ReadState(), options)
            .Count.ShouldBe(equal ? 0 : 1);
    }

    [Theory]
    [InlineData("XGROUP SETID groups group 1-1 ENTRIESREAD 2", 1)]
    [InlineData("XGROUP SETID groups group 2-1 ENTRIESREAD 1", 0)]
    public async Task Compare_WithoutEntriesRead_FindsAllElse(string command, int differences)
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        Fill(source.Lent.Client);
        Fill(target.Lent.Client);

        Run(target.Lent.Client, command);

        var options = new ComparisonOptions { IgnoreEntriesRead = true };
        ServerComparison.Compare(source.Lent.ReadState(), target.Lent.ReadState(), options).Count.ShouldBe(differences);
    }

    [Theory]
    [InlineData("XGROUP DELCONSUMER groups group idle", true)]
    [InlineData("XGROUP DELCONSUMER groups group alice", false)]
    public async Task Compare_WithoutIdleConsumers_FindsAllElse(string command, bool equal)
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        Fill(source.Lent.Client);
        Fill(target.Lent.Client);

        Run(target.Lent.Client, command);

        var options = new ComparisonOptions { IgnoreIdleConsumers = true };
        var differences = ServerComparison.Compare(source.Lent.ReadState(), target.Lent.ReadState(), options);
        (differences.Count == 0).ShouldBe(equal, string.Join('\n', differences));
    }

    [Fact]
    public async Task Compare_KeyThatMustBeMissing_IsADifferenceWhereItIsNot()
    {
        using var source = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        source.Lent.Client.Call("SET", "key", "value");
        var options = new ComparisonOptions { Missing = new HashSet<KeyName> { new(0, "key") } };
        ServerComparison.Compare(source.Lent.ReadState(), target.Lent.ReadState(), options).ShouldBeEmpty();

        target.Lent.Client.Call("SET", "key", "value");

        ServerComparison.Compare(source.Lent.ReadState(), target.Lent.ReadState(), options).ShouldHaveSingleItem();
    }

    private static void Fill(RespClient client)
    {
        DataSet.FillSmall(client);
        FunctionLibrary.Load(client);
        Run(client, "HSET fields stays a goes b; HPEXPIREAT fields 4102444800123 FIELDS 1 goes");
        Run(client, "XADD groups 1-1 a b; XADD groups 2-1 a b; XGROUP CREATE groups group 2-1 ENTRIESREAD 2");
        Run(client, "XGROUP CREATECONSUMER groups group idle");
        Run(client, "XCLAIM groups group alice 0 1-1 TIME 5000 RETRYCOUNT 3 FORCE JUSTID");
    }

    private static void Run(RespClient client, string commands)
    {
        foreach (var command in commands.Split(';', StringSplitOptions.TrimEntries))
            client.Call([.. command.Split(' ')]);
    }
}
