using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.Migration;

namespace Godwit.IntegrationTests.Migration;

/// <summary>
/// What breaks off in the middle of a value that goes in pieces: the key's own name never shows a part of it, and what was
/// written under another name goes away by itself if nobody can remove it.
/// </summary>
public sealed class InterruptedPiecesTests : IAsyncLifetime
{
    private const int Elements = 40_000;
    private const int ElementLength = 200;

    private RedisServer _source = null!;
    private RespClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _source = await RedisServer.StartAsync(ServerVersion.Redis70);
        _client = _source.Connect();
        Push(Elements, ElementLength);
        _client.Call("SET", "small", "value");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Run_Stopped_LeavesNothingOfTheValue()
    {
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        using var migration = Slow();

        var running = migration.RunAsync(TargetServer.UriOf(_source), TargetServer.UriOf(target));
        await WaitForAPartAsync(client, running);
        await migration.StopAsync();
        var report = await running;

        report.Status.ShouldBe(MigrationStatus.Interrupted);
        report.Keys.Failed.ShouldBe(0);
        client.Number("EXISTS", "list").ShouldBe(0);
        TargetServer.CountKeys(client).ShouldBe(report.Keys.Written);
    }

    [Fact]
    public async Task Run_SourceDies_LeavesNothingOfTheValue()
    {
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        using var migration = Slow();

        var running = migration.RunAsync(TargetServer.UriOf(_source), TargetServer.UriOf(target));
        await WaitForAPartAsync(client, running);
        await _source.KillAsync();
        var report = await running;

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Keys.Failed.ShouldBe(0);
        migration.Failed().ShouldBeEmpty();
        client.Number("EXISTS", "list").ShouldBe(0);
        TargetServer.CountKeys(client).ShouldBe(report.Keys.Written);
    }

    [Fact]
    public async Task Run_FileEndsWithinTheValue_LeavesNothingOfIt()
    {
        var path = await _source.SaveAsync();
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        using var migration = new PiecewiseMigration();
        var file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        var cut = migration.PathOf("cut.rdb");
        await File.WriteAllBytesAsync(cut, file[..(file.Length / 2)], TestContext.Current.CancellationToken);

        var report = await migration.RunAsync(cut, TargetServer.UriOf(target));

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Failure!.Message.ShouldContain("too early");
        report.Keys.Failed.ShouldBe(0);
        TargetServer.CountKeys(client).ShouldBe(report.Keys.Written);
    }

