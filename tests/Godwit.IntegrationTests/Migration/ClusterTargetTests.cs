using System.Text;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Migration.Rights;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;
using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Migration;

/// <summary>A cluster as the target: every key arrives where its slot is, whatever the cluster does meanwhile.</summary>
[TakesLong]
public sealed class ClusterTargetTests
{
    // So many keys in a second that a change of the cluster falls into the run.
    private const string Slowly = "400";

    [Theory]
    [InlineData("Redis70", 3, "auto")]
    [InlineData("Redis70", 3, "commands")]
    [InlineData("Redis80", 5, "auto")]
    [InlineData("Valkey91", 1, "auto")]
    [InlineData("Valkey91", 3, "commands")]
    public async Task Migrate_IntoACluster_EveryKeyArrives(string version, int shards, string write)
    {
        await using var run = await Run.StartAsync(Version(version), new() { Primaries = shards });

        var result = await run.Godwit.RunAsync([.. run.Arguments, "--write", write]);

        run.ShouldBeEqual(result);
        result
            .Json.GetProperty("target")
            .GetProperty("server")
            .GetString()!
            .ShouldContain($"cluster of {shards} shard");
    }

    [Fact]
    public async Task Migrate_FileIntoAClusterWithReplicas_EveryKeyArrives()
    {
        await using var run = await Run.StartAsync(ServerVersion.Redis70, new() { Replicas = 1 });
        await run.Source.SaveAsync();

        var result = await run.Godwit.RunAsync("migrate", run.Source.RdbFile, run.Cluster.Uri, "--json");

        run.ShouldBeEqual(result);
    }

