using Godwit.Live.Following;
using Godwit.Targets.Redis.Shards;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Live.Following;

public sealed class TargetWatchTests : IAsyncDisposable
{
    private readonly KeyServer _first = new();
    private readonly KeyServer _second = new();
    private readonly FixedTopology _topology;
    private readonly TargetWatch _watch;

    public TargetWatchTests()
    {
        _topology = new FixedTopology(_first.Endpoint, _second.Endpoint);
        _watch = new TargetWatch(_topology, TimeProvider.System);
    }

    [Fact]
    public async Task LookNowAsync_APrimaryIsStartedAnew_CountsOnce()
    {
        (await LookAsync()).ShouldBeTrue();
        _watch.Losses.ShouldBe(0);

        StartAnew(_second);

        (await LookAsync()).ShouldBeTrue();
        (await LookAsync()).ShouldBeTrue();
        _watch.Losses.ShouldBe(1);
        _watch.Moves.ShouldBe(0);
    }

    [Fact]
    public async Task LookNowAsync_APrimaryIsAwayForAWhile_CountsOnlyIfItWasStartedAnew()
    {
        await LookAsync();
        _first.Intercept = _ => KeyServer.Close;
        (await LookAsync()).ShouldBeFalse();
        _first.Intercept = _ => null;
        (await LookAsync()).ShouldBeTrue();
        _watch.Losses.ShouldBe(0);

        _first.Intercept = _ => KeyServer.Close;
        (await LookAsync()).ShouldBeFalse();
        StartAnew(_first);
        _first.Intercept = _ => null;

        (await LookAsync()).ShouldBeTrue();
        _watch.Losses.ShouldBe(1);
    }

    [Fact]
    public async Task LookNowAsync_APrimaryDoesNotTell_CountsNothing()
    {
        _first.Intercept = command => command.Name == "INFO" ? "-NOPERM no permission\r\n" : null;
        (await LookAsync()).ShouldBeTrue();
        StartAnew(_first);

        (await LookAsync()).ShouldBeTrue();
        _watch.Losses.ShouldBe(0);
    }

    [Fact]
    public async Task LookNowAsync_ServersChangePlaces_CountsOnceEachTime()
    {
        _topology.Becomes([_first.Endpoint], [_second.Endpoint]);
        await LookAsync();
        _topology.Becomes([_second.Endpoint], [_first.Endpoint]);
        await LookAsync();
        _watch.Losses.ShouldBe(1);

        StartAnew(_first);
        await LookAsync();
        _topology.Becomes([_first.Endpoint], [_second.Endpoint]);

        await LookAsync();
        _watch.Losses.ShouldBe(2);
    }

    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        await _topology.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    private static void StartAnew(KeyServer server) => server.Info = $"run_id:{Guid.NewGuid():N}";

    private Task<bool> LookAsync() => _watch.LookNowAsync(TestContext.Current.CancellationToken);
}
