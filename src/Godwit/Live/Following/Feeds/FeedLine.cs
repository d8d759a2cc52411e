using Godwit.Connections;

namespace Godwit.Live.Following.Feeds;

/// <summary>The connection over which a server tells which keys change. Owns both.</summary>
/// <param name="News">Where the names come.</param>
/// <param name="Tracker">
/// The connection that is tracked, where that is another one (RESP2): when it is lost nothing is told any more, and the first one
/// hears nothing of that.
/// </param>
internal sealed record FeedLine(RedisConnection News, RedisConnection? Tracker) : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await News.DisposeAsync().ConfigureAwait(false);
        if (Tracker is not null)
            await Tracker.DisposeAsync().ConfigureAwait(false);
    }
}
