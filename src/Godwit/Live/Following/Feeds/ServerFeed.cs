using Godwit.Live.Servers;

namespace Godwit.Live.Following.Feeds;

/// <summary>All that one server of the source is asked about what changes there.</summary>
/// <param name="server">The server.</param>
/// <param name="feed">Tells the names of keys that change. It is owned from here on.</param>
/// <param name="counts">Sees what is not told. It is owned from here on.</param>
/// <param name="own">Which slots it has; null for a server that is none of a cluster. It is owned from here on.</param>
internal sealed class ServerFeed(FollowedServer server, KeyFeed feed, CommandCounts counts, OwnSlots? own)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _listening = Task.CompletedTask;

    /// <summary>The server.</summary>
    public FollowedServer Server => server;

    /// <summary>Tells the names of keys that change.</summary>
    public KeyFeed Feed => feed;

    /// <summary>Sees what is not told.</summary>
    public CommandCounts Counts => counts;

    /// <summary>Which slots it has; null for a server that is none of a cluster.</summary>
    public OwnSlots? Own => own;

    /// <summary>Listens until it is disposed of.</summary>
    /// <param name="fail">Is told if it breaks off for good.</param>
    public void Start(Action<Exception> fail)
    {
        _listening = ListenAsync();

        async Task ListenAsync()
        {
            try
            {
                await feed.RunAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // Nobody wants to hear more.
            }
#pragma warning disable CA1031 // Whoever waits for all feeds throws it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                fail(exception);
            }
        }
    }

    /// <summary>Has it be heard from whoever is in charge by now, if that is another than before.</summary>
    public async ValueTask TurnAsync()
    {
        if (feed.Teller is not { } teller || teller.Address == server.Shard.Primary.Address)
            return;

        feed.Restart();
        await counts.DisposeAsync().ConfigureAwait(false);
        if (own is not null)
            await own.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
        await feed.DisposeAsync().ConfigureAwait(false);
        await counts.DisposeAsync().ConfigureAwait(false);
        if (own is not null)
            await own.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
