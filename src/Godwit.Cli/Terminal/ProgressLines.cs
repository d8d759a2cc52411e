using Godwit.Cli.Output;
using Godwit.Migration;

namespace Godwit.Cli.Terminal;

/// <summary>A line every ten seconds, for a log that somebody reads later.</summary>
internal sealed class ProgressLines(StandardErrorLog log, TimeProvider timeProvider) : IProgressDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task FollowAsync(Func<MigrationProgress> progress, Task ended)
    {
        var meter = new ProgressMeter(timeProvider);
        using var stop = new CancellationTokenSource();
        while (true)
        {
            var interval = Task.Delay(Interval, timeProvider, stop.Token);
            if (await Task.WhenAny(ended, interval).ConfigureAwait(false) == ended)
            {
                await stop.CancelAsync().ConfigureAwait(false);
                return;
            }

            log.Progress(meter.Read(progress()));
        }
    }
}
