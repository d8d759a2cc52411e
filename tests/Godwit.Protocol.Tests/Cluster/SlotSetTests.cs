using Godwit.Protocol.Cluster;

namespace Godwit.Protocol.Tests.Cluster;

public sealed class SlotSetTests
{
    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("16383")]
    [InlineData("0-16383")]
    [InlineData("0-5460,7000,16000-16383")]
    [InlineData("62-65,127-128")]
    public void Parse_WhatToStringWrote_IsTheSameSet(string text)
    {
        var set = SlotSet.Parse(text);

        set.ToString().ShouldBe(text);
        SlotSet.Parse(set.ToString()).Equals(set).ShouldBeTrue();
        set.Count.ShouldBe(set.Slots().Count());
        set.Slots().ShouldAllBe(slot => set.Contains(slot));
    }

    [Theory]
    [InlineData("16384")]
    [InlineData("-1")]
    [InlineData("9-3")]
    [InlineData("1-2-3")]
    [InlineData("a")]
    public void Parse_NoSlots_Throws(string text) => Should.Throw<FormatException>(() => SlotSet.Parse(text));

    [Fact]
    public void Create_SlotThatIsNone_Throws()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new SlotSet([16384]));
        Should.Throw<ArgumentOutOfRangeException>(() => new SlotSet([-1]));
    }

    [Fact]
    public void Sets_TakenTogether_AreWhatSetsAre()
    {
        var (one, other) = (SlotSet.Parse("0-10"), SlotSet.Parse("5-20"));

        one.Without(other).ToString().ShouldBe("0-4");
        one.And(other).ToString().ShouldBe("5-10");
        one.Or(other).ToString().ShouldBe("0-20");
        SlotSet.All.Without(SlotSet.All).Equals(SlotSet.None).ShouldBeTrue();
        SlotSet.All.IsAll.ShouldBeTrue();
        SlotSet.All.Without(SlotSet.Parse("77")).IsAll.ShouldBeFalse();
    }

    [Fact]
    public void Contains_Key_AsksForItsSlot()
    {
        var slot = HashSlot.Of("key"u8);

        new SlotSet([slot]).Contains("key"u8).ShouldBeTrue();
        SlotSet.All.Without(new SlotSet([slot])).Contains("key"u8).ShouldBeFalse();
    }
}
