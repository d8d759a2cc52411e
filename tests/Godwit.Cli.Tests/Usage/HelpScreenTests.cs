namespace Godwit.Cli.Usage;

public sealed class HelpScreenTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-?")]
    [InlineData("help")]
    public async Task Help_OfProgram_IsApproved(string argument)
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync(argument)).ShouldBe(ExitCode.Done);
        Approve.Screen("help", cli.Output);
        cli.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("migrate", "--help")]
    [InlineData("migrate", "redis://a", "-h", "--unknown")]
    [InlineData("help", "migrate")]
    public async Task Help_OfMigrate_IsApproved(params string[] arguments)
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync(arguments)).ShouldBe(ExitCode.Done);
        Approve.Screen("help-migrate", cli.Output);
        cli.Error.ShouldBeEmpty();
        cli.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("stop")]
    public async Task Help_OfJobCommands_IsApproved(string command)
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync(command, "--help")).ShouldBe(ExitCode.Done);
        Approve.Screen($"help-{command}", cli.Output);
        cli.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Fact]
    public async Task Help_OfPlan_IsApproved()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("plan", "--help")).ShouldBe(ExitCode.Done);
        Approve.Screen("help-plan", cli.Output);
        cli.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Fact]
    public async Task Help_OfVerify_IsApproved()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("verify", "--help")).ShouldBe(ExitCode.Done);
        Approve.Screen("help-verify", cli.Output);
        cli.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Fact]
    public async Task Help_OfDemo_IsApproved()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("demo", "--help")).ShouldBe(ExitCode.Done);
        Approve.Screen("help-demo", cli.Output);
        cli.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Fact]
    public async Task NoArguments_ShowsHelpAsError()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync()).ShouldBe(ExitCode.Usage);
        cli.Output.ShouldBeEmpty();
        Approve.Screen("help", cli.Error);
    }

    [Fact]
    public async Task Version_IsOneLine()
    {
        var cli = new CliUnderTest();
        (await cli.RunAsync("--version")).ShouldBe(ExitCode.Done);
        cli.Output.ShouldBe($"godwit 0.1.0{Environment.NewLine}");
        cli.Error.ShouldBeEmpty();
    }
}
