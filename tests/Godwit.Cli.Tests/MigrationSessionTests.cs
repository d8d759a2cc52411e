using System.Runtime.InteropServices;
using System.Text.Json;
using Godwit.Configuration;
using Godwit.Live;
using Godwit.Migration;

namespace Godwit.Cli;

public sealed class MigrationSessionTests
{
    private static readonly string[] Migrate = ["migrate", "redis://me:hunter2@a", "redis://:hunter2@b"];

    internal static readonly Dictionary<string, (Func<FakeRun, MigrationReport> Report, int Code)> Endings = new(
        StringComparer.Ordinal
    )
    {
        ["completed"] = (run => run.Report(), 0),
        ["partial"] = (
            run =>
                run.Report(MigrationStatus.Partial, failed: 3) with
                {
                    Lost = new Dictionary<string, long>(StringComparer.Ordinal) { ["idle"] = 12, ["field-ttl"] = 1 },
                    ResumeCommand = "godwit migrate redis://a redis://b --retry godwit-errors.ndjson",
                },
            1
        ),
        ["refused"] = (run => run.Refusal(new IOException("Cannot connect to redis://a:6379: connection refused.")), 3),
        ["wrong-configuration"] = (
            run => run.Refusal(new ConfigurationException("The errors file is no such thing.")),
            2
        ),
        ["broke-off"] = (run => run.BrokenOff(), 4),
        ["interrupted"] = (
            run =>
                run.Report(MigrationStatus.Interrupted) with
                {
                    ResumeCommand = "godwit migrate redis://a redis://b",
                },
            130
        ),
        ["live-caught-up"] = (
            run =>
                run.Report() with
                {
                    Live = new LiveCounts(45_000, 45_000, 2, 0, TimeSpan.Zero, IsCaughtUp: true) { IsFenced = true },
                },
            0
        ),
        ["live-stopped"] = (
            run =>
                run.Report(MigrationStatus.Interrupted) with
                {
                    Live = new LiveCounts(45_000, 44_000, 0, 1 << 20, TimeSpan.FromSeconds(0.3), IsCaughtUp: false),
                    ResumeCommand = "godwit migrate redis://a redis://b --live --resume",
                },
            130
        ),
    };

    public static TheoryData<string> EndingNames => [.. Endings.Keys];

    [Theory]
    [MemberData(nameof(EndingNames))]
    public async Task Ending_InWords_IsApproved(string name)
    {
        var cli = Ending(name);
        (await cli.RunAsync(Migrate)).ShouldBe(Endings[name].Code);
        Approve.Screen($"ending-{name}", $"--- standard output\n{cli.Output}--- standard error\n{cli.Error}");
        $"{cli.Output}{cli.Error}".ShouldNotContain("hunter2");
        cli.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Theory]
    [MemberData(nameof(EndingNames))]
    public async Task Ending_AsJson_IsOneObjectAlone(string name)
    {
        var cli = Ending(name);
        (await cli.RunAsync([.. Migrate, "--json"])).ShouldBe(Endings[name].Code);
        cli.Output.ShouldNotContain("hunter2");
        cli.Output.TrimEnd('\n').ShouldNotContain('\n');
        using var json = JsonDocument.Parse(cli.Output);
        json.RootElement.GetProperty("command").GetString().ShouldBe("migrate");
    }

    [Theory]
    [MemberData(nameof(EndingNames))]
    public async Task Ending_Quiet_SaysErrorsAlone(string name)
    {
        var cli = Ending(name);
        (await cli.RunAsync([.. Migrate, "--quiet"])).ShouldBe(Endings[name].Code);
        cli.Output.ShouldBeEmpty();
        if (name is "completed" or "interrupted" or "live-caught-up" or "live-stopped")
            cli.Error.ShouldBeEmpty();
        else
            cli.Error.ShouldStartWith("error: ");
    }

    [Fact]
    public async Task Json_HasTheShapeOfTheContract()
    {
        var cli = Ending("partial");
        await cli.RunAsync([.. Migrate, "--json"]);
        cli.Output.TrimEnd()
            .ShouldBe(
                """
                {"command":"migrate","status":"partial","keys":{"read":1234070,"written":1234000,"skipped":0,"filtered":0,"expired":67,"failed":3},"bytes":{"read":1300000000,"written":1290000000},"seconds":65,"changes":{"received":0,"applied":0,"lag_bytes":0},"sources":[{"uri":"redis://a:6379","server":"redis 7.0.15","read":"sync","keys":{"read":0,"written":0,"skipped":0,"filtered":0,"expired":0,"failed":0}}],"target":{"uri":"redis://b:6379","server":"valkey 9.1.2","write":"restore"},"errors_file":"godwit-errors.ndjson","conflicts":null,"functions":{"written":2},"lost":{"field-ttl":1,"idle":12},"events":[],"resume_command":"godwit migrate redis://a redis://b --retry godwit-errors.ndjson"}
                """
            );
    }

