using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Cli.Commands;

public sealed class MigrateCommandTests
{
    [Fact]
    public async Task NoOptions_GivesDefaults()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "redis://a", "redis://b")).ShouldBe(ExitCode.Done);
        cli.Options!.Sources.ShouldBe([new RedisEndpoint { Host = "a" }]);
        cli.Options.ShouldBe(
            new MigrationOptions
            {
                Sources = cli.Options.Sources,
                Target = new RedisEndpoint { Host = "b" },
                CommandLine = "godwit migrate redis://a redis://b",
            }
        );
    }

    [Theory]
    [InlineData("redis", true, "--source-sentinel-tls", "on")]
    [InlineData("rediss", false, "--source-sentinel-tls", "off")]
    [InlineData("rediss", false, "--source-sentinel-tls=off")]
    [InlineData("rediss", true)]
    public async Task SentinelTls_OnOrOff_ReachesTheSentinels(string scheme, bool isOn, params string[] options)
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync(["migrate", $"{scheme}+sentinel://a/s", "redis://b", .. options])).ShouldBe(ExitCode.Done);
        var source = cli.Options!.Sources[0].ShouldBeOfType<SentinelEndpoint>();
        (source.Sentinels[0].Tls is not null).ShouldBe(isOn);
        (source.Tls is not null).ShouldBe(scheme == "rediss");
    }

    [Fact]
    public async Task AllOptions_ReachTheRun()
    {
        using var retry = new TemporaryFile("{}");
        var cli = new CliUnderTest();
        string[] arguments =
        [
            "migrate",
            "redis://a/1",
            "--read",
            "scan",
            "--write=commands",
            "redis://b/2",
            "--on-existing",
            "replace",
            "--flush-target",
            "--yes",
            "--allow-loss",
            "idle,functions",
            "--allow-loss",
            "field-ttl",
            "--errors",
            "e.ndjson",
            "--max-errors",
            "0",
            "--retry",
            retry.Path,
            "--connections",
            "64",
            "--batch",
            "10000",
            "--max-keys-per-second",
            "5000",
            "--max-bytes-per-second",
            "1.5MiB",
            "--max-memory",
            "1GiB",
            "--large-value=4MB",
        ];
        (await cli.RunAsync(arguments)).ShouldBe(ExitCode.Done);
        cli.Options!.Sources.ShouldBe([new RedisEndpoint { Host = "a", Database = 1 }]);
        cli.Options.ShouldBe(
            new MigrationOptions
            {
                Sources = cli.Options.Sources,
                Target = new RedisEndpoint { Host = "b", Database = 2 },
                Read = ReadMode.Scan,
                Write = WriteMode.Commands,
                OnExisting = OnExisting.Replace,
                FlushTarget = true,
                AllowLoss = Losses.Idle | Losses.Functions | Losses.FieldExpiries,
                ErrorsFile = "e.ndjson",
                MaxErrors = 0,
                RetryFile = retry.Path,
                Connections = 64,
                Batch = 10_000,
                MaxKeysPerSecond = 5000,
                MaxBytesPerSecond = 1536 * 1024,
                MaxMemory = 1024 * 1024 * 1024,
                LargeValues = new LargeValueLimits(4_000_000),
                CommandLine = $"godwit {string.Join(' ', arguments)}",
            }
        );
    }

    [Theory]
    [InlineData("--max-keys-per-second", "1", true)]
    [InlineData("--max-keys-per-second", "0", false)]
    [InlineData("--max-bytes-per-second", "1KiB", true)]
    [InlineData("--max-bytes-per-second", "1023", false)]
    [InlineData("--max-memory", "64MiB", true)]
    [InlineData("--max-memory", "64MB", false)]
    [InlineData("--large-value", "1MiB", true)]
    [InlineData("--large-value", "512MiB", true)]
    [InlineData("--large-value", "1MB", false)]
    [InlineData("--large-value", "513MiB", false)]
    public async Task Limit_AtItsBounds_IsTakenOrRefused(string option, string value, bool isTaken)
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "redis://a", "redis://b", option, value)).ShouldBe(isTaken ? 0 : 2);
    }

    [Theory]
    [InlineData("auto", ReadMode.Auto)]
    [InlineData("SYNC", ReadMode.Sync)]
    [InlineData("scan", ReadMode.Scan)]
    internal async Task Read_Word_GivesMode(string word, ReadMode mode)
    {
        var cli = new CliUnderTest();
        await cli.RunAsync("migrate", "redis://a", "redis://b", "--read", word);
        cli.Options!.Read.ShouldBe(mode);
    }

    [Fact]
    public async Task Retry_OfDefaultErrorsFile_WritesToAnother()
    {
        const string DefaultFile = "godwit-errors.ndjson";
        await File.WriteAllTextAsync(DefaultFile, "", TestContext.Current.CancellationToken);
        try
        {
            var cli = new CliUnderTest();
            (await cli.RunAsync("migrate", "redis://a", "redis://b", "--retry", $"./{DefaultFile}")).ShouldBe(0);
            cli.Options!.ErrorsFile.ShouldBe("godwit-errors-retry.ndjson");
        }
        finally
        {
            File.Delete(DefaultFile);
        }
    }

    [Fact]
    public async Task Retry_OfNamedErrorsFile_IsRefused()
    {
        using var retry = new TemporaryFile("");
        var cli = new CliUnderTest();
        (
            await cli.RunAsync("migrate", "redis://a", "redis://b", "--retry", retry.Path, "--errors", retry.Path)
        ).ShouldBe(2);
        cli.Error.ShouldContain("the same file");

        var other = new CliUnderTest();
        (await other.RunAsync("migrate", "redis://a", "redis://b", "--retry", retry.Path)).ShouldBe(0);
        other.Options!.ErrorsFile.ShouldBe("godwit-errors.ndjson");
    }

    [Fact]
    public async Task DoubleDash_EndsTheOptions()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "--read", "auto", "--", "--odd.rdb", "redis://b")).ShouldBe(ExitCode.Done);
        cli.Options!.Sources.ShouldBe([new RdbFileEndpoint("--odd.rdb")]);
    }

    [Fact]
    public async Task MapDb_SeveralTimes_IsOneMap()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "redis://a", "redis://b", "--map-db", "3:0", "--map-db", "4:1")).ShouldBe(0);
        var map = cli.Options!.Databases;
        (map.Of(3), map.Of(4), map.Of(2)).ShouldBe((0, 1, 2));
    }

    [Fact]
    public async Task Dash_IsStandardInput()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "-", "redis://b")).ShouldBe(ExitCode.Done);
        cli.Options!.Sources.ShouldBe([new RdbFileEndpoint(RdbFileEndpoint.StandardInput)]);
    }

    [Fact]
    public async Task SeveralFiles_AsAShellMakesThemOfAGlob_AreSources()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "dump-1.rdb", "dump-2.rdb", "--quiet", "more/", "redis://b")).ShouldBe(0);
        cli.Options!.Sources.ShouldBe([
            new RdbFileEndpoint("dump-1.rdb"),
            new RdbFileEndpoint("dump-2.rdb"),
            new RdbFileEndpoint("more/"),
        ]);
        cli.Options.Target.ShouldBe(new RedisEndpoint { Host = "b" });
        cli.Options.CommandLine.ShouldBe("godwit migrate dump-1.rdb dump-2.rdb --quiet more/ redis://b");
    }

    [Fact]
    public async Task SeveralFiles_MoreThanAScreenTakes_AreCountedInTheSummaryAndNamedInJson()
    {
        string[] files = [.. Enumerable.Range(1, 30).Select(i => $"dump-{i}.rdb")];
        var cli = new CliUnderTest
        {
            Run = (run, _) =>
                Task.FromResult(
                    run.Report() with
                    {
                        Sources = [.. files.Select(file => new SourceReport(file, "rdb 11", "rdb"))],
                    }
                ),
        };
        await cli.RunAsync(["migrate", .. files, "redis://b"]);
        cli.Output.ShouldContain("dump-10.rdb");
        cli.Output.ShouldNotContain("dump-11.rdb");
        cli.Output.ShouldContain("and 20 more");

        var json = new CliUnderTest { Run = cli.Run };
        await json.RunAsync(["migrate", .. files, "redis://b", "--json"]);
        json.Output.ShouldContain("\"uri\":\"dump-30.rdb\"");
    }

    [Theory]
    [InlineData("redis://:uri@a", true, true, "uri")]
    [InlineData("redis://a", true, true, "file")]
    [InlineData("redis://a", false, true, "environment")]
    [InlineData("redis://a", false, false, null)]
    public async Task Password_ComesFromUriThenFileThenEnvironment(
        string uri,
        bool file,
        bool environment,
        string? password
    )
    {
        using var passwordFile = new TemporaryFile("file\r\nnot this\n");
        foreach (var side in new[] { "source", "target" })
        {
            var cli = new CliUnderTest();
            if (environment)
                cli.Environment[$"GODWIT_{side.ToUpperInvariant()}_PASSWORD"] = "environment";
            string[] option = file ? [$"--{side}-password-file", passwordFile.Path] : [];
            var isSource = side is "source";
            string[] ends = isSource ? [uri, "redis://other"] : ["redis://other", uri];
            (await cli.RunAsync(["migrate", .. ends, .. option])).ShouldBe(ExitCode.Done);

            var (mine, other) = isSource
                ? (cli.Options!.Sources[0], cli.Options.Target)
                : (cli.Options!.Target, cli.Options.Sources[0]);
            mine.ShouldBeOfType<RedisEndpoint>().Password.ShouldBe(password);
            other.ShouldBeOfType<RedisEndpoint>().Password.ShouldBeNull();
        }
    }

    [Fact]
    public async Task PasswordFiles_OncePerServer_BelongToEachInItsOrder()
    {
        using var first = new TemporaryFile("one\n");
        using var second = new TemporaryFile("two\n");
        var cli = new CliUnderTest();
        cli.Environment["GODWIT_SOURCE_PASSWORD"] = "environment";

        string[] files = ["--source-password-file", first.Path, "--source-password-file", second.Path];
        (await cli.RunAsync(["migrate", .. files, "redis://a", "dump.rdb", "redis://me@b", "redis://c"])).ShouldBe(
            0,
            cli.Error
        );

        cli.Options!.Sources.ShouldBe([
            new RedisEndpoint { Host = "a", Password = "one" },
            new RdbFileEndpoint("dump.rdb"),
            new RedisEndpoint
            {
                Host = "b",
                User = "me",
                Password = "two",
            },
        ]);
    }

    [Fact]
    public async Task PasswordFile_OnceForSeveralServers_IsForAll()
    {
        using var file = new TemporaryFile("one\n");
        var cli = new CliUnderTest();

        (
            await cli.RunAsync(
                "migrate",
                "redis://a",
                "redis://:own@b",
                "redis://c",
                "--source-password-file",
                file.Path
            )
        ).ShouldBe(0, cli.Error);

        cli.Options!.Sources.Cast<RedisEndpoint>().Select(source => source.Password).ShouldBe(["one", "own"]);
    }

    [Fact]
    public async Task SeveralServers_BreakOff_NoteSaysThatEachNeedsItsPassword()
    {
        var cli = new CliUnderTest { Run = (run, _) => Task.FromResult(run.BrokenOff()) };

        await cli.RunAsync("migrate", "redis://:one@a", "redis://:two@b", "redis://:three@c");

        cli.Output.ShouldContain(
            "It has no passwords: add --source-password-file once for each source, and set GODWIT_TARGET_PASSWORD."
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("\nsecond line")]
    public async Task PasswordFile_WithoutPassword_IsRefused(string text)
    {
        using var file = new TemporaryFile(text);
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "redis://a", "redis://b", "--source-password-file", file.Path)).ShouldBe(2);
        cli.Error.ShouldContain("first line");
        cli.Options.ShouldBeNull();
    }

    [Fact]
    public async Task PasswordFile_OfDirectory_IsRefused()
    {
        var cli = new CliUnderTest();
        (
            await cli.RunAsync("migrate", "redis://a", "redis://b", "--source-password-file", Path.GetTempPath())
        ).ShouldBe(2);
        cli.Error.ShouldContain("cannot be read");
    }

    [Fact]
    public async Task Tls_OfOneEnd_WinsOverBoth()
    {
        using var both = new TemporaryFile("");
        using var source = new TemporaryFile("");
        var cli = new CliUnderTest();
        string[] options =
        [
            "--tls-ca",
            both.Path,
            "--tls-cert",
            both.Path,
            "--tls-key",
            both.Path,
            "--target-tls-insecure",
        ];
        string[] ofSource =
        [
            "--source-tls-ca",
            source.Path,
            "--source-tls-cert",
            source.Path,
            "--source-tls-server-name",
            "s",
        ];
        (await cli.RunAsync(["migrate", "rediss://a", "rediss://b", .. options, .. ofSource])).ShouldBe(0, cli.Error);

        ((RedisEndpoint)cli.Options!.Sources[0]).Tls.ShouldBe(
            new TlsOptions
            {
                CaFile = source.Path,
                CertificateFile = source.Path,
                ServerName = "s",
            }
        );
        ((RedisEndpoint)cli.Options.Target).Tls.ShouldBe(
            new TlsOptions
            {
                CaFile = both.Path,
                CertificateFile = both.Path,
                KeyFile = both.Path,
                Insecure = true,
            }
        );
    }

    [Fact]
    public async Task CommandLine_ForResume_HasNoPassword()
    {
        var cli = new CliUnderTest();
        await cli.RunAsync("migrate", "redis://me:hunter2@a", "redis://:hunter2@b/1", "--errors", "my errors");
        cli.Options!.CommandLine.ShouldBe("godwit migrate redis://me@a redis://b/1 --errors 'my errors'");
    }
}
