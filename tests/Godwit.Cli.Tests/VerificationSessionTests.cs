using System.Runtime.InteropServices;
using Godwit.Configuration;
using Godwit.Migration;
using Godwit.Verification;

namespace Godwit.Cli;

public sealed class VerificationSessionTests
{
    private static readonly string[] Verify = ["verify", "redis://:hunter2@a", "redis://b"];

    public static TheoryData<string, int> Endings =>
        new()
        {
            { "equal", ExitCode.Done },
            { "equal-but-moving", ExitCode.Done },
            { "repaired", ExitCode.Done },
            { "sample", ExitCode.Done },
            { "different", ExitCode.Partial },
            { "libraries", ExitCode.Partial },
            { "cannot-tell", ExitCode.Partial },
            { "refused", ExitCode.Refused },
            { "wrong-configuration", ExitCode.Usage },
            { "broke-off", ExitCode.BrokeOff },
            { "interrupted", ExitCode.Interrupted },
        };

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task Ending_IsApproved(string ending, int exitCode)
    {
        var words = Ending(ending);
        (await words.RunAsync(Verify)).ShouldBe(exitCode);
        var json = Ending(ending);
        (await json.RunAsync([.. Verify, "--json"])).ShouldBe(exitCode);
        var quiet = Ending(ending);
        (await quiet.RunAsync([.. Verify, "--quiet"])).ShouldBe(exitCode);
        var all =
            $"{words.Output}\n== standard error\n{words.Error}\n== --json\n{json.Output}\n== --quiet\n{quiet.Output}{quiet.Error}";
        Approve.Screen($"verify-{ending}", all);
        all.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, ExitCode.Interrupted)]
    [InlineData(PosixSignal.SIGTERM, ExitCode.Terminated)]
    public async Task Signal_StopsTheRunAndNamesItselfInTheExitCode(PosixSignal signal, int exitCode)
    {
        var cli = new CliUnderTest();
        cli.Verify = async (options, stop) =>
        {
            cli.Signal(signal);
            stop.IsCancellationRequested.ShouldBeTrue();
            await Task.CompletedTask;
            return FakeVerification.Report(options) with { Status = VerificationStatus.Interrupted };
        };
        (await cli.RunAsync([.. Verify, "--json"])).ShouldBe(exitCode);
        cli.Output.ShouldContain("\"status\":\"interrupted\"");
    }

    [Fact]
    public async Task MistakeOfTheProgram_IsNeverTakenForEqual()
    {
        var cli = new CliUnderTest { Verify = (_, _) => throw new InvalidDataException("hunter2") };
        (await cli.RunAsync([.. Verify, "--json"])).ShouldBe(ExitCode.BrokeOff);
        cli.Output.ShouldContain("\"status\":\"failed\"");
        (cli.Output + cli.Error).ShouldNotContain("hunter2");
    }

    private static CliUnderTest Ending(string ending) =>
        new() { Verify = (options, _) => Task.FromResult(ReportOf(ending, FakeVerification.Report(options))) };

    private static VerificationReport ReportOf(string ending, VerificationReport equal) =>
        ending switch
        {
            "equal-but-moving" => equal with { Keys = equal.Keys with { Equal = 1_233_998, Moving = 2 } },
            "repaired" => equal with
            {
                Keys = equal.Keys with { Equal = 1_233_998, Missing = 1, Value = 1, Extra = 1, Repaired = 3 },
                Functions = new VerifiedFunctions(2, 1, 1),
            },
            "sample" => equal with { SamplePercent = 10, MostDifferent = 0.000_003_7 },
            "different" => equal with
            {
                Status = VerificationStatus.Different,
                Keys = new VerifiedKeys(1_234_000, 1_233_900, 50, 3, 10, 20, 15, 2, 3, 0),
                Functions = new VerifiedFunctions(2, 1, 0),
                ReportFile = "differences.ndjson",
                Examples =
                [
                    """{"kind":"missing","db":0,"key":"bird:7","type":"hash"}""",
                    """{"kind":"value","db":0,"key":"bird:8","type":"hash","where":{"field":"name"},"what":"value"}""",
                ],
            },
            "libraries" => equal with
            {
                Status = VerificationStatus.Different,
                Functions = new VerifiedFunctions(2, 1, 0),
                Examples = ["""{"kind":"extra","key":"mylib","type":"function"}"""],
            },
            "cannot-tell" => equal with
            {
                Status = VerificationStatus.CannotTell,
                Keys = equal.Keys with { Equal = 1_233_999, Unknown = 1 },
                Examples =
                [
                    """{"kind":"unknown","db":0,"key":"filter","type":"module","what":"the serialized values differ"}""",
                ],
            },
            "refused" => Failed(equal, new RefusedException("redis://b:6379 is a cluster", "Name another."), true),
            "wrong-configuration" => Failed(equal, new ConfigurationException("The path is wrong.", "Mend it."), true),
            "broke-off" => Failed(equal, new RefusedException("The target closed the connection", "Try again."), false),
            "interrupted" => equal with
            {
                Status = VerificationStatus.Interrupted,
                Keys = equal.Keys with { Compared = 1000, Equal = 999, Missing = 1 },
            },
            _ => equal,
        };

    private static VerificationReport Failed(
        VerificationReport report,
        Protocol.GodwitException exception,
        bool beforeFirstWrite
    ) =>
        report with
        {
            Status = VerificationStatus.Failed,
            Keys = default,
            Failure = new MigrationFailure(exception.Message, exception.WhatToDo, beforeFirstWrite, exception),
        };
}
