using System.Text;
using Godwit.Protocol.Cluster;

namespace Godwit.Protocol.Tests.Cluster;

public sealed class HashSlotTests
{
    // What CLUSTER KEYSLOT of Redis 7.0 answers.
    [Theory]
    [InlineData("", 0)]
    [InlineData("123456789", 12739)]
    [InlineData("foo", 12182)]
    [InlineData("{foo}bar", 12182)]
    [InlineData("bar{foo}", 12182)]
    [InlineData("{user1000}.following", 3443)]
    [InlineData("foo{}{bar}", 8363)]
    [InlineData("foo{{bar}}zap", 4015)]
    [InlineData("foo{bar}{zap}", 5061)]
    public void Of_Key_IsTheServersSlot(string key, int expected) =>
        HashSlot.Of(Encoding.Latin1.GetBytes(key)).ShouldBe(expected);

    [Fact]
    public void TagOf_EverySlot_LiesInIt()
    {
        for (var slot = 0; slot < HashSlot.Count; slot++)
        {
            byte[] key = [.. "{"u8, .. HashSlot.TagOf(slot), .. "}a}b{c}"u8];
            HashSlot.Of(key).ShouldBe(slot);
        }
    }
}
