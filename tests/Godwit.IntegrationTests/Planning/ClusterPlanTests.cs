using System.Text.Json;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Planning;

/// <summary>Plans that have a cluster at one end or at both: every shard is asked.</summary>
public sealed class ClusterPlanTests
{
    [Theory]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Plan_Clusters_TellOfEachShard(ServerVersion version)
    {
        await using var source = await TestCluster.StartAsync(version);
        await using var target = await TestCluster.StartAsync(version, new ClusterSettings { Primaries = 2 });
        using var client = source.Connect();
        for (var i = 0; i < 60; i++)
            client.Call("SET", $"key {i}", "value");
        using var other = target.Connect();
        other.Call("SET", "key 1", "mine");
        other.Call("SET", "key 2", "mine");
        foreach (var node in target.Nodes)
            ServerCalls.Reset(node.Client);

        var plan = await PlanResult.OfAnyAsync(source.Uri, target.Uri, "--on-existing", "skip");

        var shards = plan.Source.GetProperty("shards").EnumerateArray().ToArray();
        shards.Length.ShouldBe(3, plan.Everything);
        shards.Sum(shard => shard.GetProperty("keys").GetInt64()).ShouldBe(60);
        shards[0].GetProperty("slots").GetString().ShouldBe("0-5460");
        plan.Source.GetProperty("keys").GetInt64().ShouldBe(60);
        plan.Target.GetProperty("shards").GetArrayLength().ShouldBe(2);
        plan.Finding("both-sides", "warning").ShouldStartWith("The target has 2 of 60");
        plan.Source.GetProperty("sample").GetProperty("keys").GetInt32().ShouldBe(60);
        plan.Estimate.ValueKind.ShouldNotBe(JsonValueKind.Null);
        foreach (var node in target.Nodes)
            ServerCalls.Writes(node.Client).ShouldBeEmpty();
    }
}
