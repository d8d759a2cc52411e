namespace Godwit.Transform;

public sealed class DatabaseMapTests
{
    [Fact]
    public void Of_NotNamed_KeepsItsNumber()
    {
        var map = Map((0, 3), (3, 0));
        map.Of(0).ShouldBe(3);
        map.Of(3).ShouldBe(0);
        map.Of(1).ShouldBe(1);
        map.IsEmpty.ShouldBeFalse();
    }

    [Fact]
    public void MayMerge_DatabasesAreExchanged_IsFalse() => Map((0, 3), (3, 0)).MayMerge.ShouldBeFalse();

    [Fact]
    public void MayMerge_TwoIntoOne_IsTrue() => Map((1, 0), (2, 0), (0, 1)).MayMerge.ShouldBeTrue();

    // The other one may have keys too.
    [Fact]
    public void MayMerge_IntoOneThatKeepsItsNumber_IsTrue() => Map((1, 0)).MayMerge.ShouldBeTrue();

    [Fact]
    public void None_MapsNothing()
    {
        DatabaseMap.None.IsEmpty.ShouldBeTrue();
        DatabaseMap.None.MayMerge.ShouldBeFalse();
        DatabaseMap.None.Of(7).ShouldBe(7);
    }

    private static DatabaseMap Map(params (int From, int To)[] pairs) =>
        new(pairs.ToDictionary(pair => pair.From, pair => pair.To));
}
