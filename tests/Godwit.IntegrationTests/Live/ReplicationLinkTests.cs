using System.Globalization;
using System.Text.RegularExpressions;
using Godwit.Endpoints;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.Live.Links;
using Godwit.Live.Spooling;
using Godwit.Migration;

namespace Godwit.IntegrationTests.Live;

public sealed partial class ReplicationLinkTests : IMigrationLog
{
    private readonly ITestOutputHelper _output;

    public ReplicationLinkTests(ITestOutputHelper output) => _output = output;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    void IMigrationLog.Info(string message) => _output.WriteLine(message);

    void IMigrationLog.Warn(string message) => _output.WriteLine(message);

    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_ClientWritesAndConnectionsAreCut_NothingIsLostOrDoubled(ServerVersion version)
    {
        const int Cuts = 3;
        await using var server = await RedisServer.StartAsync(version, "--repl-backlog-size", "64mb");
        using var client = server.Connect();
        client.Call("DEBUG", "POPULATE", 10_000, "filling", 100);
        using var writer = new NumberWriter(server);
        writer.Write(500);
        await using var link = Link(server);

        // Some of it comes before the snapshot, some while it is taken, some behind it.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var writing = Task.Run(() => writer.WriteUntil(enough.Token), Stop);
        link.Start(from: null);
        var generation = await link.NextGenerationAsync(previous: null, Stop);
        using var reading = new LinkReading(generation);
        await reading.ReadSnapshotAsync();
        reading.StartChanges();
        await enough.CancelAsync();
        await writing;
        writer.Write(500);

        for (var cut = 1; cut <= Cuts; cut++)
        {
            await Wait.UntilAsync(() => link.Status is { Phase: LinkPhase.Streaming }, "the link follows");
            var more = Task.Run(() => writer.Write(3000), Stop);
            client.Call("CLIENT", "KILL", "TYPE", "replica");
            await more;
            await Wait.UntilAsync(() => link.Status.Joins == cut + 1, "the link has joined again");
        }

        await Wait.UntilAsync(() => link.Status.TakenOffset == Offset(client), "the link has all of the stream");
        await reading.EndChangesAsync(Offset(client));

        link.Status.Generation.ShouldBe(1);
        Field(client, "stats", "sync_partial_ok").ShouldBe(Cuts);
        reading.SnapshotKeys.ShouldBeGreaterThanOrEqualTo(10_000);
        reading.SnapshotNumber.ShouldBeGreaterThanOrEqualTo(500);
        var first = reading.SnapshotNumber + 1;
        reading.Numbers.Count.ShouldBeGreaterThanOrEqualTo(9500);
        reading.Numbers.ShouldBe(Enumerable.Range(0, reading.Numbers.Count).Select(i => first + i));
        reading.Numbers[^1].ShouldBe(writer.Last);
    }

    [Fact]
    public async Task Follow_NobodyReads_TheSourceHoldsNothingForUs()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = server.Connect();
        using var directory = new TemporaryDirectory();
        using var spool = SpoolDirectory.Open(directory.Path, 1L << 30);
        await using var link = Link(server, spool);
        link.Start(from: null);
        var generation = await link.NextGenerationAsync(previous: null, Stop);
        await Wait.UntilAsync(() => link.Status.Phase == LinkPhase.Streaming, "the link follows");

        var value = new byte[64 * 1024];
        client.Pipeline(Enumerable.Range(0, 1000).Select(i => new object[] { "SET", $"key:{i}", value }));

        await Wait.UntilAsync(() => link.Status.TakenOffset == Offset(client), "the link has all of the stream");
        // The block that holds the last of what was sent counts as ours (7.0).
        OutputBuffer(client).ShouldBeLessThan(256 * 1024);
        link.Status.BytesOnDisk.ShouldBeGreaterThan(40L << 20);
        link.Status.HeldBack.ShouldBeNull();
        Directory.GetFiles(directory.Path).Length.ShouldBeGreaterThan(1);

        using var reading = new LinkReading(generation);
        await reading.ReadSnapshotAsync();
        await reading.EndChangesAsync(Offset(client));
        reading.Others.ShouldBe(Enumerable.Range(0, 1000).Select(i => $"0 SET key:{i}"));
        spool.Used.ShouldBeLessThanOrEqualTo(64L << 20);
    }

    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_AReplica_KnowsTheDatabaseThatItsPrimarySelectedBefore(ServerVersion version)
    {
        await using var primary = await RedisServer.StartAsync(version);
        await using var replica = await RedisServer.StartAsync(version);
        using var client = primary.Connect();
        using var replicaClient = replica.Connect();
        await Replication.FollowAsync(replicaClient, primary.Port);
        client.Call("SELECT", 5);
        client.Call("SET", "before", 1);
        await Wait.UntilAsync(() => Offset(replicaClient) == Offset(client), "the replica has it");
        await using var link = Link(replica);
        link.Start(from: null);
        var generation = await link.NextGenerationAsync(previous: null, Stop);
        using var reading = new LinkReading(generation);
        await reading.ReadSnapshotAsync();

        client.Call("SET", "behind", 1);
        await reading.EndChangesAsync(Offset(client));

        reading.SnapshotKeys.ShouldBe(1);
        reading.Others.ShouldBe(["5 SET behind"]);
    }

    [Fact]
    public async Task Follow_FromAKnownPlace_ComesWithoutASnapshot()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var client = server.Connect();
        using var writer = new NumberWriter(server);
        await using (var first = Link(server))
        {
            first.Start(from: null);
            await first.NextGenerationAsync(previous: null, Stop);
            await Wait.UntilAsync(() => first.Status.Phase == LinkPhase.Streaming, "the link follows");
            writer.Write(5);
            await Wait.UntilAsync(() => first.Status.TakenOffset == Offset(client), "the link has it");
        }

        var place = Offset(client);
        var id = Info(client, "replication", "master_replid");
        writer.Write(100);
        await using var link = Link(server);
        link.Start(new(id, place, Database: 0));
        var generation = await link.NextGenerationAsync(previous: null, Stop);
        using var reading = new LinkReading(generation);
        await reading.EndChangesAsync(Offset(client));

        generation.Snapshot.ShouldBeNull();
        reading.Numbers.ShouldBe(Enumerable.Range(6, 100).Select(number => (long)number));
    }

    private ReplicationLink Link(RedisServer server, SpoolDirectory? spool = null) =>
        new(
            _ => ValueTask.FromResult(new RedisEndpoint { Host = "127.0.0.1", Port = server.Port }),
            spool,
            new ReplicationLinkOptions(),
            TimeProvider.System,
            this
        );

    private static long Offset(RespClient client) => Field(client, "replication", "master_repl_offset");

    private static long Field(RespClient client, string section, string name) =>
        long.Parse(Info(client, section, name), CultureInfo.InvariantCulture);

    private static string Info(RespClient client, string section, string name) =>
        client.Text("INFO", section).Split("\r\n").First(line => line.StartsWith(name + ":", StringComparison.Ordinal))[
            (name.Length + 1)..
        ];

    private static long OutputBuffer(RespClient client) =>
        long.Parse(
            OutputMemory().Match(client.Text("CLIENT", "LIST", "TYPE", "replica")).Groups["bytes"].ValueSpan,
            CultureInfo.InvariantCulture
        );

    [GeneratedRegex(" omem=(?<bytes>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OutputMemory();
}
