using Godwit.Migration;

namespace Godwit.Cli.Terminal;

/// <summary>
/// A bar on the last row of a terminal; log lines pass above it. Drawn by hand: a row that is erased and written anew survives
/// a terminal that is resized, and the ^C that it echoes.
/// </summary>
internal sealed class ProgressBar(Surroundings surroundings, StandardErrorRows rows) : IProgressDisplay
{
    // Ten times a second looks alive and costs nothing.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // Room for an echoed ^C, and one: some terminals wrap when their last column is filled, and what wraps is not erased.
    private const int SpareColumns = 3;

    private readonly Ink _ink = Ink.For(isTerminal: true, surroundings);

    /// <inheritdoc/>
    public async Task FollowAsync(Func<MigrationProgress> progress, Task ended)
    {
        var meter = new ProgressMeter(surroundings.TimeProvider);
        using var stop = new CancellationTokenSource();
        rows.Begin();
        try
        {
            while (!ended.IsCompleted)
            {
                rows.Draw(Row(meter.Read(progress())));
                var interval = Task.Delay(Interval, surroundings.TimeProvider, stop.Token);
                await Task.WhenAny(ended, interval).ConfigureAwait(false);
            }
        }
        finally
        {
            rows.End();
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private string Row(ProgressReading reading)
    {
        var row = ProgressText.Row(reading, surroundings.Columns() - SpareColumns);
        return row.Before + _ink.Green(new string('━', row.Filled)) + _ink.Dim(new string('─', row.Empty)) + row.After;
    }
}
