using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration.Rights;

/// <summary>Users who have just the rights that the documentation names: everything arrives, and nobody is warned.</summary>
public sealed class LeastRightsTests
{
    [Theory]
    [InlineData(ServerVersion.Redis70, "sync")]
    [InlineData(ServerVersion.Redis70, "scan")]
    [InlineData(ServerVersion.Redis80, "scan")]
    [InlineData(ServerVersion.Valkey91, "sync")]
    [InlineData(ServerVersion.Valkey91, "scan")]
    public async Task Migrate_JustTheDocumentedRights_EverythingArrives(ServerVersion version, string read)
    {
        await using var pair = await LimitedPair.StartAsync(
            version,
            DocumentedRights.Of(read == "sync" ? "As a replica" : "By SCAN", version),
            DocumentedRights.Of("Writing a server", version),
            client => DataSet.Fill(client)
        );
        using var godwit = new GodwitProcess();

        // So low that the values of the data set go in pieces.
        var result = await godwit.RunAsync(
            "migrate",
            pair.Source.Uri,
            pair.Target.Uri,
            "--read",
            read,
            "--large-value",
            "1MiB",
            "--json"
        );

        result.ShouldHaveEnded(0);
        result.Error.ShouldNotContain("warning");
        pair.ShouldBeEqual(new ComparisonOptions { IgnoreEntriesRead = true }, result.Everything);
    }

    [Theory]
    [InlineData(ServerVersion.Redis70, "sync")]
    [InlineData(ServerVersion.Redis80, "sync")]
    [InlineData(ServerVersion.Valkey91, "sync")]
    [InlineData(ServerVersion.Redis70, "tracking")]
    [InlineData(ServerVersion.Redis80, "tracking")]
    public async Task Follow_JustTheDocumentedRights_EverythingArrives(ServerVersion version, string follow)
    {
        var atTarget = DocumentedRights.Of(
            follow == "sync" ? "The target, by its source's stream" : "The target, by the names",
            version
        );
        if (follow == "tracking")
            atTarget = [.. atTarget, .. DocumentedRights.Of("Writing a server", version)];
        await using var pair = await LimitedPair.StartAsync(
            version,
            DocumentedRights.Of(follow == "sync" ? "The source, by its stream" : "The source, by the names", version),
            atTarget,
            client => DataSet.Fill(client)
        );
        using var godwit = new GodwitProcess();
        string[] arguments =
        [
            "migrate",
            pair.Source.Uri,
            pair.Target.Uri,
            "--live",
            "--follow",
            follow,
            "--state",
            "state",
            "--json",
        ];
        var first = await godwit.RunAsync(
            async process =>
            {
                await Wait.UntilAsync(() => process.HasExited || pair.Target.Keys > 0, "the copy has begun");
                Write(pair.Source.Client);
                await Wait.UntilAsync(
                    () => process.HasExited || pair.Target.Client.Call("EXISTS", "followed") is 1L,
                    "the last change is at the target"
                );
                if (!process.HasExited)
                    await GodwitProcess.SignalAsync(process, "INT");
            },
            arguments
        );
        first.ShouldHaveEnded(130);

        var last = await godwit.RunAsync([.. arguments, "--resume", "--until", "caught-up"]);

        last.ShouldHaveEnded(0);
        (first.Error + last.Error).ShouldNotContain("may not run");
        pair.ShouldBeEqual(LiveComparison.Options(pair.Target.Features), $"{first.Everything}\n{last.Everything}");
    }

    // One of each way that changes take: as they are, taken apart, read anew.
    private static void Write(RespClient client)
    {
        client.Call("SELECT", 0);
        client.Call("INCR", "counter");
        client.Call("SET", "brief", "x", "PX", 600_000);
        client.Call("PFADD", "guess", "a", "b");
        client.Call("PFCOUNT", "guess");
        client.Call("ZADD", "ranks", 1, "a", 2, "b");
        client.Call("ZRANGESTORE", "some ranks", "ranks", 0, 0);
        client.Call("EVAL", "redis.call('HSET', KEYS[1], 'f', 1) return redis.call('SADD', KEYS[2], 'm')", 2, "h", "s");
        client.Call("MULTI");
        client.Call("RPUSH", "list", "a");
        client.Call("RENAME", "list", "renamed list");
        client.Call("EXEC");
        client.Call("XADD", "events", "*", "a", "b");
        client.Call("DEL", "counter");
        client.Call("SET", "followed", 1);
    }
}
