using System.Globalization;
using System.Text;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Rdb;
using Godwit.Tests.Migration;
using Godwit.Tests.Targets.Redis;

namespace Godwit.Targets.Redis.Shards;

/// <summary>Two servers within the test, each with half of the slots, and a target that writes to them.</summary>
internal sealed class FakeCluster : IMigrationLog, IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("godwit-test-");
    private readonly DeadLetters _letters;
    private readonly Account _account;
    private readonly ShardedTarget _target;

    public FakeCluster(OnExisting onExisting = OnExisting.Fail, WriteMode write = WriteMode.Auto)
    {
        _letters = new DeadLetters(Path.Combine(_directory.FullName, "errors.ndjson"), 1000);
        Ledger = new Ledger(_letters, Losses.None);
        _account = Ledger.Open("source");
        Topology = new FixedTopology(First.Endpoint, Second.Endpoint);
        var options = new RedisTargetOptions
        {
            Write = write,
            OnExisting = onExisting,
            Database = null,
            SeveralSources = false,
            IsCluster = true,
            Connections = 1,
        };
        var restore = new RestoreSupport(new HashSet<int> { 9, 10, 11 }, new HashSet<RdbType>(), RdbFamily.Redis);
        _target = new ShardedTarget(
            new LaneSettings(
                options,
                Commands.Profile("7.2", restore),
                Topology,
                Ledger.Events,
                new SettledHistory(Topology, Ledger.Events),
                new ReplicaRoll(Topology, TimeProvider.System),
                TimeProvider.System
            ),
            "a cluster",
            this
        );
    }

    /// <summary>Owns the lower half of the slots.</summary>
    public KeyServer First { get; } = new();

    /// <summary>Owns the upper half.</summary>
    public KeyServer Second { get; } = new();

    public FixedTopology Topology { get; }

    public Ledger Ledger { get; }

    /// <summary>A key in a slot of the first server.</summary>
    public static string LowKey { get; } = KeyWhere(slot => slot < HashSlot.Count / 2);

    /// <summary>A key in a slot of the second one.</summary>
    public static string HighKey { get; } = KeyWhere(slot => slot >= HashSlot.Count / 2);

    public static string Address(KeyServer server) =>
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{server.Endpoint.Port}");

    public static int SlotOf(string key) => HashSlot.Of(Encoding.Latin1.GetBytes(key));

    /// <summary>Answers the first so many RESTOREs in the server's stead.</summary>
    public static void AnswerRestores(KeyServer server, int times, Func<KeyCommand, string> answer)
    {
        var left = times;
        server.Intercept = command => command.Name == "RESTORE" && left-- > 0 ? answer(command) : null;
    }

    /// <summary>Writes keys, all of one value, and waits until they are settled and the target is done.</summary>
    public async Task WriteAsync(params string[] keys)
    {
        var stop = TestContext.Current.CancellationToken;
        var batch = new EntryBatch { Version = new RdbVersion(RdbFamily.Redis, 11), Account = _account };
        foreach (var key in keys)
            batch.AddCopy(new Entry { Type = RdbType.String }, Encoding.Latin1.GetBytes(key), "\u0001v"u8);
        _account.Take(keys.Length);
        await _target.WriteAsync(batch, stop);
        await _target.CompleteAsync(stop).WaitAsync(TimeSpan.FromMinutes(1), stop);
        Ledger.Unsettled.ShouldBe(0);
    }

    public string Failed()
    {
        _letters.Dispose();
        return File.ReadAllText(_letters.Path);
    }

    public void Info(string message) { }

    public void Warn(string message) { }

    public async ValueTask DisposeAsync()
    {
        await _target.DisposeAsync();
        await Topology.DisposeAsync();
        await First.DisposeAsync();
        await Second.DisposeAsync();
        _letters.Dispose();
        _directory.Delete(recursive: true);
    }

    private static string KeyWhere(Func<int, bool> isWanted) =>
        Enumerable
            .Range(0, 1000)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"key:{i}"))
            .First(key => isWanted(SlotOf(key)));
}
