namespace Godwit.Verification.Files;

public sealed class KeyIndexTests
{
    [Fact]
    public void Lacks_EverythingFits_IsAnsweredAtOnce()
    {
        var index = new KeyIndex(limit: 100_000);
        for (var i = 0; i < 100; i++)
            index.Learn(Hash(i));
        index.EndLearning().ShouldBeTrue();
        index.Parts.ShouldBe(1);
        Enumerable.Range(0, 100).ShouldAllBe(i => !index.Lacks(Hash(i)));
        Enumerable.Range(100, 100).ShouldAllBe(i => index.Lacks(Hash(i)));
    }

    [Fact]
    public void Lacks_ManyParts_FindsEachAbsentKeyInOneOfThem()
    {
        const int Keys = 1000;
        var index = new KeyIndex(limit: 64 * 100);
        for (var i = 0; i < Keys; i++)
            index.Learn(Hash(i));
        index.EndLearning().ShouldBeFalse();
        index.Parts.ShouldBe(10);

        var absent = new List<int>();
        for (var part = 0; part < index.Parts; part++)
        {
            index.Begin(part);
            for (var i = 0; i < Keys; i++)
                index.Add(Hash(i));
            absent.AddRange(Enumerable.Range(0, Keys + 50).Where(i => index.Lacks(Hash(i))));
        }

        absent.ShouldBe(Enumerable.Range(Keys, 50), ignoreOrder: true);
    }

    [Fact]
    public void Of_DatabaseAndKey_AreBothInTheHash()
    {
        KeyHash.Of(0, "a"u8).ShouldNotBe(KeyHash.Of(1, "a"u8));
        KeyHash.Of(0, "a"u8).ShouldNotBe(KeyHash.Of(0, "b"u8));
        KeyHash.Of(0, new byte[5000]).ShouldNotBe(KeyHash.Of(0, new byte[5001]));
        KeyHash.Of(0, "a"u8).ShouldBe(KeyHash.Of(0, "a"u8));
    }

    private static UInt128 Hash(int i) => KeyHash.Of(0, BitConverter.GetBytes(i));
}
