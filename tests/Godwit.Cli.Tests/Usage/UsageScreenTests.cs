namespace Godwit.Cli.Usage;

public sealed class UsageScreenTests
{
    public static TheoryData<string, string[]> WrongCommandLines =>
        new()
        {
            { "unknown-option", ["migrate", "redis://a", "redis://b", "--on-exsting", "skip"] },
            {
                "unknown-options",
                ["migrate", "redis://a", "-ahunter2", "redis://b", "--pasword=hunter2", "--zzz", "hunter2"]
            },
            { "unknown-command", ["migrat", "redis://a", "redis://b"] },
            { "unknown-option-before-command", ["--verison"] },
            { "uri-as-command", ["redis://:hunter2@a", "redis://b"] },
            { "later-command", ["inspect", "redis://a"] },
            { "later-option", ["migrate", "redis://a", "redis://b", "--live", "--match", "x*"] },
            { "later-scheme", ["migrate", "s3://bucket/key", "dynamodb://table"] },
            {
                "wrong-values",
                [
                    "migrate",
                    "a.rdb",
                    "redis://b",
                    "--on-existing",
                    "skipp",
                    "--max-errors=-5",
                    "--connections",
                    "65",
                    "--batch",
                    "many",
                    "--allow-loss",
                    "idle,function",
                    "--max-keys-per-second",
                    "0",
                    "--max-bytes-per-second",
                    "fast",
                    "--max-memory",
                    "63MiB",
                    "--large-value",
                    "1GiB",
                ]
            },
            { "missing-value", ["migrate", "redis://a", "redis://b", "--errors", "--read", "scan", "--retry"] },
            { "repeated-option", ["migrate", "redis://a", "redis://b", "--errors", "x", "--errors", "y"] },
            { "fence-without-caught-up", ["migrate", "redis://a", "redis://b", "--live", "--fence"] },
            { "forget-without-state", ["status", "--forget"] },
            { "status-with-words", ["status", "redis://:hunter2@a", "--yes", "--target", "redis://b"] },
            { "no-words", ["migrate"] },
            { "one-word", ["migrate", "redis://a"] },
            {
                "several-password-files",
                [
                    "migrate",
                    "redis://a",
                    "redis://:hunter2@b",
                    "a.rdb",
                    "redis://c",
                    "redis://d",
                    "--source-password-file",
                    "a.pw",
                    "--source-password-file",
                    "b.pw",
                ]
            },
            { "one-of-several-wrong", ["migrate", "a.rdb", "b.aof", "rdis://b", "redis://c"] },
            { "wrong-uris", ["migrate", "rdis://me:hunter2@a", "redis://me:hunter2@b:x"] },
            { "flush-without-yes", ["migrate", "redis://a", "redis://b", "--flush-target"] },
            {
                "useless-options",
                [
                    "migrate",
                    "a.rdb",
                    "json:b",
                    "--flush-target",
                    "--yes",
                    "--read",
                    "scan",
                    "--write",
                    "commands",
                    "--source-tls-insecure",
                    "--tls-server-name",
                    "x",
                ]
            },
            {
                "uris-as-values",
                [
                    "migrate",
                    "redis://a",
                    "--batch",
                    "redis://:hunter2@b",
                    "--read",
                    "redis://:hunter2@b",
                    "--map-db",
                    "redis://:hunter2@b",
                    "--source-sentinel-tls",
                    "redis://:hunter2@b",
                ]
            },
            {
                "uris-as-files",
                [
                    "migrate",
                    "rediss://a",
                    "redis://b",
                    "--retry",
                    "redis://:hunter2@b",
                    "--tls-ca",
                    "redis://:hunter2@b",
                ]
            },
            { "flag-with-value", ["migrate", "redis://a", "redis://b", "--live=false", "--flush-target:no"] },
            { "map-db-wrong", ["migrate", "redis://a", "redis://b", "--map-db", "3-0"] },
            { "map-db-twice", ["migrate", "redis://a", "redis://b", "--map-db", "3:0", "--map-db", "3:1"] },
            { "map-db-into-one", ["migrate", "redis://a", "redis://b/2", "--map-db", "3:0"] },
            {
                "large-value-by-restore",
                ["migrate", "redis://a", "redis://b", "--write", "restore", "--large-value", "1MiB"]
            },
            {
                "verify-wrong-values",
                [
                    "verify",
                    "redis://a",
                    "redis://b",
                    "--mode",
                    "ful",
                    "--sample",
                    "101",
                    "--rounds",
                    "0",
                    "--delay=-1",
                    "--ttl-tolerance",
                    "1s",
                ]
            },
            {
                "verify-useless-options",
                ["verify", "-", "b.rdb", "--delete-extra", "--sample", "1", "--against-report", "no/such.ndjson"]
            },
            { "verify-repair-of-file", ["verify", "redis://a", "b.rdb", "--repair"] },
            { "verify-one-word", ["verify", "redis://a"] },
            { "both-to-standard-output", ["migrate", "a.rdb", "json:-", "--json"] },
            {
                "missing-files",
                [
                    "migrate",
                    "rediss://a",
                    "redis://b",
                    "--retry",
                    "no/such.ndjson",
                    "--tls-ca",
                    "no/ca.pem",
                    "--source-tls-key",
                    "no/key.pem",
                    "--target-password-file",
                    "no/password",
                ]
            },
        };

    [Theory]
    [MemberData(nameof(WrongCommandLines))]
    public async Task WrongCommandLine_IsApprovedAndTouchesNothing(string name, string[] arguments)
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync(arguments)).ShouldBe(ExitCode.Usage);
        Approve.Screen($"error-{name}", cli.Error);
        cli.Output.Contains("hunter2", StringComparison.Ordinal).ShouldBeFalse();
        cli.Error.ShouldNotContain("hunter2");
        if (!arguments.Contains("--json"))
            cli.Output.ShouldBeEmpty();
        cli.Options.ShouldBeNull();
        cli.Verification.ShouldBeNull();
    }

    [Fact]
    public async Task WrongCommandLine_OnTerminal_HasColour()
    {
        var cli = new CliUnderTest { IsTerminal = true };
        await cli.RunAsync("migrate", "--nope");
        cli.Error.ShouldContain("\u001b[31merror:\u001b[0m");

        var without = new CliUnderTest { IsTerminal = true, Environment = { ["NO_COLOR"] = "1" } };
        await without.RunAsync("migrate", "--nope");
        without.Error.ShouldNotContain("\u001b");
    }
}
