using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Values of many megabytes, one of each type, which come and go in pieces.</summary>
[TakesLong]
public sealed class BigValueTests(Fleet fleet)
{
    private const int Elements = 150_000;

    [Theory]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis70, "sync", "auto")]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis70, "scan", "auto")]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis70, "sync", "commands")]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis60, "sync", "auto")]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Redis80, "scan", "auto")]
    public async Task Migrate_BigValues_ArriveEqual(ServerVersion from, ServerVersion to, string read, string write)
    {
        await using var server = await RedisServer.StartAsync(from);
        using var source = server.Connect();
        Fill(source);
        using var target = await fleet.BorrowTargetAsync(to);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            "migrate",
            TargetServer.UriOf(server),
            target.Lent.Uri,
            "--read",
            read,
            "--write",
            write,
            "--json"
        );

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(6);
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(source), target.Lent.ReadState());
    }

    private static void Fill(RespClient client)
    {
        var writer = new DataWriter(client, ServerFeatures.Ask(client), DataSet.DefaultSeed);
        writer.Add("SET", "string", writer.Noise(20_000_000));
        for (var i = 0; i < Elements; i++)
        {
            var element = $"element {i} of a big value";
            writer.Add("RPUSH", "list", element);
            writer.Add("SADD", "set", element);
            writer.Add("ZADD", "zset", i / 3.0, element);
            writer.Add("HSET", "hash", element, i);
            if (i < Elements / 5)
                writer.Add("XADD", "stream", $"{i + 1}-1", "field", element);
        }

        writer.Flush();
    }
}
