using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>That the load is what the tests which use it take it for.</summary>
public sealed class LoadGeneratorTests
{
    // What no test can write on purpose, or compare: modules, administration, what other servers send.
    private static readonly HashSet<string> NotWritten = new(StringComparer.OrdinalIgnoreCase)
    {
        "flushall",
        "flushdb",
        "swapdb",
        "migrate",
        "pfdebug",
        "restore-asking",
        "vadd",
        "vrem",
        "vsetattr",
    };

    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Run_EveryCommandThatWrites_IsDoneWithSuccess(ServerVersion version)
    {
        await using var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();
        await using var load = LoadGenerator.Start(LoadNode.Of(server), new() { Seed = 1, CommandsPerSecond = 20_000 });

        await load.SendMoreAsync(30_000);
        await load.StopAsync();

        var counted = Counted(client);
        var writing = Writing(client).Where(name => !NotWritten.Contains(name)).ToArray();
        writing.Length.ShouldBeGreaterThan(80);
        writing.Where(name => counted.GetValueOrDefault(name) == 0).ShouldBeEmpty();
    }

    /// <summary>What a server's own replica gets wrong cannot be asked of anybody else.</summary>
    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Run_ReplicaOfTheServer_EndsEqual(ServerVersion version)
    {
        await using var server = await RedisServer.StartAsync(version);
        await using var replica = await RedisServer.StartAsync(version);
        using var client = server.Connect();
        using var copy = replica.Connect();
        await using var load = LoadGenerator.Start(
            LoadNode.Of(server),
            new()
            {
                Seed = 2,
                CommandsPerSecond = 10_000,
                SwapsDatabases = true,
            }
        );
        await load.SendMoreAsync(3_000);
        await Replication.FollowAsync(copy, server.Port);

        await load.SendMoreAsync(15_000);
        await load.StopAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);

        client.Number("WAIT", 1, 60_000).ShouldBe(1);
        ServerComparison.ShouldBeEqual(
            ServerStateReader.Read(client),
            ServerStateReader.Read(copy),
            LiveComparison.Options(ServerFeatures.Ask(copy))
        );
    }

    [Fact]
    public async Task Run_Cluster_WritesToEveryShard()
    {
        await using var cluster = await TestCluster.StartAsync(ServerVersion.Redis80);
        await using var load = LoadGenerator.Start(
            LoadNode.Of(cluster),
            new()
            {
                Seed = 3,
                Connections = 3,
                Databases = [0],
            }
        );

        await load.SendMoreAsync(5_000);
        await load.StopAsync();

        cluster.Primaries.Select(primary => primary.Client.Number("DBSIZE")).ShouldAllBe(keys => keys > 100);
    }

    private static Dictionary<string, long> Counted(RespClient client) =>
        client
            .Text("INFO", "commandstats")
            .Split("\r\n")
            .Where(line => line.StartsWith("cmdstat_", StringComparison.Ordinal))
            .Select(line => line["cmdstat_".Length..].Split(':'))
            .ToDictionary(parts => parts[0], parts => Succeeded(parts[1]), StringComparer.Ordinal);

    // calls=10,usec=5,usec_per_call=0.50,rejected_calls=0,failed_calls=2
    private static long Succeeded(string counts)
    {
        var numbers = counts
            .Split(',')
            .Select(count => count.Split('='))
            .ToDictionary(count => count[0], count => count[1], StringComparer.Ordinal);
        return Number("calls") - Number("failed_calls");

        long Number(string name) => long.Parse(numbers[name], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Writing(RespClient client) =>
        ((object?[])client.Call("COMMAND")!)
            .Select(command => (object?[])command!)
            .Where(command => ((object?[])command[2]!).Select(Bytes.Text).Contains("write", StringComparer.Ordinal))
            .SelectMany(Names);

    // Those of a container are counted by their own names: xgroup|create.
    private static IEnumerable<string> Names(object?[] command)
    {
        const int Subcommands = 9;
        return command is { Length: > Subcommands } && command[Subcommands] is object?[] { Length: > 0 } children
            ? children.SelectMany(child => Names((object?[])child!))
            : [Bytes.Text(command[0])];
    }
}
