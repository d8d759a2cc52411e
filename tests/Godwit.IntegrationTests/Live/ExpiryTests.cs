using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Faults;

namespace Godwit.IntegrationTests.Live;

/// <summary>No key dies at the target before the source lets it die, and none outlives its time.</summary>
[TakesLong]
public sealed class ExpiryTests
{
    private const int PlainKeys = 30_000;
    private const long Short = 2_000;
    private const long Long = 3_600_000;

    // No expiry of these tests is meant to lie further off; one that is held back would.
    private static readonly TimeSpan FarOff = TimeSpan.FromDays(36_500);
    private static readonly TimeSpan HeldUp = TimeSpan.FromSeconds(5);

    // So long that a key is not held back when it is written.
    private static readonly TimeSpan LongLife = TimeSpan.FromSeconds(100);

    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_RenewedWhileTheTargetIsHeldUp_IsAlive(ServerVersion version)
    {
        await using var source = await RedisServer.StartAsync(version);
        await using var target = await RedisServer.StartAsync(version);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        await using var program = new FollowingProgram(source.Uri, target.Uri);

        program.Start();
        await KeepUntilSnapshotAsync(writer, program, "renewed", "kept", "renewed by GETEX", "ran out", "copied");
        await target.SuspendAsync();
        // In time for the source, and long too late for a target that lets them expire by itself.
        await Task.Delay(TimeSpan.FromMilliseconds(Short / 2), TestContext.Current.CancellationToken);
        writer.Number("PEXPIRE", "renewed", Long).ShouldBe(1);
        writer.Number("PERSIST", "kept").ShouldBe(1);
        writer.Call("GETEX", "renewed by GETEX", "PX", Long).ShouldNotBeNull();
        writer.Number("COPY", "copied", "copy").ShouldBe(1);
        writer.Number("PEXPIRE", "copy", Long).ShouldBe(1);
        await Task.Delay(HeldUp, TestContext.Current.CancellationToken);
        await target.ResumeAsync();
        await program.FollowAsync(reader);
        await program.CatchUpAsync();

        string[] alive = ["renewed", "kept", "renewed by GETEX", "copy"];
        alive.Where(key => reader.Number("EXISTS", key) == 0).ShouldBeEmpty(program.Log);
        reader.Number("EXISTS", "ran out", "copied").ShouldBe(0, program.Log);
        ShouldBeEqual(writer, reader, program);
    }

    /// <summary>The same trap without a snapshot: changes that take a moment on their way, as they always do.</summary>
    [Fact]
    public async Task Follow_RenewedInTheLastMoment_IsAlive()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var proxy = new FaultProxy(target.Port);
        using var writer = source.Connect();
        using var reader = target.Connect();
        DataSet.FillSmall(writer);
        await using var program = new FollowingProgram(source.Uri, $"redis://127.0.0.1:{proxy.Port}");
        program.Start();
        await program.FollowAsync(reader);
        await CatchUpWithMarkerAsync(writer, reader, program);

        proxy.Delay(Direction.ToServer, TimeSpan.FromMilliseconds(300));
        foreach (var key in (string[])["renewed", "counted", "kept"])
            writer.Call("SET", key, "1", "PX", 800);
        await Task.Delay(TimeSpan.FromMilliseconds(600), cancellationToken);
        await RenewAsync(writer);
        proxy.Delay(Direction.ToServer, TimeSpan.Zero);
        await program.CatchUpAsync();