    [Fact]
    public async Task Run_TargetDies_SaysSo()
    {
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        using var migration = Slow();

        var running = migration.RunAsync(TargetServer.UriOf(_source), TargetServer.UriOf(target));
        await WaitForAPartAsync(client, running);
        await target.KillAsync();
        var report = await running;

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Failure!.Message.ShouldContain(target.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        report.Keys.Failed.ShouldBe(0);
    }

    [Fact]
    public async Task Run_TargetIsFull_StopsAndLeavesNothingOfTheValue()
    {
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        using var migration = Slow();

        var running = migration.RunAsync(TargetServer.UriOf(_source), TargetServer.UriOf(target));
        await WaitForAPartAsync(client, running);
        client.Call("CONFIG", "SET", "maxmemory", "1mb");
        var report = await running;

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Failure!.Exception.ShouldBeOfType<TargetFullException>();
        report.Keys.Failed.ShouldBe(0);
        TargetServer.CountKeys(client).ShouldBe(report.Keys.Written);
    }

    // What has a lifetime is the first to be evicted, and then only the end of the value would get the key's name.
    [Theory]
    [InlineData("volatile-lru")]
    [InlineData("allkeys-lru")]
    public async Task Run_TargetEvictsThePieces_FailsTheKey(string policy)
    {
        await using var target = await RedisServer.StartAsync(
            ServerVersion.Redis70,
            "--maxmemory",
            "6mb",
            "--maxmemory-policy",
            policy
        );
        using var client = target.Connect();
        using var migration = new PiecewiseMigration();

        var report = await migration.RunAsync(TargetServer.UriOf(_source), TargetServer.UriOf(target));

        report.Status.ShouldBe(MigrationStatus.Partial);
        var failed = migration.Failed().ShouldHaveSingleItem();
        failed.Name.ShouldBe("list");
        failed.Size.ShouldBeNull();
        failed.Reason.ShouldContain("maxmemory-policy");
        client.Number("EXISTS", "list").ShouldBe(0);
        ShouldGoAway(client);
    }

    [Fact]
    public async Task Run_TargetRefusesTransactions_RestoresTheValueWhole()
    {
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        client.Call("ACL", "SETUSER", "plain", "on", ">secret", "~*", "+@all", "-multi", "-exec");
        using var migration = new PiecewiseMigration();

        var report = await migration.RunAsync(
            TargetServer.UriOf(_source),
            $"redis://plain:secret@127.0.0.1:{target.Port}"
        );

        report.Status.ShouldBe(MigrationStatus.Completed, report.Failure?.Message);
        Digest.Of(client).ShouldBe(Digest.Of(_client));
    }

    [Theory]
    [InlineData(OnExisting.Fail)]
    [InlineData(OnExisting.Replace)]
    internal async Task Run_KeyExpiresOnTheWay_CountsAsExpired(OnExisting onExisting)
    {
        _client.Call("PEXPIRE", "list", 1500);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        using var migration = Slow(onExisting, bytesPerSecond: 2_000_000);

        var report = await migration.RunAsync(TargetServer.UriOf(_source), TargetServer.UriOf(target));

        report.Status.ShouldBe(MigrationStatus.Completed, report.Failure?.Message);
        report.Keys.ShouldBe(new Godwit.Migration.KeyCounts(1, 0, 0, 1, 0));
        TargetServer.CountKeys(client).ShouldBe(1);
    }

    [Fact]
    public async Task Migrate_Killed_WhatIsThereGoesAway()
    {
        Push(100, 1_000_000);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        using var godwit = new GodwitProcess();

        await godwit.RunAsync(
            async process =>
            {
                // No time is to be lost between two looks: a value takes less than one of them else.
                while (((object?[])client.Call("KEYS", "list:godwit-*")!).Length == 0 && !process.HasExited)
                    await Task.Yield();
                process.Kill();
            },
            "migrate",
            TargetServer.UriOf(_source),
            TargetServer.UriOf(target),
            "--read",
            "sync"
        );

        client.Number("EXISTS", "list").ShouldBe(0);
        ShouldGoAway(client);
    }

    // What cannot be compressed, so that its length is that of its serialized form.
    private void Push(int elements, int length)
    {
        var random = new Random(elements);
        foreach (var chunk in Enumerable.Range(0, elements).Chunk(1000))
        {
            _client.Pipeline(
                chunk.Select(_ =>
                {
                    var element = new byte[length];
                    random.NextBytes(element);
                    return new object[] { "RPUSH", "list", element };
                })
            );
        }
    }

    private static PiecewiseMigration Slow(OnExisting onExisting = OnExisting.Fail, long bytesPerSecond = 4_000_000) =>
        new()
        {
            Change = options =>
                options with
                {
                    Read = ReadMode.Sync,
                    OnExisting = onExisting,
                    MaxBytesPerSecond = bytesPerSecond,
                },
        };

    private static Task WaitForAPartAsync(RespClient target, Task running) =>
        Wait.UntilAsync(
            () => ((object?[])target.Call("KEYS", "list:godwit-*")!).Length > 0 || running.IsCompleted,
            "a part of the value is there"
        );

    private static void ShouldGoAway(RespClient target)
    {
        foreach (var key in (object?[])target.Call("KEYS", "*:godwit-*")!)
            target.Number("PTTL", key!).ShouldBeGreaterThan(0);
    }
}