    [Fact]
    public async Task Json_OfRefusal_HasTheError()
    {
        var cli = Ending("refused");
        await cli.RunAsync([.. Migrate, "--json"]);
        using var json = JsonDocument.Parse(cli.Output);
        json.RootElement.GetProperty("status").GetString().ShouldBe("failed");
        var error = json.RootElement.GetProperty("error");
        error.GetProperty("message").GetString().ShouldBe("Cannot connect to redis://a:6379: connection refused.");
        error.GetProperty("what_to_do").GetString().ShouldBe("Start it, or check host and port.");
    }

    [Fact]
    public async Task Json_OfWrongCommandLine_HasAllErrors()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "--json", "redis://a:x", "rdis://b")).ShouldBe(ExitCode.Usage);
        using var json = JsonDocument.Parse(cli.Output);
        var message = json.RootElement.GetProperty("error").GetProperty("message").GetString();
        message.ShouldNotBeNull().ShouldContain("port");
        message.ShouldContain("rdis://");
        json.RootElement.GetProperty("keys").GetProperty("read").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task Summary_WhenStandardOutputIsTheTarget_GoesToStandardError()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("migrate", "a.rdb", "json:-")).ShouldBe(ExitCode.Done);
        cli.Output.ShouldBeEmpty();
        cli.Error.ShouldContain("Completed");
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGTERM, 143)]
    [InlineData(PosixSignal.SIGHUP, 129)]
    public async Task FirstSignal_StopsInOrder(PosixSignal signal, int code)
    {
        var begun = new TaskCompletionSource();
        var cli = new CliUnderTest
        {
            Run = async (run, stop) =>
            {
                begun.SetResult();
                var stopped = new TaskCompletionSource();
                await using var registration = stop.Register(stopped.SetResult);
                await stopped.Task;
                return run.Report(MigrationStatus.Interrupted);
            },
        };
        var running = cli.RunAsync(Migrate);
        await begun.Task;
        cli.Signal(signal);
        (await running).ShouldBe(code);
        cli.Error.ShouldContain($"{signal}: stopping in order");
        cli.Output.ShouldContain("Interrupted");
        cli.Exits.ShouldBeEmpty();
    }

    [Fact]
    public async Task SecondSignal_EndsAtOnceWithTheFirstOnesOwnCode()
    {
        var begun = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        var cli = new CliUnderTest
        {
            Run = async (run, _) =>
            {
                begun.SetResult();
                await end.Task;
                return run.Report(MigrationStatus.Interrupted);
            },
        };
        var running = cli.RunAsync(Migrate);
        await begun.Task;
        cli.Signal(PosixSignal.SIGINT);
        // The shell and the system both say so when a terminal goes away.
        cli.Signal(PosixSignal.SIGHUP);
        cli.Signal(PosixSignal.SIGHUP);
        cli.Exits.ShouldBeEmpty();
        cli.Signal(PosixSignal.SIGTERM);
        cli.Exits.ShouldBe([143]);
        end.SetResult();
        (await running).ShouldBe(130);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Mistake_OfTheProgram_IsCalledOne(bool verbose)
    {
        var cli = new CliUnderTest
        {
            Run = (run, _) =>
            {
                run.Progress = run.Progress with { Keys = new KeyCounts(Written: 7, 0, 0, 0, 0) };
                throw new InvalidOperationException("the value is hunter2");
            },
        };
        string[] arguments = ["migrate", "redis://a", "redis://b", "--json"];
        (await cli.RunAsync(verbose ? [.. arguments, "--verbose"] : arguments)).ShouldBe(ExitCode.BrokeOff);
        cli.Error.ShouldContain("Godwit made a mistake of its own (InvalidOperationException).");
        cli.Error.Contains("   at ", StringComparison.Ordinal).ShouldBe(verbose);
        cli.Error.Contains("hunter2", StringComparison.Ordinal).ShouldBe(verbose);
        using var json = JsonDocument.Parse(cli.Output);
        json.RootElement.GetProperty("keys").GetProperty("written").GetInt64().ShouldBe(7);
    }

    [Fact]
    public async Task Failure_Verbose_HasStackTrace()
    {
        var plain = Ending("refused");
        await plain.RunAsync(Migrate);
        plain.Error.ShouldNotContain("System.IO.IOException");
        var verbose = Ending("refused");
        await verbose.RunAsync([.. Migrate, "--verbose"]);
        verbose.Error.ShouldContain("System.IO.IOException");
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--yes")]
    [InlineData("--help")]
    public async Task FullStandardOutput_IsAnError(string option)
    {
        var cli = new CliUnderTest { IsOutputFull = true };
        (await cli.RunAsync([.. Migrate, option])).ShouldBe(ExitCode.BrokeOff);
        cli.Error.ShouldContain("No space left on device.");
    }

    [Fact]
    public async Task FullStandardError_DoesNotStopTheRun()
    {
        var cli = new CliUnderTest
        {
            IsErrorFull = true,
            Run = (run, _) =>
            {
                run.Log.Warn("nobody hears this");
                return Task.FromResult(run.Report());
            },
        };
        (await cli.RunAsync([.. Migrate, "--json"])).ShouldBe(ExitCode.Done);
        cli.Output.ShouldContain("\"completed\"");
    }

    private static CliUnderTest Ending(string name) =>
        new() { Run = (run, _) => Task.FromResult(Endings[name].Report(run)) };
}
