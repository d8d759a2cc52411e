using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Several servers and files into one target.</summary>
public sealed class ManySourcesTests(Fleet fleet) : IAsyncLifetime
{
    private readonly GodwitProcess _godwit = new();
    private readonly List<RedisServer> _servers = [];
    private Loan<TargetServer> _loan = null!;

    private TargetServer Target => _loan.Lent;

    public async ValueTask InitializeAsync() => _loan = await fleet.BorrowTargetAsync(ServerVersion.Redis80);

    public async ValueTask DisposeAsync()
    {
        _loan.Dispose();
        foreach (var server in _servers)
            await server.DisposeAsync();
        _godwit.Dispose();
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_ThreeServersAndAFile_TargetHoldsAllOfEach(string read)
    {
        var states = new List<ServerState>();
        foreach (
            var version in (ServerVersion[])
                [ServerVersion.Redis60, ServerVersion.Redis70, ServerVersion.Redis80, ServerVersion.Redis70]
        )
            states.Add(await StartFilledAsync(version, $"source {states.Count}: "));
        var file = await _servers[3].SaveAsync();
        await _servers[3].KillAsync();
        string[] sources = [.. _servers.Take(2).Select(TargetServer.UriOf), file, TargetServer.UriOf(_servers[2])];

        var result = await _godwit.RunAsync(["migrate", .. sources, Target.Uri, "--read", read, "--json"]);

        result.ShouldHaveEnded(0);
        result.Keys.ShouldAddUp();
        result.Keys.Written.ShouldBe(states.Sum(state => state.Keys.Count));
        result.Json.GetProperty("conflicts").GetInt64().ShouldBe(0);
        var reports = Sources(result);
        reports.Select(report => report.Uri).ShouldBe(sources);
        reports.Select(report => report.Way).ShouldBe([read, read, "rdb", read]);
        reports
            .Select(report => report.Written)
            .ShouldBe([states[0].Keys.Count, states[1].Keys.Count, states[3].Keys.Count, states[2].Keys.Count]);
        ServerComparison.ShouldBeEqual(Union(states), Target.ReadState(), new() { IgnoreFunctions = true });
    }

    [Theory]
    [InlineData("sync", "fail")]
    [InlineData("scan", "fail")]
    [InlineData("sync", "skip")]
    [InlineData("sync", "replace")]
    public async Task Migrate_OneKeyInTwoSources_IsWhatOnExistingSays(string read, string onExisting)
    {
        var states = new[]
        {
            await StartFilledAsync(ServerVersion.Redis70, "a "),
            await StartFilledAsync(ServerVersion.Redis80, "b "),
        };
        foreach (var (server, value) in _servers.Zip(["of a", "of b"]))
        {
            using var client = server.Connect();
            client.Call("SET", "common", value);
        }

        string[] ends = [.. _servers.Select(TargetServer.UriOf), Target.Uri];
        var all = states.Sum(state => state.Keys.Count) + 2;
        var result = await _godwit.RunAsync([
            "migrate",
            .. ends,
            "--read",
            read,
            "--on-existing",
            onExisting,
            "--json",
        ]);

        result.Keys.Read.ShouldBe(all, result.Everything);
        var there = Target.Client.Text("GET", "common");
        there.ShouldBeOneOf("of a", "of b");
        Target.CountKeys().ShouldBe(all - 1);
        var conflicts = result.Json.GetProperty("conflicts");
        switch (onExisting)
        {
            case "skip":
                result.ShouldHaveEnded(0);
                result.Keys.Skipped.ShouldBe(1);
                conflicts.GetInt64().ShouldBe(1);
                return;
            case "replace":
                result.ShouldHaveEnded(0);
                result.Keys.Written.ShouldBe(all);
                conflicts.ValueKind.ShouldBe(JsonValueKind.Null);
                return;
        }

        result.ShouldHaveEnded(1);
        result.Keys.Failed.ShouldBe(1);
        conflicts.GetInt64().ShouldBe(1);
        var errors = _godwit.PathOf("godwit-errors.ndjson");
        var failed = FailedKey.Read(errors).ShouldHaveSingleItem();
        failed.Name.ShouldBe("common");
        failed.Reason.ShouldContain("another source gave this key first");

        // It is tried again from the source where it failed, and from no other.
        var again = await _godwit.RunAsync([
            "migrate",
            .. ends,
            "--retry",
            errors,
            "--on-existing",
            "replace",
            "--json",
        ]);
        again.ShouldHaveEnded(0);
        again.Keys.ShouldBe(new(Read: 1, Written: 1, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        Target.Client.Text("GET", "common").ShouldBe(there == "of a" ? "of b" : "of a");
    }

    [Fact]
    public async Task Migrate_SameFunctionLibraryInTwoSources_IsNoFailure()
    {
        foreach (var version in (ServerVersion[])[ServerVersion.Redis70, ServerVersion.Redis80])
        {
            await StartFilledAsync(version, $"{version} ");
            using var client = _servers[^1].Connect();
            client.Call("FUNCTION", "LOAD", "#!lua name=same\nredis.register_function('f', function() return 1 end)");
        }

        var result = await _godwit.RunAsync(["migrate", .. _servers.Select(TargetServer.UriOf), Target.Uri, "--json"]);

        result.ShouldHaveEnded(0);
        result.Json.GetProperty("functions").GetProperty("written").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Migrate_EachWithItsPassword_NoneIsShown()
    {
        var states = new List<ServerState>();
        foreach (var password in (string[])["secret-one", "secret-two", "secret-three"])
        {
            states.Add(await StartFilledAsync(ServerVersion.Redis70, $"{states.Count} "));
            using var client = _servers[^1].Connect();
            client.Call("CONFIG", "SET", "requirepass", password);
        }

        await File.WriteAllTextAsync(_godwit.PathOf("one"), "secret-one\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_godwit.PathOf("three"), "secret-three", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_godwit.PathOf("two"), "not used", TestContext.Current.CancellationToken);
        string[] sources =
        [
            TargetServer.UriOf(_servers[0]),
            TargetServer.UriOf(_servers[1]).Replace("//", "//:secret-two@", StringComparison.Ordinal),
            TargetServer.UriOf(_servers[2]),
        ];
        string[] files = [.. ((string[])["one", "two", "three"]).SelectMany(Option)];

        var result = await _godwit.RunAsync(["migrate", .. sources, Target.Uri, .. files, "--json"]);

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(states.Sum(state => state.Keys.Count));
        result.Everything.ShouldNotContain("secret-");

        IEnumerable<string> Option(string name) => ["--source-password-file", _godwit.PathOf(name)];
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_OneSourceDies_WhatCameIsWrittenAndItIsNamed(string read)
    {
        for (var i = 0; i < 3; i++)
        {
            await StartAsync(ServerVersion.Redis70);
            using var client = _servers[i].Connect();
            // More than fits between the two ends of a connection: else the source had given all before it died.
            client.Call("CONFIG", "SET", "rdbcompression", "no");
            client.Call("DEBUG", "POPULATE", 100_000, $"key{i}", 600);
        }

        string[] sources = [.. _servers.Select(TargetServer.UriOf)];
        string[] slowly = ["--read", read, "--max-keys-per-second", "20000", "--json"];
        var result = await _godwit.RunAsync(
            async process =>
            {
                await Wait.UntilAsync(() => process.HasExited || Target.CountKeys() > 5000, "keys at the target");
                await _servers[1].KillAsync();
            },
            ["migrate", .. sources, Target.Uri, .. slowly]
        );

        result.ShouldHaveEnded(4);
        result.Error.ShouldContain(sources[1]);
        result.Keys.ShouldAddUp();
        result.Keys.Written.ShouldBe(Target.CountKeys());
        result.Keys.Written.ShouldBeLessThan(300_000);
        Sources(result).Sum(source => source.Written).ShouldBe(result.Keys.Written);

        var others = await _godwit.RunAsync([
            "migrate",
            sources[0],
            sources[2],
            Target.Uri,
            "--on-existing",
            "skip",
            "--json",
        ]);
        others.ShouldHaveEnded(0);
        others.Keys.Read.ShouldBe(200_000);
    }

    [Fact]
    public async Task Migrate_EightSourcesOfLargeValues_StaysWithinItsMemory()
    {
        // 8 times 24 MiB, in values that take up more than a source's share if two of them are held.
        const int values = 8;
        const int length = 3 * 1024 * 1024;
        for (var i = 0; i < 8; i++)
        {
            await StartAsync(ServerVersion.Redis70);
            using var client = _servers[i].Connect();
            for (var j = 0; j < values; j++)
                client.Call("SETRANGE", $"{i}:{j}", length - 1, "x");
        }

        // Read while it runs: it goes with the process.
        long peak = 0;
        using var godwit = new GodwitProcess();
        var result = await godwit.RunAsync(
            async process =>
            {
                while (!process.HasExited)
                {
                    peak = Math.Max(peak, PeakOf(process));
                    await Task.Delay(20, TestContext.Current.CancellationToken);
                }
            },
            ["migrate", .. _servers.Select(TargetServer.UriOf), Target.Uri, "--max-memory", "64MiB", "--json"]
        );

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(8 * values);
        for (var i = 0; i < 8; i++)
            Target.Client.Number("STRLEN", $"{i}:{values - 1}").ShouldBe(length);
        // The runtime itself takes some 60 MiB.
        peak.ShouldBeInRange(1, 160L * 1024 * 1024);
    }

    [Fact]
    public async Task Migrate_OneServerTwice_IsRefused()
    {
        await StartFilledAsync(ServerVersion.Redis70, "");
        var port = _servers[0].Port.ToString(CultureInfo.InvariantCulture);

        var result = await _godwit.RunAsync([
            "migrate",
            $"redis://127.0.0.1:{port}",
            $"redis://localhost:{port}",
            Target.Uri,
            "--json",
        ]);

        result.ShouldHaveEnded(3);
        result.Error.ShouldContain("same server");
        Target.CountKeys().ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_MoreSourcesThanAtOnce_ReadsEachInItsTurn()
    {
        var states = new List<ServerState>();
        for (var i = 0; i < 3; i++)
            states.Add(await StartFilledAsync(ServerVersion.Redis70, $"{i} "));

        var result = await _godwit.RunAsync([
            "migrate",
            .. _servers.Select(TargetServer.UriOf),
            Target.Uri,
            "--connections",
            "1",
            "--json",
        ]);

        result.ShouldHaveEnded(0);
        ServerComparison.ShouldBeEqual(Union(states), Target.ReadState(), new() { IgnoreFunctions = true });
    }

    private async Task<RedisServer> StartAsync(ServerVersion version)
    {
        var server = await RedisServer.StartAsync(version);
        _servers.Add(server);
        return server;
    }

    // All names begin with the prefix, so that no two servers have one in common.
    private async Task<ServerState> StartFilledAsync(ServerVersion version, string prefix)
    {
        var server = await StartAsync(version);
        using var client = server.Connect();
        DataSet.FillSmall(client);
        client.Call("DEBUG", "POPULATE", 2000, $"{prefix}ballast", 40);
        foreach (var database in (int[])[0, 9])
        {
            client.Call("SELECT", database);
            foreach (var key in ((object?[])client.Call("KEYS", "*")!).Select(Bytes.Text).ToArray())
            {
                if (!key.StartsWith(prefix, StringComparison.Ordinal))
                    client.Call("RENAME", key, prefix + key);
            }
        }

        client.Call("SELECT", 0);
        return ServerStateReader.Read(client);
    }

    private static ServerState Union(List<ServerState> states) =>
        states[0] with
        {
            Keys = states.SelectMany(state => state.Keys).ToDictionary(),
        };

    private static IReadOnlyList<(string Uri, string Way, long Written)> Sources(GodwitResult result) =>
        [
            .. result
                .Json.GetProperty("sources")
                .EnumerateArray()
                .Select(source =>
                    (
                        source.GetProperty("uri").GetString()!,
                        source.GetProperty("read").GetString()!,
                        source.GetProperty("keys").GetProperty("written").GetInt64()
                    )
                ),
        ];

    private static long PeakOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            // It has just ended.
            return 0;
        }
    }
}
