using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Clusters;

/// <summary>Keys of a cluster that keeps up expire when the source says so, even where a part of it is away.</summary>
[TakesLong]
public sealed class ClusterExpiryTests
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(15);
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
            () => target.Primary(1).Client.Number("PEXPIRETIME", key) > expireAt,
            "the target has the key, with its expiry held",
            () => program.Log
        );

        // As if it had not come round to it in time.
        await Task.Delay(end - LastMoment - TimeProvider.System.GetUtcNow(), cancellationToken);
        target.Primary(1).Client.Number("PEXPIREAT", key, expireAt).ShouldBe(1);
        target.Primary(1).Client.Number("WAIT", 1, 1_000).ShouldBe(1);
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

    [Fact]
    public async Task Follow_KeysComeNearTheirEnd_AreHeldAtEachPrimary()
    {
        await using var source = await TestCluster.StartAsync(ServerVersion.Redis70, new());
        await using var target = await TestCluster.StartAsync(ServerVersion.Valkey81, new());
        using var client = source.Connect();
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync([.. target.Primaries.Select(node => node.Client)]);
        await program.CaughtUpAsync();
        var expireAt = TimeProvider.System.GetUtcNow().AddSeconds(100).ToUnixTimeMilliseconds();
        (int Primary, string Key)[] keys =
        [
            .. Enumerable.Range(0, target.Primaries.Count).Select(i => (i, target.KeyIn(i))),
        ];
        foreach (var (_, key) in keys)
            client.Call("SET", key, "value", "PXAT", expireAt);
        foreach (var (primary, key) in keys)
            await ShouldBecomeAsync(primary, key, expiry => expiry == expireAt, "the target has its own expiry");

        foreach (var (primary, key) in keys)
            await ShouldBecomeAsync(primary, key, expiry => expiry > 2 * expireAt, "its expiry is held at the target");
        await program.CatchUpAsync();
        foreach (var (primary, key) in keys)
            target.Primary(primary).Client.Number("PEXPIRETIME", key).ShouldBe(expireAt, program.Log);

        Task ShouldBecomeAsync(int primary, string key, Func<long, bool> isRight, string what) =>
            Wait.UntilAsync(
                () => isRight(target.Primary(primary).Client.Number("PEXPIRETIME", key)),
                $"{key}: {what}",
                () => program.Log
            );
    }
}
