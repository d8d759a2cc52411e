using Godwit.Live.Following;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Live.Following;

public sealed class DirtyKeysTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Take_AKeyThatChangedOften_ComesOnceAndInItsPlace()
    {
        var keys = new DirtyKeys(1 << 20, _clock);
        keys.Add(new(0, "a"));
        keys.Add(new(0, "b"));
        keys.Add(new(0, "a"));
        keys.Add(new(1, "a"));

        keys.Take(10).ShouldBe([new(0, "a"), new(0, "b"), new(1, "a")]);
        keys.Take(10).ShouldBeEmpty();
        keys.Told.ShouldBe(4);
    }

    [Fact]
    public void Take_AKeyThatChangesBehindIt_ComesAgain()
    {
        var keys = new DirtyKeys(1 << 20, _clock);
        keys.Add(new(0, "a"));
        keys.Take(1);
        var asked = keys.Added;
        keys.IsDoneUpTo(asked).ShouldBeTrue();

        keys.Add(new(0, "a"));

        keys.IsDoneUpTo(asked).ShouldBeTrue();
        keys.IsDoneUpTo(keys.Added).ShouldBeFalse();
        keys.Take(1).ShouldBe([new(0, "a")]);
        keys.IsDoneUpTo(keys.Added).ShouldBeTrue();
    }

    [Fact]
    public void GiveBack_AKeyThatWasOnItsWay_IsNotDoneByWhatWasAskedMeanwhile()
    {
        var keys = new DirtyKeys(1 << 20, _clock);
        keys.Add(new(0, "a"));
        keys.Take(1);
        var asked = keys.Added;

        keys.GiveBack(new(0, "a"));

        keys.IsDoneUpTo(asked).ShouldBeFalse();
        keys.IsDoneUpTo(keys.Added).ShouldBeFalse();
        keys.Take(2).ShouldBe([new(0, "a")]);
        keys.IsDoneUpTo(keys.Added).ShouldBeTrue();
    }

    [Fact]
    public void GiveBack_AKeyThatChangedMeanwhile_WaitsOnceAndIsNotDone()
    {
        var keys = new DirtyKeys(1 << 20, _clock);
        keys.Add(new(0, "a"));
        keys.Take(1);
        var asked = keys.Added;
        keys.Add(new(0, "a"));
        keys.IsDoneUpTo(asked).ShouldBeTrue();

        keys.GiveBack(new(0, "a"));

        keys.IsDoneUpTo(asked).ShouldBeFalse();
        keys.Take(2).ShouldBe([new(0, "a")]);
        keys.IsDoneUpTo(keys.Added).ShouldBeTrue();
    }

    [Fact]
    public void Add_MoreNamesThanThereIsRoomFor_LeavesTheDoubtThatAnythingHasChanged()
    {
        var keys = new DirtyKeys(10_000, _clock);
        for (var i = 0; i < 1000; i++)
            keys.Add(new(0, $"key:{i}"));

        keys.Count.ShouldBe(0);
        keys.IsDoneUpTo(long.MaxValue).ShouldBeFalse();
        keys.TakeDoubt(out var why).ShouldBe(Doubt.Anything);
        why.ShouldContain("--max-memory");
        keys.IsDoneUpTo(long.MaxValue).ShouldBeTrue();
        keys.Add(new(0, "key:1"));
        keys.Take(2).ShouldBe([new(0, "key:1")]);
    }

    [Fact]
    public void Raise_ASmallerDoubtBehindAGreaterOne_LeavesTheGreaterOne()
    {
        var keys = new DirtyKeys(10_000, _clock);
        keys.Raise(Doubt.Anything, "lost");
        keys.Raise(Doubt.Deletions, "flushed");

        keys.TakeDoubt(out var why).ShouldBe(Doubt.Anything);
        why.ShouldBe("lost");
        keys.TakeDoubt(out _).ShouldBe(Doubt.None);
    }

    [Fact]
    public void Raise_DeletionsAlone_KeepsTheNames()
    {
        var keys = new DirtyKeys(10_000, _clock);
        keys.Add(new(DirtyKeys.AnyDatabase, "a"));
        keys.Raise(Doubt.Deletions, "flushed");

        keys.Take(5).ShouldBe([new(DirtyKeys.AnyDatabase, "a")]);
        keys.TakeDoubt(out _).ShouldBe(Doubt.Deletions);
    }

    [Fact]
    public void Changed_TakenBeforeAKeyIsAdded_Ends()
    {
        var keys = new DirtyKeys(10_000, _clock);
        var changed = keys.Changed;
        changed.IsCompleted.ShouldBeFalse();

        keys.Add(new(0, "a"));

        changed.IsCompleted.ShouldBeTrue();
        keys.Changed.IsCompleted.ShouldBeFalse();
    }
}
