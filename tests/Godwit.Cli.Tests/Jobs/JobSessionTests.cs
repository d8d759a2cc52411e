using System.Text.Json;
using Godwit.Live.State;
using Godwit.Live.Status;

namespace Godwit.Cli.Jobs;

public sealed class JobSessionTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("gw-").FullName;
    private readonly CliUnderTest _cli = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("status")]
    [InlineData("stop")]
    public async Task NoJob_IsRefusedInWordsAndAsJson(string command)
    {
        (await _cli.RunAsync(command, "--state", _root)).ShouldBe(ExitCode.Refused);
        _cli.Error.ShouldContain($"There is no job in {_root}");
        _cli.Output.ShouldBeEmpty();

        (await _cli.RunAsync(command, "--state", _root, "--json")).ShouldBe(ExitCode.Refused);
        using var json = JsonDocument.Parse(_cli.Output);
        json.RootElement.GetProperty("command").GetString().ShouldBe(command);
        json.RootElement.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("no job");
    }

    [Fact]
    public async Task Status_OfAJobThatRuns_IsZero()
    {
        await using var socket = JobSocket.Listen(_root, () => Running, () => { }, TimeProvider.System);
        (await _cli.RunAsync("status", "--state", _root)).ShouldBe(ExitCode.Done);
        _cli.Output.ShouldStartWith("Following");
    }

    [Fact]
    public async Task Status_OfAJobThatDoesNotRun_IsOne()
    {
        JobDirectory.Open(_root).Save(State);
        (await _cli.RunAsync("status", "--state", _root)).ShouldBe(ExitCode.Partial);
        _cli.Output.ShouldStartWith("Killed");
    }

    [Fact]
    public async Task Status_OfADamagedState_IsRefused()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_root, "job.json"),
            "{\"job\":",
            TestContext.Current.CancellationToken
        );
        (await _cli.RunAsync("status", "--state", _root)).ShouldBe(ExitCode.Refused);
        _cli.Error.ShouldContain("damaged");
    }

    [Theory]
    [InlineData("stopped", 0)]
    [InlineData("done", 0)]
    [InlineData("failed", 4)]
    public async Task Stop_SaysHowTheJobEnded(string phase, int code)
    {
        JobSocket? socket = null;
        socket = JobSocket.Listen(
            _root,
            () => Running,
            () => socket!.End(Running with { Running = false, Phase = phase }),
            TimeProvider.System
        );
        await using var closing = socket;
        (await _cli.RunAsync("stop", "--state", _root, "--json")).ShouldBe(code);
        using var json = JsonDocument.Parse(_cli.Output);
        json.RootElement.GetProperty("command").GetString().ShouldBe("stop");
        json.RootElement.GetProperty("phase").GetString().ShouldBe(phase);
    }

    [Fact]
    public async Task Stop_OfAJobThatDoesNotRun_IsOne()
    {
        JobDirectory.Open(_root).Save(State with { Ended = JobState.Stopped });
        (await _cli.RunAsync("stop", "--state", _root)).ShouldBe(ExitCode.Partial);
        _cli.Output.ShouldStartWith("Stopped in order");
    }

    [Fact]
    public async Task Forget_WithoutYes_SaysWhatItMeansAndKeepsAll()
    {
        JobDirectory.Open(_root).Save(State);
        (await _cli.RunAsync("status", "--forget", "--state", _root)).ShouldBe(ExitCode.Refused);
        _cli.Error.ShouldContain("--yes");
        JobDirectory.Find(_root).ShouldNotBeNull();
    }

    [Fact]
    public async Task Forget_OfAnotherTarget_IsRefused()
    {
        JobDirectory.Open(_root).Save(State);
        string[] forget = ["status", "--forget", "--state", _root, "--yes"];
        (await _cli.RunAsync([.. forget, "--target", "redis://me:hunter2@other"])).ShouldBe(ExitCode.Refused);
        _cli.Error.ShouldContain("redis://other:6379");
        _cli.Error.ShouldNotContain("hunter2");
        JobDirectory.Find(_root).ShouldNotBeNull();
    }

    [Fact]
    public async Task Forget_TargetThatCannotBeReached_KeepsTheState()
    {
        JobDirectory.Open(_root).Save(State);
        (await _cli.RunAsync("status", "--forget", "--state", _root, "--yes")).ShouldBe(ExitCode.Refused);
        JobDirectory.Find(_root).ShouldNotBeNull();
    }

    private JobStatus Running =>
        new()
        {
            Running = true,
            Phase = "following",
            Directory = _root,
            Source = State.Source,
            Target = State.Target,
        };

    // Nobody listens at port 1.
    private static JobState State =>
        new()
        {
            Job = "0123456789ab",
            Source = "redis://127.0.0.1:1",
            Target = "redis://127.0.0.1:1",
        };
}
