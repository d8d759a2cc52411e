using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Transform;

namespace Godwit.Verification.Pairs;

public sealed class DatabasePairingTests
{
    private static readonly RedisEndpoint All = new() { Host = "b" };
    private static readonly RedisEndpoint Five = All with { Database = 5 };

    [Fact]
    public void Pair_NoneNamed_IsEachWithItsOwnNumber() =>
        DatabasePairing.Pair([0, 3], [1, 3], null, All, DatabaseMap.None).ShouldBe([new(0, 0), new(1, 1), new(3, 3)]);

    [Fact]
    public void Pair_SourceNamed_IsThatOne() =>
        DatabasePairing.Pair([2], [0, 1, 2], 2, All, DatabaseMap.None).ShouldBe([new DatabasePair(2, 2)]);

    [Fact]
    public void Pair_BothNamed_IsTheOneWithTheOther() =>
        DatabasePairing.Pair([2], [5], 2, Five, DatabaseMap.None).ShouldBe([new DatabasePair(2, 5)]);

    [Fact]
    public void Pair_TargetNamed_IsTheOnlyOneOfTheSource() =>
        DatabasePairing.Pair([7], [5], null, Five, DatabaseMap.None).ShouldBe([new DatabasePair(7, 5)]);

    [Fact]
    public void Pair_TargetNamedAndSourceHasSeveral_IsRefused() =>
        Should.Throw<RefusedException>(() => DatabasePairing.Pair([0, 7], [5], null, Five, DatabaseMap.None));

    [Fact]
    public void Pair_Mapped_IsEachWithWhereItsKeysGo() =>
        DatabasePairing
            .Pair([0, 1, 2], [4], null, All, new(new Dictionary<int, int> { [0] = 4, [1] = 4 }))
            .ShouldBe([new(0, 4), new(1, 4), new(2, 2)]);

    [Fact]
    public void Pair_MappedAndTargetHasMore_IsHeldAgainstOneWhoseKeysWouldGoThere() =>
        DatabasePairing
            .Pair([2], [4, 7], null, All, new(new Dictionary<int, int> { [0] = 4, [7] = 8 }))
            .ShouldBe([new(0, 4), new(2, 2)], "nothing would go to 7");

    [Fact]
    public void Named_SourcesNameDifferentOnes_IsRefused()
    {
        DatabasePairing.Named([Five, Five]).ShouldBe(5);
        DatabasePairing.Named([All, All]).ShouldBeNull();
        Should.Throw<RefusedException>(() => DatabasePairing.Named([All, Five]));
    }
}
