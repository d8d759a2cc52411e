using System.Text;
using Godwit.Connections;
using Godwit.Migration.Checks;
using Godwit.Migration.Rights;
using Godwit.Planning;
using Godwit.Planning.Replication;
using Godwit.Planning.Sampling;

namespace Godwit.Cli;

/// <summary>What plans found, for tests that show it.</summary>
internal static class PlanReports
{
    private const string SourceUri = "redis://a:6379";

    private static readonly SourcePlan Source = new()
    {
        End = new EndPlan
        {
            Uri = SourceUri,
            Server = "redis 7.0.15",
            Topology = "standalone",
            Role = "primary",
            Keys = 1_234_567,
            DataBytes = 1_300_000_000,
            UsedMemory = 1_400_000_000,
            MaxMemory = 0,
            EvictionPolicy = "noeviction",
            Databases = [new KeyspaceInfo(0, 1_234_000, 12), new KeyspaceInfo(9, 567, 0)],
            Modules = [],
        },
        ReadBy = "sync",
        Reading =
        [
            new Way("sync", true, "PSYNC and REPLCONF are permitted"),
            new Way("scan", true, "SCAN, DUMP and what tells expiries are permitted"),
        ],
        Following =
        [
            new Way("sync", true, "PSYNC and REPLCONF are permitted"),
            new Way("tracking", false, "CLIENT TRACKING: NOPERM no", "Let the user run it."),
            new Way("notify", null, "it does not tell what notify-keyspace-events is: CONFIG GET is refused"),
        ],
        Replication = new ReplicationFacts
        {
            BytesPerSecond = 12_345,
            Backlog = 1_048_576,
            BufferLimit = new ReplicaBufferLimit(268_435_456, 67_108_864, TimeSpan.FromSeconds(60)),
        },
        Sample = new KeySample
        {
            Keys =
            [
                Key(0, "events", "stream", 52_428_800, payload: null),
                Key(0, "user:1", "hash", 568, 200),
                Key(9, "line\nfeed", "string", 72, 20),
            ],
            HasMemory = true,
            TimedKeys = 2,
            TimedDuration = TimeSpan.FromMilliseconds(0.1),
        },
    };

    private static readonly TargetPlan Target = new()
    {
        End = new EndPlan
        {
            Uri = "redis://b:6379",
            Server = "valkey 9.1.2",
            Topology = "standalone",
            Role = "primary",
            Keys = 0,
            DataBytes = 40_000,
            UsedMemory = 1_000_000,
            MaxMemory = 4_294_967_296,
            EvictionPolicy = "allkeys-lru",
            Modules = ["bf"],
        },
        WriteBy = "restore",
    };

    public static PlanReport Ok { get; } =
        new()
        {
            Sources = [Source],
            Target = Target,
            Findings =
            [
                new PlanFinding(SourceUri, Finding.Ok(CheckNames.Topology, "The source is a standalone server")),
                new PlanFinding(null, Finding.Ok(CheckNames.Room, "It fits: the source's data takes about 1.21 GiB")),
            ],
            Estimate = new Estimate
            {
                Keys = 1_234_567,
                Bytes = 1_200_000_000,
                Duration = TimeSpan.FromSeconds(125),
                KeysPerSecond = 9876.5,
                BytesPerKey = 972,
                SampledKeys = 3,
                Assumption = "all keys are like the sampled ones",
            },
            BiggestKeys = [.. Source.Sample!.Keys.Select(key => new BigKey(SourceUri, key))],
            Duration = TimeSpan.FromSeconds(1.5),
        };

    public static PlanReport Warnings { get; } =
        Ok with
        {
            Findings =
            [
                .. Ok.Findings,
                new PlanFinding(
                    null,
                    Finding.Warning(
                        CheckNames.Eviction,
                        "The target drops keys on its own when it is full (maxmemory-policy allkeys-lru)",
                        "If no key may go, set its maxmemory-policy to noeviction, until all has been compared at least."
                    )
                ),
            ],
        };

    public static PlanReport Stop { get; } =
        Warnings with
        {
            Sources = [Source with { ReadBy = null, Sample = null, Replication = null }],
            Findings =
            [
                .. Warnings.Findings,
                new PlanFinding(
                    SourceUri,
                    Finding.Stop(
                        CheckNames.NotEmpty,
                        "The target redis://b:6379 is not empty",
                        "Choose --on-existing skip."
                    )
                ),
            ],
            Estimate = null,
            BiggestKeys = [],
        };

    /// <summary>A cluster and a standalone server.</summary>
    public static PlanReport SeveralSources { get; } =
        Ok with
        {
            Sources =
            [
                Source,
                Source with
                {
                    End = Source.End with
                    {
                        Uri = "redis://c:7000",
                        Topology = "cluster",
                        Keys = 30,
                        Databases = [new KeyspaceInfo(0, 30, 0)],
                        Shards =
                        [
                            new ShardPlan("redis://c:7000", "redis 7.0.15", "0-8191", 1, 12, 4_000),
                            new ShardPlan("redis://d:7000", "redis 7.0.15", "8192-16383", 0, 18, null),
                        ],
                    },
                },
            ],
            Findings =
            [
                .. Ok.Findings,
                new PlanFinding("redis://c:7000", Finding.Ok(CheckNames.Loading, "The source has loaded its data")),
            ],
        };

    private static SampledKey Key(int database, string name, string type, long memory, int? payload) =>
        new(database, Encoding.UTF8.GetBytes(name), type) { Memory = memory, PayloadLength = payload };
}
