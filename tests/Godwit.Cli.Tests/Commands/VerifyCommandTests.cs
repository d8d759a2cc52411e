using Godwit.Endpoints;
using Godwit.Verification;

namespace Godwit.Cli.Commands;

public sealed class VerifyCommandTests
{
    [Fact]
    public async Task NoOptions_GivesDefaults()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("verify", "redis://a", "redis://b")).ShouldBe(ExitCode.Done);
        cli.Verification!.Sources.ShouldBe([new RedisEndpoint { Host = "a" }]);
        (cli.Verification with { Sources = [] }).ShouldBe(
            new VerificationOptions
            {
                Sources = [],
                Target = new RedisEndpoint { Host = "b" },
            }
        );
        cli.Options.ShouldBeNull();
    }

    [Fact]
    public async Task AllOptions_ReachTheRun()
    {
        var cli = new CliUnderTest();
        string[] arguments =
        [
            "verify",
            "redis://a/1",
            "--mode=ttl",
            "--sample",
            "0.5",
            "redis://b/2",
            "--ttl-tolerance",
            "0",
            "--rounds",
            "1",
            "--delay",
            "0.25",
            "--repair",
            "--delete-extra",
            "--report",
            "r.ndjson",
            "--show-values",
            "--max-keys-per-second",
            "5000",
            "--max-bytes-per-second",
            "1.5MiB",
            "--max-memory",
            "1GiB",
        ];
        (await cli.RunAsync(arguments)).ShouldBe(ExitCode.Done);
        cli.Verification!.Sources.ShouldBe([new RedisEndpoint { Host = "a", Database = 1 }]);
        (cli.Verification with { Sources = [] }).ShouldBe(
            new VerificationOptions
            {
                Sources = [],
                Target = new RedisEndpoint { Host = "b", Database = 2 },
                Mode = VerifyMode.Ttl,
                SamplePercent = 0.5,
                TtlTolerance = 0,
                Rounds = 1,
                Delay = TimeSpan.FromSeconds(0.25),
                Repair = true,
                DeleteExtra = true,
                ReportFile = "r.ndjson",
                ShowValues = true,
                MaxKeysPerSecond = 5000,
                MaxBytesPerSecond = 1536 * 1024,
                MaxMemory = 1L << 30,
            }
        );
    }

    [Fact]
    public async Task File_CanBeTheTarget()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("verify", "a.rdb", "b.rdb")).ShouldBe(ExitCode.Done);
        cli.Verification!.Sources.ShouldBe([new RdbFileEndpoint("a.rdb")]);
        cli.Verification.Target.ShouldBe(new RdbFileEndpoint("b.rdb"));
    }

    [Fact]
    public async Task AgainstReport_ReachesTheRun()
    {
        using var report = new TemporaryFile("{}");
        var cli = new CliUnderTest();
        await cli.RunAsync("verify", "redis://a", "redis://b", "--against-report", report.Path);
        cli.Verification!.AgainstReport.ShouldBe(report.Path);
    }

    [Fact]
    public async Task SeveralSourcesAndAMap_ReachTheRun()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("verify", "redis://a", "redis://b", "redis://c", "--map-db", "1:2")).ShouldBe(
            ExitCode.Done
        );
        cli.Verification!.Sources.Count.ShouldBe(2);
        cli.Verification.Databases.Of(1).ShouldBe(2);
    }

    [Theory]
    [InlineData("a.rdb", "redis://b", "redis://c")]
    [InlineData("redis://a", "redis://b", "c.rdb")]
    [InlineData("redis://a", "dynomite:///b.yml")]
    [InlineData("redis://a", "redis://b", "--rack", "r")]
    [InlineData("a.rdb", "redis://b", "--map-db", "1:2")]
    public async Task WhatCannotBeComparedTogether_IsRefused(params string[] arguments) =>
        (await new CliUnderTest().RunAsync(["verify", .. arguments])).ShouldBe(ExitCode.Usage);
}
