using System.Text;
using Godwit.Live.Positions;

namespace Godwit.Tests.Live.Positions;

public sealed class PositionRecordTests
{
    private static readonly PositionRecord Some = new()
    {
        Job = "move-1",
        Sequence = 7,
        ReplicationId = new string('a', 40),
        Applied = 123_456_789_012,
        Sent = 123_456_789_099,
        Database = 3,
        HasSnapshot = true,
    };

    [Fact]
    public void TryParse_WhatWasWritten_IsTheSame() => PositionRecord.TryParse(Some.ToBytes().Span).ShouldBe(Some);

    [Theory]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"godwit\":2}")]
    [InlineData("{\"godwit\":1,\"job\":\"x\",\"id\":\"y\",\"applied\":\"1\",\"sent\":1,\"db\":0,\"snapshot\":true}")]
    public void TryParse_SomethingElse_IsNone(string text) =>
        PositionRecord.TryParse(Encoding.UTF8.GetBytes(text)).ShouldBeNull();

    [Fact]
    public void TryParse_CutAnywhere_IsNone()
    {
        var whole = Some.ToBytes();
        for (var length = 0; length < whole.Length; length++)
            PositionRecord.TryParse(whole.Span[..length]).ShouldBeNull();
    }
}
