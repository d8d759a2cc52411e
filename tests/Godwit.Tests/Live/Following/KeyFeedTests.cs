using Godwit.Live.Following;
using Godwit.Live.Following.Feeds;
using Godwit.Migration;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Live.Following;

public sealed class KeyFeedTests : IMigrationLog
{
    private const string Names = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly DirtyKeys _keys = new(1 << 20, TimeProvider.System);

    [Fact]
    public async Task Fence_NamesToldBehindTheFirstAnswer_AreInTheSetWhenItEnds()
    {
        var pings = 0;
        await using var server = FakeServer.Redis(words =>
            Answer(words)
            ?? (
                words == "PING" && ++pings == 1 ? $"+PONG\r\n{Names}"
                : words == "PING" ? "+PONG\r\n"
                : null
            )
        );
        await using var feed = new KeyFeed(
            new TrackingWay(Followed.Server(server.Endpoint), database: null),
            _keys,
            this,
            TimeProvider.System
        );
        await feed.OpenAsync(Stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var running = feed.RunAsync(over.Token);

        (await feed.FenceAsync(Stop)).ShouldBeTrue();

        _keys.Take(5).ShouldBe([new(DirtyKeys.AnyDatabase, "k")]);
        pings.ShouldBe(2);
        await over.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
    }

    [Fact]
    public async Task Run_ConnectionLost_ConnectsAgainAndDoubtsEverything()
    {
        var pings = 0;
        await using var server = FakeServer.Redis(words =>
            Answer(words) ?? (words == "PING" && ++pings == 1 ? throw new IOException("cut") : null)
        );
        await using var feed = new KeyFeed(
            new TrackingWay(Followed.Server(server.Endpoint), database: null),
            _keys,
            this,
            TimeProvider.System
        );
        await feed.OpenAsync(Stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var running = feed.RunAsync(over.Token);

        (await feed.FenceAsync(Stop)).ShouldBeFalse();
        while (!await feed.FenceAsync(Stop))
            await Task.Delay(10, Stop);

        _keys.TakeDoubt(out _).ShouldBe(Doubt.Anything);
        server.Commands.Count(words => words == "CLIENT TRACKING ON BCAST").ShouldBe(2);
        await over.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
    }

    [Fact]
    public async Task Open_TrackingIsNotPermitted_IsRefusedWithTheServersWords()
    {
        await using var server = FakeServer.Redis(words =>
            words.StartsWith("HELLO", StringComparison.Ordinal) ? "%0\r\n"
            : words.StartsWith("CLIENT TRACKING", StringComparison.Ordinal) ? "-NOPERM not you\r\n"
            : null
        );
        await using var feed = new KeyFeed(
            new TrackingWay(Followed.Server(server.Endpoint), database: null),
            _keys,
            this,
            TimeProvider.System
        );

        var refused = await Should.ThrowAsync<RefusedException>(() => feed.OpenAsync(Stop));

        refused.Message.ShouldContain("NOPERM not you");
        refused.WhatToDo!.ShouldContain("+client|tracking");
    }

    [Fact]
    public async Task Open_ServerWithoutResp3_IsToldOverTheSecondConnection()
    {
        await using var server = FakeServer.Redis(words =>
            words.StartsWith("HELLO", StringComparison.Ordinal) ? "-ERR unknown command\r\n"
            : words == "CLIENT ID" ? ":42\r\n"
            : null
        );
        await using var feed = new KeyFeed(
            new TrackingWay(Followed.Server(server.Endpoint), database: null),
            _keys,
            this,
            TimeProvider.System
        );

        await feed.OpenAsync(Stop);

        server.Connections.ShouldBe(2);
        server.Commands.ToArray().ShouldContain("SUBSCRIBE __redis__:invalidate", StringComparer.Ordinal);
        server.Commands.ToArray().ShouldContain("CLIENT TRACKING ON REDIRECT 42 BCAST", StringComparer.Ordinal);
    }

    void IMigrationLog.Info(string message) { }

    void IMigrationLog.Warn(string message) { }

    private static string? Answer(string words) =>
        words.StartsWith("HELLO", StringComparison.Ordinal) ? "%0\r\n" : null;
}
