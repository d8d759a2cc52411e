using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Clusters;

/// <summary>Keys of a cluster that keeps up have their own expiries, which strike while a part of it is away.</summary>
[TakesLong]
public sealed class ClusterExpiryTests
{
    // So long that it is not held back when it is written.
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(65);
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Follow_KeyIsRenewedWhileItsPrimaryAtTheTargetIsAway_IsAlive()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await TestCluster.StartAsync(ServerVersion.Redis70, new() { Replicas = 1 });
        using var writer = source.Connect();
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync([.. target.Primaries.Select(node => node.Client)]);
        await program.CaughtUpAsync();
        var key = target.KeyIn(1);
        var last = $"{{{key}}} last";
        var end = TimeProvider.System.GetUtcNow().Add(Life);
        var expireAt = end.ToUnixTimeMilliseconds();
        writer.Call("SET", key, "value", "PXAT", expireAt);
        await Wait.UntilAsync(
            () => target.Primary(1).Client.Number("PEXPIRETIME", key) == expireAt,
            "the target has the key, with its own expiry",
            () => program.Log
        );

        await Task.Delay(end - LastMoment - TimeProvider.System.GetUtcNow(), cancellationToken);
        await target.KillPrimaryAsync(1);

        // More than what is read anew of what may have been on its way.
        var filler = new byte[100_000];
        writer.Pipeline(Enumerable.Range(0, 40).Select(i => (object[])["SET", $"filler:{i}", filler]));
        writer.Call("PEXPIREAT", key, expireAt + 1_000_000).ShouldBe(1);
        writer.Call("SET", last, "value");
        await target.WaitForTakeOverAsync(1);
        await Wait.UntilAsync(
            () => target.Primary(1).Client.Number("EXISTS", last) == 1,
            "changes are passed on again",
            () => program.Log
        );

        target.Primary(1).Client.Text("GET", key).ShouldBe("value", program.Log);
        await program.CatchUpAsync();
        target.Primary(1).Client.Number("PEXPIRETIME", key).ShouldBe(expireAt + 1_000_000);
    }
}
