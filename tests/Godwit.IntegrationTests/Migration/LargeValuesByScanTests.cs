using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Values that SCAN finds too large for one DUMP, and that are read by their types' own commands.</summary>
public sealed class LargeValuesByScanTests(Fleet fleet)
{
    private const int Elements = 20_000;

    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Redis80)]
    public async Task Migrate_LargeValues_ArriveEqual(ServerVersion from, ServerVersion to)
    {
        await using var server = await RedisServer.StartAsync(from);
        using var source = server.Connect();
        Fill(source);
        using var target = await fleet.BorrowTargetAsync(to);
        using var godwit = new GodwitProcess();

        var result = await RunAsync(godwit, server, target.Lent.Uri);

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(8);
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(source), target.Lent.ReadState());
        Commands(source).ShouldContain("cmdstat_hscan");
        if (from == to)
            Digest.Of(target.Lent.Client).ShouldBe(Digest.Of(source));
    }

    [Fact]
    public async Task Migrate_LargeValueNeverHoldsStill_IsAFailedKeyAndTheTargetHasNothingOfIt()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var source = server.Connect();
        Fill(source);
        source.Call(
            "EVAL",
            "for i = 1, 100000 do redis.call('RPUSH', 'list', 'element ' .. i .. ' of a list that is larger still') end",
            "0"
        );
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        using var done = new CancellationTokenSource();
        var changing = Task.Run(() => ChangeAllTheTime(server, done.Token), TestContext.Current.CancellationToken);

        var result = await RunAsync(godwit, server, target.Lent.Uri);
        await done.CancelAsync();
        await changing;

        result.ShouldHaveEnded(1);
        result.Keys.Failed.ShouldBe(1);
        result.Keys.Written.ShouldBe(7);
        var failed = FailedKey.Read(godwit.PathOf("godwit-errors.ndjson")).ShouldHaveSingleItem();
        failed.Reason.ShouldContain("changed");
        target.Lent.Client.Number("EXISTS", "list").ShouldBe(0);
        ((object[])target.Lent.Client.Call("KEYS", "*godwit-*")!).ShouldBeEmpty();
    }

    /// <summary>The connection of SCAN lies idle behind a large value for longer than the server lets it.</summary>
    [Fact]
    public async Task Migrate_SourceClosesWhatLiesIdle_EveryKeyArrives()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        using (var source = server.Connect())
        {
            source.Call("SET", "large", new string('x', 12_000_000));
            source.Call("EVAL", "for i = 1, 30000 do redis.call('HSET', 'hash:' .. i, 'field', i) end", 0);
            source.Call("CONFIG", "SET", "timeout", 1);
        }

        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis80);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            server.Uri,
            target.Lent.Uri,
            "--read",
            "scan",
            "--large-value",
            "1MiB",
            "--max-bytes-per-second",
            "3MiB",
            "--json"
        );

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(30_001);
    }

    // The same where it takes less than four times the limit.
    [Fact]
    public async Task Migrate_SmallerValueNeverHoldsStill_IsReadByDump()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var source = server.Connect();
        Fill(source);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        using var done = new CancellationTokenSource();
        var changing = Task.Run(() => ChangeAllTheTime(server, done.Token), TestContext.Current.CancellationToken);

        var result = await RunAsync(godwit, server, target.Lent.Uri);
        await done.CancelAsync();
        await changing;

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(8);
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(source), target.Lent.ReadState());
    }

    private static Task<GodwitResult> RunAsync(GodwitProcess godwit, RedisServer server, string target) =>
        godwit.RunAsync(
            "migrate",
            TargetServer.UriOf(server),
            target,
            "--read",
            "scan",
            "--large-value",
            "1MiB",
            "--json"
        );

    private static void ChangeAllTheTime(RedisServer server, CancellationToken done)
    {
        using var client = server.Connect();
        while (!done.IsCancellationRequested)
            client.Call("LSET", "list", 5, "other");
    }

    private static string Commands(RespClient client) => client.Text("INFO", "commandstats");

    private static void Fill(RespClient client)
    {
        var features = ServerFeatures.Ask(client);
        var writer = new DataWriter(client, features, DataSet.DefaultSeed);
        writer.Add("SET", "string", writer.Noise(3_000_000));
        writer.Add("SET", "small", "value");
        writer.Add("SET", "expiring", writer.Noise(2_000_000));
        writer.Add("PEXPIREAT", "expiring", 1_900_000_000_123);
        for (var i = 0; i < Elements; i++)
        {
            var element = $"element {i} of a value that is larger than one reply should be";
            writer.Add("RPUSH", "list", element);
            writer.Add("SADD", "set", element);
            writer.Add(
                "ZADD",
                "zset",
                i switch
                {
                    0 => "-inf",
                    1 => "inf",
                    _ => i / 3.0,
                },
                element
            );
            writer.Add("HSET", "hash", element, i);
            writer.Add("HSET", "expiring hash", element, i);
        }

        writer.Flush();
        if (features.FieldExpiry)
        {
            client.Call(
                "HPEXPIREAT",
                "expiring hash",
                1_900_000_000_456,
                "FIELDS",
                1,
                "element 7 of a value that is larger than one reply should be"
            );
        }
    }
}
