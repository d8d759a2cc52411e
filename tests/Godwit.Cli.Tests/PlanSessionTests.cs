using System.Runtime.InteropServices;
using System.Text.Json;
using Godwit.Planning;

namespace Godwit.Cli;

public sealed class PlanSessionTests
{
    private static readonly string[] Plan = ["plan", "redis://me:hunter2@a", "redis://:hunter2@b"];

    private static readonly Dictionary<string, (PlanReport Report, int Code)> Reports = new(StringComparer.Ordinal)
    {
        ["ok"] = (PlanReports.Ok, 0),
        ["warnings"] = (PlanReports.Warnings, 0),
        ["stop"] = (PlanReports.Stop, 3),
        ["several-sources"] = (PlanReports.SeveralSources, 0),
    };

    public static TheoryData<string> Names => [.. Reports.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Plan_InWords_IsApproved(string name)
    {
        var cli = Finding(name);
        (await cli.RunAsync(Plan)).ShouldBe(Reports[name].Code);
        Approve.Screen($"plan-{name}", cli.Output);
        cli.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
        cli.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Plan_OnAWideTerminal_IsApproved()
    {
        var cli = Finding("stop");
        (cli.IsTerminal, cli.Columns) = (true, 200);
        await cli.RunAsync(Plan);
        Approve.Screen("plan-stop-wide", cli.Output);
        cli.Output.ShouldContain("\u001b[31mstop\u001b[0m");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Plan_AsJson_IsOneObjectAlone(string name)
    {
        var cli = Finding(name);
        (await cli.RunAsync([.. Plan, "--json"])).ShouldBe(Reports[name].Code);
        cli.Output.TrimEnd('\n').ShouldNotContain('\n');
        using var json = JsonDocument.Parse(cli.Output);
        json.RootElement.GetProperty("status").GetString().ShouldBe(name == "several-sources" ? "ok" : name);
    }

    [Fact]
    public async Task Json_HasTheShapeOfTheDocumentation()
    {
        var cli = Finding("stop");
        await cli.RunAsync([.. Plan, "--json"]);
        Approve.Screen("plan-stop-json", cli.Output);
        var whole = Finding("several-sources");
        await whole.RunAsync([.. Plan, "--json"]);
        Approve.Screen("plan-several-sources-json", whole.Output);
    }

    [Fact]
    public async Task Quiet_SaysStopsAlone()
    {
        var cli = Finding("stop");
        (await cli.RunAsync([.. Plan, "--quiet"])).ShouldBe(ExitCode.Refused);
        cli.Output.ShouldBeEmpty();
        cli.Error.ShouldBe("error: The target redis://b:6379 is not empty.\nChoose --on-existing skip.\n");

        var warnings = Finding("warnings");
        (await warnings.RunAsync([.. Plan, "--quiet"])).ShouldBe(ExitCode.Done);
        $"{warnings.Output}{warnings.Error}".ShouldBeEmpty();
    }

    [Fact]
    public async Task Options_AreThoseOfAMigration()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync([.. Plan, "--on-existing", "skip", "--read", "scan"])).ShouldBe(ExitCode.Done);
        cli.Options!.OnExisting.ShouldBe(Migration.OnExisting.Skip);
        cli.Options.Read.ShouldBe(Migration.ReadMode.Scan);
    }

    [Fact]
    public async Task WrongCommandLine_AsJson_HasTheError()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("plan", "redis://a", "--json")).ShouldBe(ExitCode.Usage);
        using var json = JsonDocument.Parse(cli.Output);
        json.RootElement.GetProperty("command").GetString().ShouldBe("plan");
        json.RootElement.GetProperty("status").GetString().ShouldBe("failed");
        json.RootElement.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("TARGET is missing");
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGTERM, 143)]
    public async Task Signal_EndsThePlan(PosixSignal signal, int code)
    {
        var begun = new TaskCompletionSource();
        var cli = new CliUnderTest
        {
            Plan = async stop =>
            {
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, stop);
                return PlanReports.Ok;
            },
        };
        var running = cli.RunAsync(Plan);
        await begun.Task;
        cli.Signal(signal);
        (await running).ShouldBe(code);
    }

    [Fact]
    public async Task MistakeOfTheProgram_EndsInWords()
    {
        var cli = new CliUnderTest { Plan = _ => throw new InvalidOperationException("a value") };
        (await cli.RunAsync(Plan)).ShouldBe(ExitCode.Refused);
        cli.Error.ShouldContain("InvalidOperationException");
        cli.Error.ShouldNotContain("a value");
    }

    private static CliUnderTest Finding(string name) => new() { Plan = _ => Task.FromResult(Reports[name].Report) };
}