        ShouldBeEqual(writer, reader, program);
    }

    /// <summary>And of keys whose time was so long when they were written that they got their own expiries.</summary>
    [Fact]
    public async Task Follow_LongLivedRenewedInTheLastMoment_IsAlive()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var proxy = new FaultProxy(target.Port);
        using var writer = source.Connect();
        using var reader = target.Connect();
        await using var program = new FollowingProgram(source.Uri, $"redis://127.0.0.1:{proxy.Port}");
        program.Start();
        await program.FollowAsync(reader);
        await CatchUpWithMarkerAsync(writer, reader, program);
        var end = TimeProvider.System.GetUtcNow().Add(LongLife);
        foreach (var key in (string[])["renewed", "counted", "kept"])
            writer.Call("SET", key, "1", "PXAT", end.ToUnixTimeMilliseconds());
        await ShouldBecomeAsync(reader, program, "kept", end.ToUnixTimeMilliseconds());

        await Task.Delay(end - TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(2), cancellationToken);
        proxy.Delay(Direction.ToServer, TimeSpan.FromMilliseconds(300));
        await Task.Delay(end - TimeProvider.System.GetUtcNow() - TimeSpan.FromMilliseconds(100), cancellationToken);
        await RenewAsync(writer);
        proxy.Delay(Direction.ToServer, TimeSpan.Zero);
        await program.CatchUpAsync();

        ShouldBeEqual(writer, reader, program);
    }

    /// <summary>Nobody holds anything then, and the changes of meanwhile wait where nobody has read them.</summary>
    [Fact]
    public async Task Follow_ProgramIsSuspendedUntilKeysHaveDied_AreReadAnew()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("CONFIG", "SET", "repl-timeout", 600);
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(reader);
        await CatchUpWithMarkerAsync(writer, reader, program);
        var end = TimeProvider.System.GetUtcNow().Add(LongLife);
        string[] keys = ["renewed", "counted", "listed"];
        foreach (var key in keys[..2])
            writer.Call("SET", key, "1", "PXAT", end.ToUnixTimeMilliseconds());
        writer.Call("RPUSH", "listed", "1");
        writer.Call("PEXPIREAT", "listed", end.ToUnixTimeMilliseconds());
        await ShouldBecomeAsync(reader, program, "listed", end.ToUnixTimeMilliseconds());

        await program.SignalAsync("STOP");
        writer.Call("PEXPIRE", "renewed", Long);
        writer.Call("INCR", "counted");
        writer.Call("PERSIST", "counted");
        writer.Call("RPUSH", "listed", "2");
        writer.Call("PERSIST", "listed");
        await Wait.UntilAsync(
            () => reader.Number(["EXISTS", .. keys]) == 0,
            "the target lets them die",
            () => program.Log
        );
        await program.SignalAsync("CONT");
        writer.Call("SET", "last", "1");
        await Wait.UntilAsync(() => reader.Number("EXISTS", "last") == 1, "it goes on", () => program.Log);
        await program.CatchUpAsync();

        ShouldBeEqual(writer, reader, program);
        program.Runs.ShouldBe(2, program.Log);
    }

    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_KeyComesNearItsEnd_IsHeldAtTheTarget(ServerVersion version)
    {
        await using var source = await RedisServer.StartAsync(version);
        await using var target = await RedisServer.StartAsync(version);
        using var writer = source.Connect();
        using var reader = target.Connect();
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(reader);
        await program.CaughtUpAsync();
        writer.Call("SET", "key", "1", "PX", (long)LongLife.TotalMilliseconds);
        await Wait.UntilAsync(
            () => reader.Number("PTTL", "key") is > 0 and var rest && rest <= LongLife.TotalMilliseconds,
            "the target has the key, with its own expiry",
            () => program.Log
        );
        reader.Call("SET", "of somebody else", "1", "PX", (long)LongLife.TotalMilliseconds);

        await Wait.UntilAsync(
            () => reader.Number("PTTL", "key") > FarOff.TotalMilliseconds,
            "its expiry is held at the target",
            () => program.Log
        );

        reader.Number("PTTL", "of somebody else").ShouldBeInRange(0, (long)LongLife.TotalMilliseconds);
        reader.Call("DEL", "of somebody else");
        await program.CatchUpAsync();
        ShouldBeEqual(writer, reader, program);
    }

    [Fact]
    public async Task Follow_CaughtUp_ExpiriesAreExactWhileItGoesOn()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("SET", "of the snapshot", "1", "PX", Long);
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(reader);

        await ShouldBecomeAsync(reader, program, "of the snapshot", writer.Number("PEXPIRETIME", "of the snapshot"));
        writer.Call("SET", "of the stream", "1", "PX", Long);
        writer.Call("SET", "short", "1", "PX", 700);
        await ShouldBecomeAsync(reader, program, "of the stream", writer.Number("PEXPIRETIME", "of the stream"));
        await Wait.UntilAsync(() => writer.Number("EXISTS", "short") == 0, "it runs out at the source");
        await Wait.UntilAsync(
            () => reader.Number("EXISTS", "short") == 0,
            "it runs out at the target",
            () => program.Log
        );
        await program.CatchUpAsync();

        program.Runs.ShouldBe(2, program.Log);
        ShouldBeEqual(writer, reader, program);
    }

    private static Task ShouldBecomeAsync(RespClient reader, FollowingProgram program, string key, long expireAt) =>
        Wait.UntilAsync(
            () => Math.Abs(reader.Number("PEXPIRETIME", key) - expireAt) <= 2,
            $"{key} expires at {expireAt} at the target too",
            () => $"{reader.Number("PEXPIRETIME", key)}\n{program.Log}"
        );

    // In time for the source, though not for a target that lets keys expire by itself. What comes too late here, on a machine that is held
    // up, has no meaning.
    private static async Task RenewAsync(RespClient writer)
    {
        var renewed = writer.Number("PEXPIRE", "renewed", Long);
        var kept = writer.Number("PERSIST", "kept");
        var counted = writer.Number("INCR", "counted");
        writer.Call("PERSIST", "counted");
        Assert.SkipUnless((renewed, kept, counted) is (1, 1, 2), "The machine was too slow to renew a key in time.");
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
    }

    private static async Task CatchUpWithMarkerAsync(RespClient writer, RespClient reader, FollowingProgram program)
    {
        writer.Call("SET", "marker", "1", "PX", Long);
        await ShouldBecomeAsync(reader, program, "marker", writer.Number("PEXPIRETIME", "marker"));
    }

    // However long the program takes to come: the snapshot holds keys that have about two seconds left.
    private static Task KeepUntilSnapshotAsync(RespClient writer, FollowingProgram program, params string[] keys) =>
        Wait.UntilAsync(
            () =>
            {
                if (!writer.Text("INFO", "stats").Contains("sync_full:0", StringComparison.Ordinal))
                    return true;
                foreach (var key in keys)
                    writer.Call("SET", key, "1", "PX", Short);
                return false;
            },
            "the source makes a snapshot",
            () => program.Log
        );

    private static void ShouldBeEqual(RespClient writer, RespClient reader, FollowingProgram program)
    {
        var options = LiveComparison.Options(ServerFeatures.Ask(reader));
        var (source, target) = (ServerStateReader.Read(writer), ServerStateReader.Read(reader));
        var differences = ServerComparison.Compare(source, target, options);
        differences.ShouldBeEmpty($"{string.Join('\n', differences.Take(20))}\n{program.Log}");
        var latest = TimeProvider.System.GetUtcNow().Add(FarOff).ToUnixTimeMilliseconds();
        target.Keys.Where(key => key.Value.Expiry is { } expiry && expiry.Latest > latest).ShouldBeEmpty(program.Log);
        program.ShouldHaveLeftNothing(reader);
    }
}
