using System.Globalization;
using Godwit.Connections;
using Godwit.Live.Lanes;
using Godwit.Live.Servers;
using Godwit.Migration;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Following.Feeds;

/// <summary>
/// Keyspace events by Pub/Sub: name and database of each key that changes. The server's owner has switched them on
/// (<c>notify-keyspace-events</c>); flushes are not among them.
/// </summary>
/// <remarks>Source: <c>src/notify.c</c>, notifyKeyspaceEvent and keyspaceEventsStringToFlags.</remarks>
internal sealed class KeyEventWay(FollowedServer server, int? database, IMigrationLog log) : FeedWay(server, database)
{
    private const string Option = "notify-keyspace-events";
    private const string ChannelStart = "__keyevent@";
    private const string ChannelEnd = "__:";

    // All kinds that are changes, as the server writes them where A does not stand for them.
    private const string AllKinds = "g$lshztxe";

    /// <inheritdoc/>
    public override string Name => "notify";

    /// <inheritdoc/>
    public override IReadOnlyList<string> NotTold => ["swapdb", "flushdb", "flushall"];

    private string Pattern =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{ChannelStart}{(Database is { } only ? $"{only}" : "*")}{ChannelEnd}*"
        );

    /// <inheritdoc/>
    public override async Task<FeedLine> OpenAsync(CancellationToken cancellationToken)
    {
        var news = await ConnectAsync(useResp3: false, cancellationToken).ConfigureAwait(false);
        try
        {
            await CheckAsync(news, cancellationToken).ConfigureAwait(false);
            var reply = await news.TryExecuteAsync(cancellationToken, "PSUBSCRIBE", Pattern).ConfigureAwait(false);
            if (!reply.IsError)
                return new FeedLine(news, Tracker: null);

            var error = ServerErrorException.Of(news.Endpoint, "PSUBSCRIBE", reply.Bytes.Span);
            if (error.IsTransient)
                throw error;
            throw new RefusedException(
                $"{news.Endpoint} does not tell us which keys change: it answered PSUBSCRIBE with: {error.ServerMessage}",
                $"Let the user listen: ACL SETUSER name +psubscribe &{Pattern}",
                error
            );
        }
        catch
        {
            await news.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool TryTake(RespValue message, DirtyKeys keys)
    {
        switch (message.Items)
        {
            case []:
            case [{ Text: "pong" }, _]:
                return false;
            case [{ Text: "pmessage" }, _, var channel, var key]:
                keys.Add(DatabaseKey.Of(DatabaseOf(channel.Text) ?? throw Unexpected(message), key.Bytes.Span));
                return true;
            default:
                throw Unexpected(message);
        }
    }

    /// <summary>True if these are all kinds of events, by kind of event.</summary>
    /// <param name="flags">The option's value.</param>
    public static bool AreAll(string flags) =>
        flags.Contains('E', StringComparison.Ordinal)
        && (
            flags.Contains('A', StringComparison.Ordinal)
            || AllKinds.All(kind => flags.Contains(kind, StringComparison.Ordinal))
        );

    private async Task CheckAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var reply = await connection.TryExecuteAsync(cancellationToken, "CONFIG", "GET", Option).ConfigureAwait(false);
        if (reply.IsError || reply[Option] is not { } value)
        {
            log.Warn(
                $"{connection.Endpoint} does not say whether it tells of all changes (CONFIG GET is refused). If {Option} is not AE there, changes are missed."
            );
            return;
        }

        if (AreAll(value.Text))
            return;

        throw new RefusedException(
            $"{connection.Endpoint} does not tell of all changes: {Option} is \"{value.Text}\"",
            $"Set it there: CONFIG SET {Option} AE. Godwit changes no configuration by itself."
        );
    }

    // "__keyevent@5__:set"
    private static int? DatabaseOf(string channel)
    {
        if (!channel.StartsWith(ChannelStart, StringComparison.Ordinal))
            return null;

        var end = channel.IndexOf(ChannelEnd, ChannelStart.Length, StringComparison.Ordinal);
        return
            end > 0
            && int.TryParse(
                channel.AsSpan(ChannelStart.Length..end),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var database
            )
            ? database
            : null;
    }
}
