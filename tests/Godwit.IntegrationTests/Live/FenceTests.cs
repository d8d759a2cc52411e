using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.IntegrationTests.Servers;
using Godwit.Live;
using Godwit.Migration;

namespace Godwit.IntegrationTests.Live;

public sealed class FenceTests : IMigrationLog
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    void IMigrationLog.Info(string message) { }

    void IMigrationLog.Warn(string message) => TestContext.Current.TestOutputHelper?.WriteLine(message);

    [Fact]
    public async Task Step_MarkerThatComesOut_PassesWhenItsDeletionHasToo()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis60);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis60);
        using var sourceClient = source.Connect();
        using var targetClient = target.Connect();
        await using var fence = Create(source, target, TimeProvider.System);

        (await fence.StepAsync(isCaughtUp: false, Stop)).ShouldBeFalse();
        sourceClient.Call("EXISTS", fence.Key).ShouldBe(0L, "nothing is written before it has caught up");
        (await fence.StepAsync(isCaughtUp: true, Stop)).ShouldBeFalse();
        sourceClient.Number("PTTL", fence.Key).ShouldBeInRange(1, 3_600_000);

        // What another run left there is not taken for this one's.
        targetClient.Call("SET", fence.Key, "an older one");
        (await fence.StepAsync(isCaughtUp: true, Stop)).ShouldBeFalse();
        sourceClient.Call("EXISTS", fence.Key).ShouldBe(1L);

        targetClient.Call("SET", fence.Key, sourceClient.Call("GET", fence.Key)!);
        (await fence.StepAsync(isCaughtUp: true, Stop)).ShouldBeFalse();
        sourceClient.Call("EXISTS", fence.Key).ShouldBe(0L);
        (await fence.StepAsync(isCaughtUp: true, Stop)).ShouldBeFalse("its deletion is not at the target");
        fence.IsPassed.ShouldBeFalse();

        targetClient.Call("DEL", fence.Key);
        (await fence.StepAsync(isCaughtUp: true, Stop)).ShouldBeTrue();
    }

    [Fact]
    public async Task Step_SourceThatIsNotTheOneThatIsFollowed_IsFoundOut()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var sourceClient = source.Connect();
        var clock = new JumpingClock();
        var fence = Create(source, target, clock);
        await using (fence)
        {
            await fence.StepAsync(isCaughtUp: true, Stop);
            await fence.StepAsync(isCaughtUp: true, Stop);
            // While it is behind nothing is said, however long that takes.
            clock.Jump(TimeSpan.FromHours(1));
            await fence.StepAsync(isCaughtUp: false, Stop);
            await fence.StepAsync(isCaughtUp: true, Stop);

            clock.Jump(TimeSpan.FromSeconds(31));
            var exception = await Should.ThrowAsync<FenceLostException>(() => fence.StepAsync(isCaughtUp: true, Stop));
            exception.WhatToDo.ShouldNotBeNull().ShouldContain("do not switch over");
            sourceClient.Call("EXISTS", fence.Key).ShouldBe(1L);
        }

        sourceClient.Call("EXISTS", fence.Key).ShouldBe(0L, "it does not stay at the source");
    }

    private Fence Create(RedisServer source, RedisServer target, TimeProvider clock) =>
        new(
            token => ConnectAsync(source, token),
            token => ConnectAsync(target, token),
            sourceDatabase: 0,
            targetDatabase: 0,
            "0123456789ab",
            this,
            clock
        );

    private static Task<RedisConnection> ConnectAsync(RedisServer server, CancellationToken cancellationToken) =>
        RedisConnection.ConnectAsync(
            new RedisEndpoint { Host = "127.0.0.1", Port = server.Port },
            new ConnectionOptions(),
            TimeProvider.System,
            cancellationToken
        );

    private sealed class JumpingClock : TimeProvider
    {
        private long _ahead;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Jump(TimeSpan time) => _ahead += time.Ticks;

        public override long GetTimestamp() => _ahead;
    }
}
