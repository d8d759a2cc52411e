using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>
/// Writes to a server or a cluster, over several connections, at a set rate, all that servers let be written, until it is
/// told to stop.
/// </summary>
internal sealed class LoadGenerator : IAsyncDisposable
{
    // Of the steps some are transactions: so many commands are in one on the average.
    private const double CommandsPerStep = 1.4;
    private const int SeedsApart = 7919;

    private readonly CancellationTokenSource _stop = new();
    private readonly LoadConnection[] _connections;
    private readonly Task[] _running;

    private LoadGenerator(IReadOnlyList<LoadNode> nodes, LoadSettings settings)
    {
        Settings = settings;
        var ids = new StreamIds();
        var rate = settings.CommandsPerSecond / CommandsPerStep / settings.Connections;
        _connections =
        [
            .. Enumerable
                .Range(0, settings.Connections)
                .Select(i => new LoadConnection(
                    nodes[i % nodes.Count],
                    settings,
                    ids,
                    (settings.Seed * SeedsApart) + i,
                    rate
                )),
        ];

        // Threads of their own: clients that wait for a server hold nobody else up.
        _running =
        [
            .. _connections.Select(connection =>
                Task.Factory.StartNew(
                    () => connection.Run(_stop.Token),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                )
            ),
        ];
    }

    public LoadSettings Settings { get; }

    /// <summary>Commands whose replies were read so far.</summary>
    public long Sent => _connections.Sum(connection => connection.Sent);

    public static LoadGenerator Start(IReadOnlyList<LoadNode> nodes, LoadSettings settings) => new(nodes, settings);

    /// <summary>Waits until so many commands more have been answered.</summary>
    public Task SendMoreAsync(long commands)
    {
        var enough = Sent + commands;
        return Wait.UntilAsync(
            () => Sent >= enough || Array.Exists(_running, one => one.IsCompleted),
            $"{commands} commands more are answered",
            () => $"{Sent} are, of {enough}"
        );
    }

    /// <summary>Stops, and returns when the last reply has been read.</summary>
    /// <exception cref="LoadException">The server refused what it should take.</exception>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
