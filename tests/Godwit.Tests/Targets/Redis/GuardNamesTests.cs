using System.Text;
using Godwit.Protocol.Cluster;

namespace Godwit.Targets.Redis;

public sealed class GuardNamesTests
{
    [Theory]
    [InlineData("key")]
    [InlineData("")]
    [InlineData("{tag}key")]
    [InlineData("a{}b")]
    [InlineData("}{")]
    [InlineData("{{bar}}zap")]
    public void Of_InACluster_LiesInTheSlotOfTheKey(string key)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        HashSlot.Of(new GuardNames(isCluster: true).Of(bytes)).ShouldBe(HashSlot.Of(bytes));
    }

    [Fact]
    public void Of_InACluster_HasANameInEverySlot()
    {
        var names = new GuardNames(isCluster: true);
        for (var slot = 0; slot < HashSlot.Count; slot++)
        {
            byte[] key = [(byte)'{', .. HashSlot.TagOf(slot), (byte)'}'];
            HashSlot.Of(names.Of(key)).ShouldBe(slot);
        }
    }

    [Fact]
    public void Of_NoCluster_BeginsWithTheKey() =>
        Encoding.ASCII.GetString(new GuardNames(isCluster: false).Of("key"u8)).ShouldStartWith("key:godwit-");
}