    [Theory]
    [InlineData("Redis70", "restore")]
    [InlineData("Redis70", "commands")]
    [InlineData("Valkey91", "auto")]
    public async Task Migrate_SlotsMoveMeanwhile_EveryKeyArrives(string version, string write)
    {
        await using var run = await Run.StartAsync(Version(version), new());
        var (from, to) = (run.Cluster.Primary(0), run.Cluster.Primary(2));
        var slots = run.SlotsOfKeys(from).Take(60).ToArray();

        var result = await run.Godwit.RunAsync(
            async _ =>
            {
                await run.WaitForKeysAsync(100);
                await run.Cluster.MoveAsync(slots, from, to);
            },
            [.. run.Arguments, "--write", write, "--max-keys-per-second", Slowly]
        );

        // A server tells another only how long a key has still to live.
        run.ShouldBeEqual(result, new() { IgnoreEntriesRead = true, ExpiryTolerance = 1000 });
        Run.Events(result).ShouldContain(happened => happened.Contains("moved", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Redis70", "fail")]
    [InlineData("Redis80", "replace")]
    [InlineData("Valkey91", "skip")]
    public async Task Migrate_PrimaryIsKilled_ItsReplicaGetsAll(string version, string onExisting)
    {
        await using var run = await Run.StartAsync(Version(version), new() { Replicas = 1 });

        var result = await run.Godwit.RunAsync(
            async _ =>
            {
                await run.WaitForKeysAsync(100);
                await run.Cluster.KillPrimaryAsync(1);
            },
            // A value in pieces that is met halfway is a failed key: a single server does not give it twice.
            [.. run.Arguments, "--on-existing", onExisting, "--max-keys-per-second", Slowly, "--large-value", "512MiB"]
        );

        await run.Cluster.WaitForTakeOverAsync(1);
        run.ShouldBeEqual(result);
        Run.Events(result).ShouldContain(happened => happened.Contains("primary changed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Migrate_ClusterWithKeys_IsRefused()
    {
        await using var run = await Run.StartAsync(ServerVersion.Redis70, new());
        run.Cluster.Primary(2).Client.Call("SET", run.Cluster.KeyIn(2), "theirs");

        var result = await run.Godwit.RunAsync(run.Arguments);

        result.ShouldHaveEnded(3);
        result.Error.ShouldContain("not empty");
    }

    [Fact]
    public async Task Migrate_FlushTarget_EveryShardIsEmptied()
    {
        await using var run = await Run.StartAsync(ServerVersion.Redis70, new());
        for (var shard = 0; shard < 3; shard++)
            run.Cluster.Primary(shard).Client.Call("SET", run.Cluster.KeyIn(shard), "theirs");

        var result = await run.Godwit.RunAsync([.. run.Arguments, "--flush-target", "--yes"]);

        run.ShouldBeEqual(result);
    }

    [Theory]
    [InlineData("move")]
    [InlineData("kill")]
    public async Task Migrate_LargeValuesMeanwhile_ArriveWholeAndLeaveNothingBehind(string what)
    {
        await using var run = await Run.StartAsync(
            ServerVersion.Redis70,
            what == "kill" ? new() { Replicas = 1 } : new()
        );
        var hashes = run.AddLargeHashes();
        var (from, to) = (run.Cluster.Primary(0), run.Cluster.Primary(2));

        var result = await run.Godwit.RunAsync(
            async _ =>
            {
                await Run.WaitForGuardAsync(from);
                if (what == "kill")
                    await run.Cluster.KillPrimaryAsync(0);
                else
                    await run.Cluster.MoveAsync(
                        hashes.Select(name => HashSlot.Of(Encoding.ASCII.GetBytes(name))).Distinct(),
                        from,
                        to
                    );
            },
            [.. run.Arguments, "--large-value", "1MiB", "--max-bytes-per-second", "3MiB"]
        );

        if (what == "kill")
            await run.Cluster.WaitForTakeOverAsync(0);
        // What could not be finished is read again at the end, or named, so that a retry copies it.
        if (result.ExitCode == 1)
            result = await run.RetryAsync();
        run.ShouldHoldAll(result, new() { IgnoreEntriesRead = true, ExpiryTolerance = 1000 });
        run.Guards().ShouldBeEmpty(result.Everything);
    }

    // It may have been written by the run whose answer was lost: what is there and the same has arrived.
    [Fact]
    public async Task Retry_KeyIsThereAlready_HasArrivedIfItIsTheSame()
    {
        await using var run = await Run.StartAsync(ServerVersion.Redis70, new());
        run.Set(0, "same", "value");
        run.Set(0, "other", "value");
        using (var client = run.Cluster.Connect())
        {
            client.Call("SET", "same", "value");
            client.Call("SET", "other", "of somebody else");
        }

        var names = new[] { "same", "other" };
        await File.WriteAllLinesAsync(
            run.Godwit.PathOf("godwit-errors.ndjson"),
            names.Select(name =>
                $$"""{"db":0,"key":"{{name}}","type":"string","size":null,"reason":"a test","source":null}"""
            ),
            TestContext.Current.CancellationToken
        );

        var result = await run.RetryAsync();

        result.ShouldHaveEnded(1);
        result.Keys.Written.ShouldBe(1, result.Everything);
        result.Keys.Failed.ShouldBe(1, result.Everything);
        using var reader = run.Cluster.Connect();
        Bytes.Text(reader.Call("GET", "other")!).ShouldBe("of somebody else");
    }

    [Fact]
    public async Task Migrate_SeveralDatabases_AreRefusedUnlessMapped()
    {
        await using var run = await Run.StartAsync(ServerVersion.Redis70, new());
        run.Set(3, "of another database", "value");
        run.Set(3, "of both", "of database 3");
        run.Set(0, "of both", "of database 0");

        var refused = await run.Godwit.RunAsync(run.Arguments);

        refused.ShouldHaveEnded(3);
        refused.Error.ShouldContain("--map-db 3:0");
        var result = await run.Godwit.RunAsync([.. run.Arguments, "--map-db", "3:0", "--on-existing", "skip"]);
        result.ShouldHaveEnded(0);
        result.Keys.Skipped.ShouldBe(1);
        result.Json.GetProperty("conflicts").GetInt64().ShouldBe(1);
        using var client = run.Cluster.Connect();
        Bytes.Text(client.Call("GET", "of another database")).ShouldBe("value");
        Bytes.Text(client.Call("GET", "of both")).ShouldStartWith("of database ");
    }

    // The rights that the documentation names for a cluster as target, and no other.
    [Fact]
    public async Task Migrate_TlsAndAUserWithLeastRights_EveryKeyArrives()
    {
        using var certificates = new TestCertificates();
        string[] rights =
        [
            .. DocumentedRights.Of("Writing a server", ServerVersion.Redis70),
            .. DocumentedRights.Of("Into a cluster", ServerVersion.Redis70),
        ];
        var user = new AclUser("godwit", "g secret", string.Join(' ', rights));
        await using var run = await Run.StartAsync(
            ServerVersion.Redis70,
            new()
            {
                Replicas = 1,
                Password = "p secret",
                Users = [user],
                Tls = certificates,
            }
        );
        var target = new UriBuilder(run.Cluster.Uri) { UserName = user.Name, Password = "g%20secret" }.Uri.ToString();

        var result = await run.Godwit.RunAsync(
            "migrate",
            run.Source.Uri,
            target,
            "--json",
            "--target-tls-ca",
            certificates.AuthorityFile,
            "--large-value",
            "1MiB"
        );

        run.ShouldBeEqual(result);
        Run.Events(result).ShouldBeEmpty();
    }

    private static ServerVersion Version(string name) =>
        name switch
        {
            "Redis70" => ServerVersion.Redis70,
            "Redis80" => ServerVersion.Redis80,
            _ => ServerVersion.Valkey91,
        };

    /// <summary>A server with keys in one database, and a cluster to take them.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly RespClient _client;

        private Run(RedisServer source, TestCluster cluster)
        {
            Source = source;
            Cluster = cluster;
            _client = source.Connect();
            DataSet.FillFirstDatabase(_client);
        }

        public RedisServer Source { get; }

        public TestCluster Cluster { get; }

        public GodwitProcess Godwit { get; } = new();

        public string[] Arguments => ["migrate", Source.Uri, Cluster.Uri, "--json"];

        public static async Task<Run> StartAsync(ServerVersion version, ClusterSettings settings) =>
            new(await RedisServer.StartAsync(version), await TestCluster.StartAsync(version, settings));

        public static IReadOnlyList<string> Events(GodwitResult result) =>
            [.. result.Json.GetProperty("events").EnumerateArray().Select(happened => happened.GetString()!)];

        public IEnumerable<int> SlotsOfKeys(ClusterNode owner) =>
            ServerStateReader
                .Read(_client)
                .Keys.Keys.Select(key => HashSlot.Of(Encoding.Latin1.GetBytes(key.Name)))
                .Distinct()
                .Where(slot => Cluster.OwnerOf(slot) == owner)
                .Order();

        public Task WaitForKeysAsync(int count) =>
            Wait.UntilAsync(
                () => Cluster.Primaries.Sum(primary => primary.Client.Number("DBSIZE")) >= count,
                $"{count} keys have arrived"
            );

        public void ShouldBeEqual(GodwitResult result, ComparisonOptions? options = null)
        {
            result.ShouldHaveEnded(0);
            result.Status.ShouldBe("completed");
            result.Keys.ShouldAddUp();
            var source = ServerStateReader.Read(_client);
            ServerComparison.ShouldBeEqual(
                source,
                ClusterStateReader.Read(Cluster),
                options ?? new() { IgnoreEntriesRead = true }
            );
            result.Keys.Written.ShouldBe(source.Keys.Count);
        }

        public void Set(int database, string key, string value)
        {
            _client.Call("SELECT", database);
            _client.Call("SET", key, value);
            _client.Call("SELECT", 0);
        }

        /// <summary>Values in slots of the first primary that go in pieces, and take a while.</summary>
        public string[] AddLargeHashes()
        {
            var tag = Cluster.KeyIn(0);
            string[] names = [.. Enumerable.Range(0, 3).Select(i => $"large:{i}:{{{tag}}}")];
            foreach (var name in names)
            {
                for (var i = 0; i < 20; i++)
                {
                    object[] words = ["HSET", name];
                    var fields = Enumerable
                        .Range(i * 1000, 1000)
                        .SelectMany(field => new object[] { $"field:{field}", new string('x', 100) + field });
                    _client.Call([.. words, .. fields]);
                }
            }

            return names;
        }

        public static Task WaitForGuardAsync(ClusterNode node) =>
            Wait.UntilAsync(() => GuardsOf(node).Any(), "a large value is on its way");

        /// <summary>Names that were for the time of writing only.</summary>
        public IReadOnlyList<string> Guards() => [.. Cluster.Primaries.SelectMany(GuardsOf)];

        public async Task<GodwitResult> RetryAsync() =>
            await Godwit.RunAsync([.. Arguments, "--retry", Godwit.PathOf("godwit-errors.ndjson")]);

        public void ShouldHoldAll(GodwitResult result, ComparisonOptions options)
        {
            result.ShouldHaveEnded(0);
            result.Keys.ShouldAddUp();
            ServerComparison.ShouldBeEqual(ServerStateReader.Read(_client), ClusterStateReader.Read(Cluster), options);
        }

        private static IEnumerable<string> GuardsOf(ClusterNode node) =>
            ((object?[])node.Client.Call("KEYS", "*:godwit-*")!).Select(name => Bytes.Text(name));

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            Godwit.Dispose();
            await Source.DisposeAsync();
            await Cluster.DisposeAsync();
        }
    }
}
