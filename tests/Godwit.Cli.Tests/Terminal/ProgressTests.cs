using Godwit.Live;
using Godwit.Migration;

namespace Godwit.Cli.Terminal;

public sealed class ProgressTests
{
    private static readonly string[] Migrate = ["migrate", "redis://a", "redis://b"];

    [Fact]
    public async Task Lines_WithoutTerminal_ComeEveryTenSeconds()
    {
        var (cli, clock, begun, end) = Running();
        var running = cli.RunAsync(Migrate);
        await begun;
        await clock.AdvanceAsync(TimeSpan.FromSeconds(10));
        await clock.AdvanceAsync(TimeSpan.FromSeconds(10));
        // Its next wait begins when the second line is written.
        await clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        end.SetResult();
        await running;
        cli.Error.ShouldBe(
            "0:00:10 copying: 500,000 of 2,000,000 keys (25%), 3 failed, 1.00 GiB, 50,000 keys/s, 102 MiB/s, 30.0 s left\n"
                + "0:00:20 copying: 500,000 of 2,000,000 keys (25%), 3 failed, 1.00 GiB, 0 keys/s, 0 B/s\n"
        );
    }

    [Fact]
    public async Task Lines_AsJson_AreObjects()
    {
        var (cli, clock, begun, end) = Running();
        var running = cli.RunAsync([.. Migrate, "--log-format", "json", "--quiet", "--progress", "always"]);
        await begun;
        await clock.AdvanceAsync(TimeSpan.FromSeconds(10));
        await clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        end.SetResult();
        await running;
        cli.Error.ShouldBe(
            """
            {"time":"2026-01-02T03:04:15+00:00","level":"progress","phase":"copying","keys":500000,"failed":3,"expected_keys":2000000,"bytes":1073741824,"expected_bytes":null,"keys_per_second":50000,"bytes_per_second":107374182.4,"seconds_left":30}

            """
        );
    }

    [Theory]
    [InlineData("--quiet")]
    [InlineData("--progress=never")]
    public async Task Nothing_WhereNothingIsWanted(string option)
    {
        var cli = new CliUnderTest { IsTerminal = true };
        await cli.RunAsync([.. Migrate, option]);
        cli.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Bar_OnTerminal_ShowsProgressAndKeepsLogLines()
    {
        var cli = new CliUnderTest
        {
            IsTerminal = true,
            Run = async (run, stop) =>
            {
                run.Progress = HalfWay;
                await Task.Delay(300, stop);
                run.Log.Warn("a [strange] key");
                await Task.Delay(300, stop);
                return run.Report();
            },
        };
        (await cli.RunAsync(Migrate)).ShouldBe(ExitCode.Done);
        cli.Error.ShouldContain("copying");
        cli.Error.ShouldContain("25%");
        cli.Error.ShouldContain("━");
        cli.Error.ShouldContain("a [strange] key");
        cli.Error.ShouldStartWith("\u001b[?25l");
        cli.Error.ShouldContain("\r\u001b[2K\u001b[33mwarning:\u001b[0m a [strange] key\n");
        cli.Error.ShouldEndWith("\r\u001b[2K\u001b[?25h");
        cli.Output.ShouldContain("Completed");
    }

    [Fact]
    public async Task Bar_OnDumbTerminal_IsLines()
    {
        var cli = new CliUnderTest { IsTerminal = true, Environment = { ["TERM"] = "dumb" } };
        await cli.RunAsync(Migrate);
        cli.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-2)]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(79)]
    [InlineData(200)]
    public void Row_NeverExceedsItsColumns(int columns)
    {
        foreach (var progress in new[] { HalfWay, HalfWay with { ExpectedKeys = null }, CaughtUp })
        {
            var row = ProgressText.Row(Reading(progress), columns);
            (row.Before.Length + row.Filled + row.Empty + row.After.Length).ShouldBeLessThanOrEqualTo(
                Math.Max(0, columns)
            );
        }
    }

    [Fact]
    public void Row_OfEightyColumns_HasAllThatMatters()
    {
        var row = ProgressText.Row(Reading(HalfWay), 79);
        row.Filled.ShouldBe((row.Filled + row.Empty) / 4);
        row.After.ShouldBe(" 25%  3 failed  500,000 keys  0:00:30 left  1.00 GiB  50,000/s");
    }

    [Fact]
    public void Row_WithoutWhole_HasNoBar()
    {
        var row = ProgressText.Row(Reading(HalfWay with { ExpectedKeys = null }), 79);
        row.ShouldBe(
            new ProgressRow("copying 3 failed  500,000 keys  1.00 GiB  50,000/s  102 MiB/s  0:00:10", 0, 0, "")
        );
    }

    [Theory]
    [InlineData(77, "following  caught up  5,000 changes/s  50,000 applied  2 repaired  0:00:10")]
    [InlineData(40, "following  caught up  5,000 changes/s")]
    [InlineData(12, "following  c")]
    public void Row_WhileFollowing_DropsTheLeastFirst(int columns, string expected) =>
        ProgressText.Row(Reading(CaughtUp), columns).Before.ShouldBe(expected);

    [Fact]
    public void Row_WhileBehind_SaysHowFarAndWhatWaits()
    {
        var behind = new LiveCounts(60_000, 50_000, 0, 12L << 20, TimeSpan.FromSeconds(1.2), IsCaughtUp: false)
        {
            Waiting = 3L << 30,
        };
        var row = ProgressText.Row(Reading(CaughtUp with { Live = behind }), 117);
        row.Before.ShouldBe(
            "following  12.0 MiB, 1.2 s behind  5,000 changes/s  50,000 applied  3.00 GiB waiting here  0:00:10"
        );
    }

    [Fact]
    public void Row_WhileTheSourceDoesNotAnswer_SaysSinceWhen() =>
        ProgressText
            .Row(
                Reading(
                    CaughtUp with
                    {
                        Live = new LiveCounts(0, 0, 0, LagBytes: null, TimeSpan.FromMinutes(2), IsCaughtUp: false),
                    }
                ),
                77
            )
            .Before.ShouldStartWith("following  2 min 0 s behind");

    [Fact]
    public void Line_WhileFollowing_HasLagAndRate() =>
        ProgressText
            .Line(Reading(CaughtUp))
            .ShouldBe("0:00:10 following: caught up, 5,000 changes/s, 50,000 applied, 2 repaired");

    private static MigrationProgress CaughtUp =>
        HalfWay with
        {
            Phase = "following",
            Live = new LiveCounts(50_000, 50_000, 2, 0, TimeSpan.Zero, IsCaughtUp: true),
        };

    private static MigrationProgress HalfWay =>
        new(new KeyCounts(499_997, 0, 0, 0, 3), 1L << 30, 2_000_000, null, "copying");

    private static ProgressReading Reading(MigrationProgress progress)
    {
        var clock = new ManualTimeProvider();
        var meter = new ProgressMeter(clock);
        clock.Move(TimeSpan.FromSeconds(10));
        return meter.Read(progress);
    }

    private static (CliUnderTest Cli, ManualTimeProvider Clock, Task Begun, TaskCompletionSource End) Running()
    {
        var clock = new ManualTimeProvider();
        var begun = new TaskCompletionSource();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cli = new CliUnderTest
        {
            TimeProvider = clock,
            Run = async (run, _) =>
            {
                run.Progress = HalfWay;
                begun.SetResult();
                await end.Task;
                return run.Report();
            },
        };
        return (cli, clock, begun.Task, end);
    }
}
