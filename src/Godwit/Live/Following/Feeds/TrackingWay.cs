using System.Globalization;
using Godwit.Connections;
using Godwit.Live.Lanes;
using Godwit.Live.Servers;
using Godwit.Migration;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Following.Feeds;

/// <summary>
/// <c>CLIENT TRACKING ON BCAST</c> (6.0): the server tells the name of each key that changes, without its database, and null when
/// a database is flushed. In RESP3 as pushes; in RESP2 as messages to a second connection.
/// </summary>
/// <remarks>Source: <c>src/tracking.c</c>, trackingBroadcastInvalidationMessages and sendTrackingMessage.</remarks>
internal sealed class TrackingWay(FollowedServer server, int? database) : FeedWay(server, database)
{
    private const string Channel = "__redis__:invalidate";
    private const string Flushed = "a database was flushed";

    // Where one database alone is meant, a name can only matter there.
    private readonly int _database = database ?? DirtyKeys.AnyDatabase;

    /// <inheritdoc/>
    public override string Name => "tracking";

    /// <inheritdoc/>
    public override IReadOnlyList<string> NotTold => ["swapdb"];

    /// <inheritdoc/>
    public override async Task<FeedLine> OpenAsync(CancellationToken cancellationToken)
    {
        var news = await ConnectAsync(useResp3: true, cancellationToken).ConfigureAwait(false);
        var line = new FeedLine(news, Tracker: null);
        try
        {
            if (news.Protocol == 3)
            {
                await TrackAsync(news, cancellationToken, "CLIENT", "TRACKING", "ON", "BCAST").ConfigureAwait(false);
                return line;
            }

            var id = await news.ExecuteAsync(cancellationToken, "CLIENT", "ID").ConfigureAwait(false);
            await news.ExecuteAsync(cancellationToken, "SUBSCRIBE", Channel).ConfigureAwait(false);
            var tracker = await ConnectAsync(useResp3: false, cancellationToken).ConfigureAwait(false);
            line = line with { Tracker = tracker };
            if (tracker.Endpoint != news.Endpoint)
            {
                throw new ConnectionException(
                    news.Endpoint,
                    ConnectionStage.Exchange,
                    $"{tracker.Endpoint} has just taken its place",
                    "Wait until the failover has ended.",
                    isTransient: true
                );
            }

            await TrackAsync(
                    tracker,
                    cancellationToken,
                    "CLIENT",
                    "TRACKING",
                    "ON",
                    "REDIRECT",
                    id.Integer.ToString(CultureInfo.InvariantCulture),
                    "BCAST"
                )
                .ConfigureAwait(false);
            return line;
        }
        catch
        {
            await line.DisposeAsync().ConfigureAwait(false);
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
            case [{ Text: "invalidate" }, var names]:
                Take(names, keys);
                return true;
            case [{ Text: "message" }, { Text: Channel }, var names]:
                Take(names, keys);
                return true;
            default:
                // A server may come to push more than we know of. In RESP2 nothing else was asked for.
                return message.Kind == RespKind.Push ? true : throw Unexpected(message);
        }
    }

    private void Take(RespValue names, DirtyKeys keys)
    {
        if (names.IsNull)
            keys.Raise(Doubt.Deletions, Flushed);
        foreach (var name in names.Items)
            keys.Add(DatabaseKey.Of(_database, name.Bytes.Span));
    }

    private static async Task TrackAsync(
        RedisConnection connection,
        CancellationToken cancellationToken,
        params RespArgument[] command
    )
    {
        var reply = await connection.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
        if (!reply.IsError)
            return;

        var error = ServerErrorException.Of(connection.Endpoint, "CLIENT TRACKING", reply.Bytes.Span);
        if (error.IsTransient)
            throw error;
        throw new RefusedException(
            $"{connection.Endpoint} does not tell us which keys change: it answered CLIENT TRACKING with: {error.ServerMessage}",
            "It takes Redis 6.0 or Valkey, and a user who may run it: ACL SETUSER name +client|tracking +client|id +subscribe.",
            error
        );
    }
}
