using Godwit.Live.Links;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Live.Links;

public sealed class ArrivalLogTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void ArrivalOf_BytesOfOneMoment_IsItsBeginning()
    {
        var log = new ArrivalLog(_clock);
        var first = Note(log, 100);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Note(log, 200);
        _clock.Advance(TimeSpan.FromMilliseconds(50));
        var second = Note(log, 300);

        log.ArrivalOf(1).ShouldBe(first);
        log.ArrivalOf(200).ShouldBe(first);
        log.ArrivalOf(201).ShouldBe(second);
        log.ArrivalOf(300).ShouldBe(second);
    }

    [Fact]
    public void ArrivalOf_LongBacklog_IsNeverSaidToBeLater()
    {
        var log = new ArrivalLog(_clock);
        var arrivals = new List<long>();
        for (var offset = 1; offset <= 100_000; offset++)
        {
            arrivals.Add(Note(log, offset));
            _clock.Advance(TimeSpan.FromMilliseconds(3));
        }

        var farthest = 0L;
        for (var offset = 1; offset <= arrivals.Count; offset++)
        {
            var early = arrivals[offset - 1] - log.ArrivalOf(offset);
            early.ShouldBeGreaterThanOrEqualTo(0);
            farthest = Math.Max(farthest, early);
        }

        _clock.GetElapsedTime(0, farthest).ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void ArrivalOf_CaughtUpAgain_IsExactAgain()
    {
        var log = new ArrivalLog(_clock);
        for (var offset = 1; offset <= 50_000; offset++)
        {
            Note(log, offset);
            _clock.Advance(TimeSpan.FromMilliseconds(3));
        }

        log.ArrivalOf(50_001);
        var first = Note(log, 50_001);
        _clock.Advance(TimeSpan.FromMilliseconds(3));
        var second = Note(log, 50_002);

        log.ArrivalOf(50_001).ShouldBe(first);
        log.ArrivalOf(50_002).ShouldBe(second);
    }

    private long Note(ArrivalLog log, long end)
    {
        log.Note(end);
        return _clock.GetTimestamp();
    }
}
