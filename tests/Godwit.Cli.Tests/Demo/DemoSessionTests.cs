using System.Text;
using Godwit.Migration;

namespace Godwit.Cli.Demo;

/// <summary>The demo where there is no server: an RDB file into JSON.</summary>
public sealed class DemoSessionTests
{
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    [Fact]
    public async Task Run_NoServerAnywhere_TakesTheFileAndFindsEveryKey()
    {
        var exitCode = await RunAsync(CreateRun);

        exitCode.ShouldBe(ExitCode.Done, _error.ToString());
        _output.ToString().ShouldContain("All there:");
        _output.ToString().ShouldContain("there is no server to show it on");
        _output.ToString().Split('\n').ShouldAllBe(line => line.Length <= 80);
        _error.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\"key\":\"bird:7\"", "\"key\":\"bird:eight\"", "\"bird:7\" of database 0 is missing")]
    [InlineData("\"key\":\"bird:7\",\"type\":\"hash\"", "\"key\":\"bird:7\",\"type\":\"set\"", "is a set, not a hash")]
    [InlineData(
        "\"key\":\"bird:0:position\",\"type\":\"string\",\"expiry_ms\":41",
        "\"key\":\"bird:0:position\",\"type\":\"string\",\"expiry_ms\":42",
        "\"bird:0:position\" of database 0 has another expiry"
    )]
    public async Task Run_JsonSpoiled_NamesTheKeyAndEndsWith1(string there, string instead, string expected)
    {
        var exitCode = await RunAsync(
            (options, log) =>
                new SpoilingRun(CreateRun(options, log), $"{options.Target}"["json:".Length..], there, instead)
        );

        exitCode.ShouldBe(ExitCode.Partial);
        _output.ToString().ShouldContain("Different:");
        _output.ToString().ShouldContain(expected);
        _output.ToString().ShouldNotContain("All there:");
    }

    [Fact]
    public async Task Run_JobRefuses_SaysWhyAndEndsWith3()
    {
        var exitCode = await RunAsync(
            (options, log) =>
                new FakeRun(
                    options,
                    log,
                    (run, _) => Task.FromResult(run.Refusal(new IOException("The disk is full.")))
                )
        );

        exitCode.ShouldBe(ExitCode.Refused);
        _error.ToString().ShouldContain("The disk is full.");
        _output.ToString().ShouldNotContain("All there:");
    }

    [Fact]
    public async Task Run_MistakeOfTheProgram_EndsInWords()
    {
        var exitCode = await RunAsync((_, _) => throw new InvalidOperationException("secret"));

        exitCode.ShouldBe(ExitCode.BrokeOff);
        _error.ToString().ShouldContain("InvalidOperationException");
        _error.ToString().ShouldNotContain("secret");
    }

    [Fact]
    public async Task Demo_WithWords_IsRefused()
    {
        var cli = new CliUnderTest();

        (await cli.RunAsync("demo", "redis://a")).ShouldBe(ExitCode.Usage);

        cli.Error.ShouldContain("godwit demo takes no words.");
    }

    private static IMigrationRun CreateRun(MigrationOptions options, IMigrationLog log) =>
        new MigrationJob(options, log, TimeProvider.System);

    private Task<int> RunAsync(Func<MigrationOptions, IMigrationLog, IMigrationRun> createRun)
    {
        var surroundings = new Surroundings
        {
            Output = new StringWriter(_output),
            Error = new StringWriter(_error),
            Environment = name => name == "PATH" ? "" : null,
        };
        return new DemoSession(surroundings, createRun, checkout: null).RunAsync(verbose: false);
    }

    /// <summary>A job, and then somebody who changes what it wrote.</summary>
    private sealed class SpoilingRun(IMigrationRun run, string path, string there, string instead) : IMigrationRun
    {
        public MigrationProgress Progress => run.Progress;

        public async Task<MigrationReport> RunAsync(CancellationToken stop)
        {
            var report = await run.RunAsync(stop);
            var text = await File.ReadAllTextAsync(path, stop);
            text.ShouldContain(there);
            await File.WriteAllTextAsync(path, text.Replace(there, instead, StringComparison.Ordinal), stop);
            return report;
        }
    }
}
