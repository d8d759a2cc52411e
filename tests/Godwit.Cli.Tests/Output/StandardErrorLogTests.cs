using System.Text.Json;

namespace Godwit.Cli.Output;

public sealed class StandardErrorLogTests
{
    private static readonly string[] Migrate = ["migrate", "redis://a", "redis://b"];

    [Fact]
    public async Task Text_IsOneLineEach()
    {
        var cli = Talking();
        await cli.RunAsync(Migrate);
        cli.Error.ShouldBe("source: redis 7.0.15\nwarning: it is \"slow\"\n");
    }

    [Fact]
    public async Task Text_OnTerminal_HasColour()
    {
        var cli = Talking();
        cli.IsTerminal = true;
        await cli.RunAsync([.. Migrate, "--progress", "never"]);
        cli.Error.ShouldContain("\u001b[33mwarning:\u001b[0m it is");
    }

    [Fact]
    public async Task Json_IsOneObjectALine()
    {
        var cli = Talking();
        cli.TimeProvider = new ManualTimeProvider();
        await cli.RunAsync([.. Migrate, "--log-format", "json"]);
        var lines = cli.Error.TrimEnd('\n').Split('\n');
        lines.Length.ShouldBe(2);
        using var warning = JsonDocument.Parse(lines[1]);
        warning.RootElement.GetProperty("time").GetDateTimeOffset().ShouldBe(cli.TimeProvider.GetUtcNow());
        warning.RootElement.GetProperty("level").GetString().ShouldBe("warning");
        warning.RootElement.GetProperty("message").GetString().ShouldBe("it is \"slow\"");
    }

    [Fact]
    public async Task Json_OfWrongCommandLine_IsJsonToo()
    {
        var cli = new CliUnderTest();
        await cli.RunAsync("migrate", "--nope", "--log-format=json", "--retri", "x");
        var lines = cli.Error.TrimEnd('\n').Split('\n');
        lines.Length.ShouldBe(2);
        using var error = JsonDocument.Parse(lines[1]);
        error.RootElement.GetProperty("level").GetString().ShouldBe("error");
        error.RootElement.GetProperty("what_to_do").GetString().ShouldBe("Did you mean --retry?");
    }

    [Fact]
    public async Task Quiet_SaysNothing()
    {
        var cli = Talking();
        await cli.RunAsync([.. Migrate, "--quiet"]);
        cli.Error.ShouldBeEmpty();
    }

    private static CliUnderTest Talking() =>
        new()
        {
            Run = (run, _) =>
            {
                run.Log.Info("source: redis 7.0.15");
                run.Log.Warn("it is \"slow\"");
                return Task.FromResult(run.Report());
            },
        };
}
