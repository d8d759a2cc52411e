using Godwit.Connections;

namespace Godwit.Tests.Connections;

public sealed class SilenceWatchTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _clock = new();
    private readonly SilenceWatch _watch;
    private int _ends;

    public SilenceWatchTests() => _watch = new SilenceWatch(_clock, Limit, () => _ends++);

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void Watch_ReadWaitsBeyondTheLimit_EndsOnce()
    {
        _watch.ReadWaits();
        _clock.Advance(Limit - TimeSpan.FromSeconds(1));
        _watch.Expired.ShouldBeFalse();

        _clock.Advance(Limit);

        _watch.Expired.ShouldBeTrue();
        _ends.ShouldBe(1);
    }

    [Fact]
    public void Watch_NothingWaits_NeverEnds()
    {
        _watch.ReadWaits();
        _watch.ReadEnds();

        _clock.Advance(Limit * 100);

        _ends.ShouldBe(0);
    }

    [Fact]
    public void Watch_ReadsComeNowAndThen_NeverEnds()
    {
        for (var i = 0; i < 100; i++)
        {
            _watch.ReadWaits();
            _clock.Advance(Limit * 0.9);
            _watch.ReadEnds();
        }

        _ends.ShouldBe(0);
    }

    [Fact]
    public void Watch_ReadWaitsWhileALongWriteGoesOn_DoesNotEnd()
    {
        _watch.ReadWaits();
        for (var i = 0; i < 10; i++)
        {
            _watch.WriteWaits();
            _clock.Advance(Limit * 0.5);
            _watch.WriteEnds();
        }

        _ends.ShouldBe(0);
        _clock.Advance(Limit * 1.3);
        _ends.ShouldBe(1);
    }

    [Fact]
    public void Watch_WriteWaitsWhileReadsFindBytes_DoesNotEnd()
    {
        _watch.WriteWaits();
        for (var i = 0; i < 10; i++)
        {
            _watch.ReadFound();
            _clock.Advance(Limit * 0.8);
        }

        _ends.ShouldBe(0);
    }

    [Fact]
    public void Watch_WriteWaitsBeyondTheLimit_Ends()
    {
        _watch.WriteWaits();

        _clock.Advance(Limit * 1.2);

        _ends.ShouldBe(1);
    }
}
