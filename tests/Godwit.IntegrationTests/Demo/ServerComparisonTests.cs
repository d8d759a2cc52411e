using Godwit.Cli.Demo;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Demo;

/// <summary>The demo's comparison finds every kind of difference, and none where there is none.</summary>
public sealed class ServerComparisonTests
{
    private static readonly ServerFeatures All = new(Since70: true, FieldExpiry: true);

    [Theory]
    [InlineData("", "")]
    [InlineData("DEL bird:7", "key \"bird:7\" of database 0 is missing at the target")]
    [InlineData("SET extra 1", "key \"extra\" of database 0 is only at the target")]
    [InlineData("SELECT 5; SET extra 1", "key \"extra\" of database 5 is only at the target")]
    [InlineData("DEL bird:7; SET bird:7 1", "is a hash at the source and a string at the target")]
    [InlineData("PERSIST bird:0:position", "and at no time at the target")]
    [InlineData("PEXPIREAT bird:0:position 4102444800123", "and at 4102444800123 at the target")]
    [InlineData("APPEND bird:7:km 1", "\"bird:7:km\" of database 0 has another value")]
    [InlineData("LSET log 1 5", "\"log\" of database 0 has another value")]
    [InlineData("SREM seen Z00001", "\"seen\" of database 0 has another value")]
    [InlineData("ZADD distance 11000.000000000002 bird:0", "\"distance\" of database 0 has another value")]
    [InlineData("HSET bird:7 grams 1", "\"bird:7\" of database 0 has another value")]
    [InlineData("HPERSIST bird:1:sensors FIELDS 1 heart", "\"bird:1:sensors\" of database 0 has another value")]
    [InlineData("XADD telemetry:1 * a b", "\"telemetry:1\" of database 0 has another value")]
    [InlineData("XGROUP DELCONSUMER telemetry:0 rangers kea", "\"telemetry:0\" of database 0 has another value")]
    [InlineData("XACK telemetry:0 rangers 1726000060000-1", "\"telemetry:0\" of database 0 has another value")]
    [InlineData("SELECT 3; DEL session:1", "\"session:1\" of database 3 is missing")]
    [InlineData("FUNCTION FLUSH", "function library \"flight\" is not the same at both")]
    public async Task Compare_PlantedDifference_IsNamed(string commands, string expected)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis80);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis80);
        await using var atSource = await ConnectAsync(source);
        await using var atTarget = await ConnectAsync(target);
        var data = new DemoData(birds: 100, expiresFrom: 4_000_000_000_000, All);
        await CommandPipeline.SendAsync(atSource, data.Commands(), TestContext.Current.CancellationToken);
        await CommandPipeline.SendAsync(atTarget, data.Commands(), TestContext.Current.CancellationToken);
        // XREADGROUP notes when it delivered, which the two fills do not share.
        using (var client = target.Connect())
            CopyStreams(source, client);

        using (var client = target.Connect())
        {
            foreach (
                var command in commands.Split(
                    ';',
                    StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
                )
            )
                client.Call([.. command.Split(' ')]);
        }

        var result = await new ServerComparison(atSource, atTarget, All).CompareAsync(
            TestContext.Current.CancellationToken
        );

        if (expected.Length == 0)
            result.Differences.ShouldBeEmpty();
        else
            result.Differences.ShouldHaveSingleItem().ToString().ShouldContain(expected);
    }

    private static void CopyStreams(RedisServer source, RespClient target)
    {
        using var client = source.Connect();
        foreach (var key in (object?[])client.Call("KEYS", "telemetry:*")!)
            target.Call("RESTORE", key!, 0, client.Call("DUMP", key!)!, "REPLACE");
    }

    private static Task<RedisConnection> ConnectAsync(RedisServer server) =>
        RedisConnection.ConnectAsync(
            new RedisEndpoint { SocketPath = server.UnixSocket },
            new ConnectionOptions(),
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
}
