using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Idle times and access frequencies, which a server writes into its files when it evicts by them.</summary>
public sealed class AccessTimeTests
{
    private const long IdleSeconds = 10_000;
    private const long Frequency = 77;

    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91)]
    public async Task Migrate_FileWithFrequencies_KeepsThem(ServerVersion from, ServerVersion to)
    {
        // Without decay, so that a minute's turn in the midst of the test changes nothing.
        string[] policy = ["--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0"];
        await using var source = await RedisServer.StartAsync(from, policy);
        Restore(source, "FREQ", Frequency);
        await using var target = await TargetServer.StartAsync(to, policy);

        await MigrateFileAsync(source, target);

        target.Client.Number("OBJECT", "FREQ", "key").ShouldBe(Frequency);
    }

    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91)]
    public async Task Migrate_FileWithIdleTimes_KeepsThem(ServerVersion from, ServerVersion to)
    {
        string[] policy = ["--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"];
        await using var source = await RedisServer.StartAsync(from, policy);
        Restore(source, "IDLETIME", IdleSeconds);
        await using var target = await TargetServer.StartAsync(to, policy);

        await MigrateFileAsync(source, target);

        target.Client.Number("OBJECT", "IDLETIME", "key").ShouldBeInRange(IdleSeconds, IdleSeconds + 600);
    }

    private static async Task MigrateFileAsync(RedisServer source, TargetServer target)
    {
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync("migrate", await source.SaveAsync(), target.Uri, "--json");

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(1);
    }

    private static void Restore(RedisServer server, string option, long value)
    {
        using var client = server.Connect();
        client.Call("SET", "original", "value");
        var payload = client.Call("DUMP", "original")!;
        client.Call("RESTORE", "key", 0, payload, option, value);
        client.Call("DEL", "original");
    }
}
