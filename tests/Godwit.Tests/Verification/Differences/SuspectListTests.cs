using System.Text;

namespace Godwit.Verification.Differences;

public sealed class SuspectListTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2000)]
    [InlineData(1_000_000)]
    public void All_WhateverFitsIntoMemory_GivesEachAsItWasAdded(long limit)
    {
        using var list = new SuspectList(limit);
        Suspect[] added = [.. Enumerable.Range(0, 100).Select(Suspect)];
        foreach (var suspect in added)
            list.Add(suspect).ShouldBeTrue();

        list.Count.ShouldBe(100);

        // Twice: each reading begins at the beginning.
        for (var reading = 0; reading < 2; reading++)
        {
            var all = list.All().ToList();
            all.Count.ShouldBe(100);
            for (var i = 0; i < 100; i++)
            {
                all[i].Key.ShouldBe(added[i].Key);
                all[i].Line.ShouldBe(added[i].Line);
                (all[i] with { Key = added[i].Key, Line = added[i].Line }).ShouldBe(added[i]);
            }
        }
    }

    [Fact]
    public void Add_KeyThatIsThere_IsLeftOut()
    {
        using var list = new SuspectList(1_000_000);
        list.Add(Suspect(7)).ShouldBeTrue();
        list.Add(Suspect(7)).ShouldBeFalse();
        list.Add(Suspect(7) with { Databases = new DatabasePair(9, 9) }).ShouldBeTrue();
        list.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Groups_OfSeveralDatabases_AreOfOneEach(long limit)
    {
        using var list = new SuspectList(limit);
        for (var i = 0; i < 10; i++)
            list.Add(Suspect(i) with { Databases = new DatabasePair(i / 5, i / 5) });
        list.Groups(3).Select(group => group.Count).ShouldBe([3, 2, 3, 2]);
        list.Portions(3, suspect => suspect.Key[^1] != 0).Select(portion => portion.Count).ShouldBe([3, 3, 3]);
        list.Groups(3).ShouldAllBe(group => group.All(suspect => suspect.Databases == group[0].Databases));
    }

    /// <summary>A name may have any length, and a group is in memory as a whole.</summary>
    [Fact]
    public void Groups_LongNames_AreBoundedInBytes()
    {
        using var list = new SuspectList(limit: 0);
        for (var i = 0; i < 5; i++)
            list.Add(Suspect(i) with { Key = [(byte)i, .. new byte[400_000]] });
        list.Groups(100).Select(group => group.Count).ShouldBe([2, 2, 1]);
        list.Portions(100, suspect => suspect.Key[0] != 1).Select(portion => portion.Count).ShouldBe([2, 2]);
    }

    private static Suspect Suspect(int i) =>
        new(
            new DatabasePair(1, 2),
            [0, 0xff, (byte)i],
            (DifferenceKind)(i % 5),
            ulong.MaxValue - (ulong)i,
            Encoding.UTF8.GetBytes(new string('x', i))
        )
        {
            HasMoved = i % 2 == 0,
            IsOfTarget = i % 3 == 0,
        };
}
