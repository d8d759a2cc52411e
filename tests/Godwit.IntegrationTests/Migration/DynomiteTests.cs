using System.Globalization;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Four Redis nodes behind two racks of a Dynomite cluster, which only its configurations tell of.</summary>
public sealed class DynomiteTests(Fleet fleet) : IAsyncLifetime
{
    private const string Half = "2147483648";

    private readonly GodwitProcess _godwit = new();
    private readonly List<RedisServer> _nodes = [];
    private Loan<TargetServer> _loan = null!;

    private TargetServer Target => _loan.Lent;

    // Rack and token of each node.
    private static (string Rack, string Token)[] Places =>
        [("rack1", "0"), ("rack1", Half), ("rack2", "0"), ("rack2", Half)];

    public async ValueTask InitializeAsync()
    {
        _loan = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        for (var i = 0; i < Places.Length; i++)
        {
            var node = await RedisServer.StartAsync(ServerVersion.Redis70);
            _nodes.Add(node);
            using var client = node.Connect();

            // Both racks hold the same names; the values tell where one came from.
            for (var key = 0; key < 100 + (i % 2); key++)
                client.Call("SET", $"{Places[i].Token}:{key}", Places[i].Rack);
            client.Call("ZADD", "._add-set", "1", "some key");
            client.Call("ZADD", "._rem-set_some hash", "1", "some field");
            await File.WriteAllTextAsync(
                _godwit.PathOf($"n{i}.yml"),
                Configuration(i, Enumerable.Range(0, Places.Length)),
                TestContext.Current.CancellationToken
            );
        }
    }

    public async ValueTask DisposeAsync()
    {
        _loan.Dispose();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        _godwit.Dispose();
    }

    [Fact]
    public async Task Verify_AfterTheMigration_ComparesTheRackWithoutItsOwnKeys()
    {
        var source = $"dynomite://{_godwit.Directory}";
        (await _godwit.RunAsync("migrate", source, Target.Uri, "--json")).ShouldHaveEnded(0);

        var equal = await _godwit.RunAsync("verify", source, Target.Uri, "--json");

        equal.ShouldHaveEnded(0);
        equal.Json.GetProperty("keys").GetProperty("compared").GetInt64().ShouldBe(201);
        Target.Client.Call("SET", $"{Half}:3", "other");
        var different = await _godwit.RunAsync("verify", source, Target.Uri, "--delay", "0", "--json");
        different.ShouldHaveEnded(1);
        different.Json.GetProperty("keys").GetProperty("value").GetInt64().ShouldBe(1);
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_Directory_TakesOneRackAndAllOfIt(string read)
    {
        var result = await _godwit.RunAsync([
            "migrate",
            $"dynomite://{_godwit.Directory}",
            Target.Uri,
            "--read",
            read,
            "--json",
        ]);

        ShouldHave("rack1", result);
        result.Error.ShouldContain("rack rack1 of datacenter dc1");
    }

    [Fact]
    public async Task Migrate_EachConfigurationNamed_TakesTheRackThatIsChosen()
    {
        string[] all = [.. Enumerable.Range(0, 4).Select(i => $"dynomite://{_godwit.PathOf($"n{i}.yml")}")];

        var result = await _godwit.RunAsync(["migrate", .. all, Target.Uri, "--rack", "rack2", "--json"]);

        ShouldHave("rack2", result);
    }

    [Fact]
    public async Task Migrate_RackWithAGap_IsRefusedWithItNamed()
    {
        // The fourth node is gone, and nobody speaks of it any more.
        File.Delete(_godwit.PathOf("n3.yml"));
        for (var i = 0; i < 3; i++)
        {
            await File.WriteAllTextAsync(
                _godwit.PathOf($"n{i}.yml"),
                Configuration(i, [0, 1, 2]),
                TestContext.Current.CancellationToken
            );
        }

        string[] ends = ["migrate", $"dynomite://{_godwit.Directory}/*.yml", Target.Uri, "--json"];
        var refused = await _godwit.RunAsync([.. ends, "--rack", "rack2"]);

        refused.ShouldHaveEnded(3);
        refused.Error.ShouldContain("rack rack2 of datacenter dc1");
        refused.Error.ShouldContain($"(0, {Half}]");
        Target.CountKeys().ShouldBe(0);

        // Its own configuration's rack comes first, but a complete one is better.
        var only = $"dynomite://{_godwit.PathOf("n2.yml")}";
        string[] both = [.. Enumerable.Range(0, 2).Select(i => $"dynomite://{_godwit.PathOf($"n{i}.yml")}")];
        var other = await _godwit.RunAsync(["migrate", only, .. both, Target.Uri, "--json"]);
        ShouldHave("rack1", other);
    }

    private void ShouldHave(string rack, GodwitResult result)
    {
        result.ShouldHaveEnded(0);
        result.Keys.ShouldBe(new(Read: 201, Written: 201, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        Target.CountKeys().ShouldBe(201);
        Target.Client.Text("GET", $"{Half}:100").ShouldBe(rack);
        Target.Client.Text("GET", "0:99").ShouldBe(rack);
        var sources = result.Json.GetProperty("sources");
        sources.GetArrayLength().ShouldBe(2);
        foreach (var source in sources.EnumerateArray())
            source.GetProperty("uri").GetString()!.ShouldStartWith("redis://127.0.0.1:");
    }

    private string Configuration(int node, IEnumerable<int> known)
    {
        var seeds = known
            .Where(other => other != node)
            .Select(other => $"  - 127.0.0.1:{PeerPort(other)}:{Places[other].Rack}:dc1:{Places[other].Token}\n");
        return $"""
            dyn_o_mite:
              datacenter: dc1
              rack: {Places[node].Rack}
              dyn_listen: 127.0.0.1:{PeerPort(node)}
              dyn_seeds:
            {string.Concat(seeds)}
              listen: 127.0.0.1:9102
              servers:
              - 127.0.0.1:{_nodes[node].Port.ToString(CultureInfo.InvariantCulture)}:1
              tokens: '{Places[node].Token}'
              data_store: 0
            """;

        static string PeerPort(int node) => (8101 + node).ToString(CultureInfo.InvariantCulture);
    }
}
