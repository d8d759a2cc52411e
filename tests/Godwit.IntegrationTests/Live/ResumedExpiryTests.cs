using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Live.Clusters;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Faults;

namespace Godwit.IntegrationTests.Live;

/// <summary>
/// A job that is stopped gives all keys their own expiries, since clients may go on at the target. Where it is resumed instead, keys have
/// died there which the source had still used or renewed.
/// </summary>
[TakesLong]
public sealed class ResumedExpiryTests
{
    private const int Lives = 5_000;
    private const int LivesLonger = 10_000;

    /// <summary>What the source made of a key before that died there is not to be made of nothing at the target.</summary>
    [Theory]
    [InlineData(ServerVersion.Redis70, false)]
    [InlineData(ServerVersion.Redis60, false)]
    [InlineData(ServerVersion.Valkey91, false)]
    [InlineData(ServerVersion.Redis80, true)]
    public async Task Resume_KeyWasUsedBeforeItDied_WhatWasMadeOfItIsThere(ServerVersion version, bool intoCluster)
    {
        await using var source = await LoadedSide.StartAsync(version, cluster: null);
        await using var target = await LoadedSide.StartAsync(version, intoCluster ? new ClusterSettings() : null);
        var writer = source.Clients[0];
        string[] short_ = ["{t}set", "{t}list", "{t}string", "{t}moved"];
        writer.Call("SADD", short_[0], "a", "b", "c");
        writer.Call("RPUSH", short_[1], "1", "2", "3");
        writer.Call("SET", short_[2], "of the source");
        writer.Call("SADD", short_[3], "d");
        foreach (var key in (string[])["{t}united", "{t}taken"])
            writer.Call("SADD", key, "own");
        foreach (var key in (string[])["{t}pushed", "{t}sorted"])
            writer.Call("RPUSH", key, "own");
        writer.Call("SET", "{t}copy", "own");
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(target.Clients);
        foreach (var key in short_)
            writer.Call("PEXPIRE", key, Lives);
        await program.CaughtUpAsync();
        await program.StopAsync();

        var united = writer.Number("SUNIONSTORE", "{t}united", "{t}united", short_[0]);
        writer.Call("SORT", short_[1], "DESC", "STORE", "{t}sorted");
        if (version != ServerVersion.Redis60)
        {
            writer.Call("COPY", short_[2], "{t}copy", "REPLACE");
            writer.Call("PERSIST", "{t}copy");
        }

        var pushed = writer.Call("RPOPLPUSH", short_[1], "{t}pushed");
        var taken = writer.Number("SMOVE", short_[3], "{t}taken", "d");
        Assert.SkipUnless(
            united == 4 && pushed is not null && taken == 1,
            "The machine was too slow to use them in time."
        );
        await Wait.UntilAsync(
            () => target.Clients.All(client => short_.All(key => client.Try("EXISTS", key) is RespError or 0L)),
            "the keys have died at the target",
            () => program.Log
        );
        var result = await program.CatchUpAsync();

        result.Keys.Failed.ShouldBe(0);
        ShouldBeEqual(source, target, program);
    }

    /// <summary>A key that is there when the job is resumed may die before the change that renews it comes.</summary>
    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis60)]
    public async Task Resume_KeyIsRenewedBehindManyChanges_IsAlive(ServerVersion version)
    {
        const int Values = 1_500;
        const int ValueLength = 4_000;
        const int BytesPerSecond = 400_000;
        await using var source = await RedisServer.StartAsync(version, "--repl-backlog-size", "64mb");
        await using var target = await RedisServer.StartAsync(version);
        await using var proxy = new FaultProxy(target.Port);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("SET", "renewed", "value");
        writer.Call("SET", "runs out", "value");
        writer.Call("SET", "changed", "value");
        await using var program = new FollowingProgram(source.Uri, $"redis://127.0.0.1:{proxy.Port}");
        program.Start();
        await program.FollowAsync(reader);
        writer.Call("PEXPIRE", "renewed", LivesLonger);
        writer.Call("PEXPIRE", "runs out", LivesLonger);
        await program.CaughtUpAsync();
        await program.StopAsync();

        // New keys would be read anew at once, and what else is done to them left out.
        var value = new byte[ValueLength];
        writer.Pipeline(Enumerable.Range(0, Values).Select(_ => (object[])["SET", "changed", value]));
        writer.Call("SET", "changed", "at last");
        Assert.SkipUnless(writer.Call("PERSIST", "renewed") is 1L, "The machine was too slow to renew a key in time.");
        proxy.Limit(Direction.ToServer, BytesPerSecond);
        program.Start();
        await Wait.UntilAsync(
            () => writer.Call("EXISTS", "runs out") is 0L,
            "the time of the keys is over",
            () => program.Log
        );
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        (reader.Text("GET", "changed") == "at last").ShouldBeFalse($"The changes came too soon.\n{program.Log}");
        proxy.Limit(Direction.ToServer, null);
        await program.CaughtUpAsync();

        // Another start would find it missing.
        reader.Number("EXISTS", "renewed").ShouldBe(1, program.Log);
        await program.CatchUpAsync();
        program.Log.ShouldNotContain("copying anew");
        var differences = ServerComparison.Compare(
            ServerStateReader.Read(writer),
            ServerStateReader.Read(reader),
            LiveComparison.Options(Data.ServerFeatures.Ask(reader))
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
    }

    private static void ShouldBeEqual(LoadedSide source, LoadedSide target, FollowingProgram program)
    {
        var differences = ServerComparison.Compare(
            source.Read(),
            target.Read(),
            LiveComparison.Options(target.Features)
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
        program.ShouldHaveLeftNothing(target.Clients);
    }
}
