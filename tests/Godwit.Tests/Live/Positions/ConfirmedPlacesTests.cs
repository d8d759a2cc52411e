using Godwit.Live.Positions;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Live.Positions;

public sealed class ConfirmedPlacesTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Note_TargetThatKeepsWhatItConfirmed_IsSafeAtOnce() =>
        new ConfirmedPlaces(mayLose: false, _clock).Note(0, 100).ShouldBe(100);

    [Fact]
    public void Note_TargetThatMayLose_IsSafeAfterTenSeconds()
    {
        var places = new ConfirmedPlaces(mayLose: true, _clock);

        places.Note(0, 100).ShouldBeNull();
        _clock.Advance(TimeSpan.FromSeconds(6));
        places.Note(0, 200).ShouldBeNull();
        _clock.Advance(TimeSpan.FromSeconds(6));
        places.Note(0, 300).ShouldBe(100);
        places.Note(1, 50).ShouldBeNull();
        _clock.Advance(TimeSpan.FromSeconds(11));
        places.Note(0, 400).ShouldBe(300);
    }
}
