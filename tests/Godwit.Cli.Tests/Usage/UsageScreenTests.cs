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
            { "later-command", ["verify", "redis://a", "redis://b"] },
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
            { "no-words", ["migrate"] },
            { "one-word", ["migrate", "redis://a"] },
            { "several-servers", ["migrate", "redis://a", "redis://:hunter2@b", "redis://c"] },
            { "servers-and-files", ["migrate", "a.rdb", "redis://a", "b.rdb", "hunter2"] },
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
                "large-value-by-restore",
                ["migrate", "redis://a", "redis://b", "--write", "restore", "--large-value", "1MiB"]
            },
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
