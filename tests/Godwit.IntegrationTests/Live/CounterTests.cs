using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Faults;

namespace Godwit.IntegrationTests.Live;

/// <summary>
/// Commands that would show it if one was applied twice, or not at all, or before another: the program is killed again and
/// again while they pass.
/// </summary>
[TakesLong]
public sealed class CounterTests
{
    private const int Kills = 30;
    private const int Losses = 5;
    private const int Seed = 5;

    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);

    // Of so many kills one strikes at any moment, the start and the snapshot among them; the others while changes pass.
    private const int KillsPerAnyMoment = 5;

    [Fact]
    public async Task Follow_ProgramIsKilledThirtyTimes_EachChangeIsAppliedOnce()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var random = new Random(Seed);
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var reader = target.Connect();
        await using var counters = CounterLoad.Start(source.Port, Seed);
        await using var program = new FollowingProgram(source.Uri, target.Uri);

        for (var kill = 0; kill < Kills; kill++)
        {
            await program.EnsureRunsAsync();
            if (kill % KillsPerAnyMoment == 0)
            {
                await Task.Delay(random.Next(1_500), cancellationToken);
            }
            else
            {
                await program.AdvanceAsync(reader);
                await Task.Delay(random.Next(200), cancellationToken);
            }

            await program.KillAsync();
        }

        var expected = await counters.StopAsync();
        await program.CatchUpAsync();

        using var writer = source.Connect();
        expected.Changes.ShouldBeGreaterThan(10_000);
        expected.ShouldBeIn(writer, "at the source");
        expected.ShouldBeIn(reader, $"at the target\n{program.Log}");
        TargetServer.CountKeys(reader).ShouldBe(CounterLoad.Keys);
        program.ShouldHaveLeftNothing(reader);
    }

    // A network may deliver what a connection had sent long after that was given up.
    [Fact]
    public async Task Follow_WhatLostConnectionsSentArrivesLate_EachChangeIsAppliedOnce()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var proxy = new FaultProxy(target.Port);
        using var reader = target.Connect();
        await using var counters = CounterLoad.Start(source.Port, Seed);
        await using var program = new FollowingProgram(source.Uri, $"redis://127.0.0.1:{proxy.Port}");
        await program.EnsureRunsAsync();
        await program.AdvanceAsync(reader);

        for (var loss = 0; loss < Losses; loss++)
        {
            proxy.Delay(Direction.ToServer, Late);
            await Task.Delay(Late / 2, cancellationToken);
            proxy.AbandonAll();
            proxy.Delay(Direction.ToServer, TimeSpan.Zero);
            await Task.Delay(Late * 2, cancellationToken);
        }

        var expected = await counters.StopAsync();
        await program.CatchUpAsync();
        expected.ShouldBeIn(reader, $"at the target\n{program.Log}");
        program.ShouldHaveLeftNothing(reader);
    }

    // What a killed program had sent may still wait at the target when the next one has asked how far that is.
    [Fact]
    public async Task Follow_WhatAKilledProgramSentArrivesLate_EachChangeIsAppliedOnce()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var proxy = new FaultProxy(target.Port);
        using var reader = target.Connect();
        await using var counters = CounterLoad.Start(source.Port, Seed);
        await using var program = new FollowingProgram(source.Uri, $"redis://127.0.0.1:{proxy.Port}");

        for (var kill = 0; kill < Losses; kill++)
        {
            await program.EnsureRunsAsync();
            await program.AdvanceAsync(reader);
            proxy.Delay(Direction.ToServer, Late * 3);
            await Task.Delay(Late / 2, cancellationToken);
            await program.KillAsync();
            proxy.AbandonAll();
            proxy.Delay(Direction.ToServer, TimeSpan.Zero);
        }

        var expected = await counters.StopAsync();
        await program.CatchUpAsync();
        expected.ShouldBeIn(reader, $"at the target\n{program.Log}");
        program.ShouldHaveLeftNothing(reader);
    }
}
