using Godwit.Cli.Output;
using Godwit.Migration;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Godwit.Cli.Terminal;

/// <summary>A bar on the last row of a terminal; log lines pass above it.</summary>
internal sealed class ProgressBar(Surroundings surroundings, StandardErrorLog log) : IProgressDisplay
{
    // Ten times a second looks alive and costs nothing.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public async Task FollowAsync(IMigrationRun run, Task ended)
    {
        var console = Console();
        var row = new RowColumn(run, new ProgressMeter(surroundings.TimeProvider), surroundings.Columns);
        using var through = log.WriteThrough(
            (level, message) => console.Write(new Markup($"{Label(level)}{Markup.Escape(message)}\n"))
        );
        await console
            .Progress()
            .AutoRefresh(false)
            .AutoClear(true)
            .Columns(row)
            .StartAsync(async context =>
            {
                context.AddTask("migration");
                using var stop = new CancellationTokenSource();
                while (!ended.IsCompleted)
                {
                    console.Profile.Width = surroundings.Columns();
                    context.Refresh();
                    await Task.WhenAny(ended, Task.Delay(Interval, surroundings.TimeProvider, stop.Token))
                        .ConfigureAwait(false);
                }

                await stop.CancelAsync().ConfigureAwait(false);
            })
            .ConfigureAwait(false);
    }

    private IAnsiConsole Console()
    {
        var hasColour = Ink.For(isTerminal: true, surroundings).IsOn;
        return AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(surroundings.Error),
                Ansi = AnsiSupport.Yes,
                ColorSystem = hasColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.Yes,
                // What it would guess from the environment's CI variables is decided here already.
                Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
            }
        );
    }

    private static string Label(LogLevel level) =>
        level switch
        {
            LogLevel.Warning => "[yellow]warning:[/] ",
            LogLevel.Error => "[red]error:[/] ",
            _ => "",
        };

    private sealed class RowColumn(IMigrationRun run, ProgressMeter meter, Func<int> columns) : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            // A row that fills the last column makes some terminals wrap.
            var row = ProgressText.Row(meter.Read(run.Progress), columns() - 1);
            var filled = new string('━', row.Filled);
            var empty = new string('─', row.Empty);
            return new Markup(
                $"{Markup.Escape(row.Before)}[green]{filled}[/][grey]{empty}[/]{Markup.Escape(row.After)}"
            );
        }
    }
}
