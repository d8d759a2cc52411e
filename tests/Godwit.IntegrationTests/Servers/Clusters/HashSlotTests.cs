using System.Text;
using Godwit.IntegrationTests.Data;

namespace Godwit.IntegrationTests.Servers.Clusters;

public sealed class HashSlotTests
{
    [Fact]
    public async Task Of_EveryNameOfTheDataSet_IsWhatTheServerSays()
    {
        await using var server = await RedisServer.StartAsync(
            ServerVersion.Redis70,
            new ServerSettings
            {
                Arguments = ["--cluster-enabled", "yes", "--cluster-port", $"{RedisServer.FreePort()}"],
            }
        );
        await using var holder = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        using var holding = holder.Connect();
        DataSet.FillFirstDatabase(holding);
        byte[][] names = [.. ((object?[])holding.Call("KEYS", "*")!).Select(name => (byte[])name!)];

        var slots = client.Pipeline(names.Select(name => (object[])["CLUSTER", "KEYSLOT", name]));

        names.Length.ShouldBeGreaterThan(1000);
        names.Select(name => (long)HashSlot.Of(name)).ShouldBe(slots.Select(slot => (long)slot!));
    }

    [Theory]
    [InlineData("123456789", 0x31c3)]
    [InlineData("{user1000}.following", 3443)]
    [InlineData("{user1000}.followers", 3443)]
    public void Of_KnownKey_IsTheKnownSlot(string key, int slot) =>
        HashSlot.Of(Encoding.ASCII.GetBytes(key)).ShouldBe(slot);
}
