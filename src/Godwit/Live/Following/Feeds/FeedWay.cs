using Godwit.Connections;
using Godwit.Live.Servers;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Following.Feeds;

/// <summary>A way in which a server tells which keys change.</summary>
/// <param name="server">Whom it is of.</param>
/// <param name="database">The one database of it that is meant; null for all.</param>
internal abstract class FeedWay(FollowedServer server, int? database)
{
    /// <summary>The way's name in a report and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Commands on whole databases of which nothing is told, in small letters.</summary>
    public abstract IReadOnlyList<string> NotTold { get; }

    /// <summary>The one database that is meant; null for all.</summary>
    protected int? Database => database;

    /// <summary>Connects, and has the server begin to tell.</summary>
    /// <exception cref="GodwitException">It cannot be reached, or does not let us.</exception>
    public abstract Task<FeedLine> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Takes what the server told.</summary>
    /// <returns>False if this is no news but an answer.</returns>
    /// <exception cref="ProtocolException">It is neither.</exception>
    public abstract bool TryTake(RespValue message, DirtyKeys keys);

    /// <summary>Connects to the server, whichever that is by now.</summary>
    /// <param name="useResp3">Ask for RESP3.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    protected Task<RedisConnection> ConnectAsync(bool useResp3, CancellationToken cancellationToken) =>
        server.ConnectAsync(new ConnectionOptions { UseResp3 = useResp3 }, cancellationToken);

    /// <summary>What came is nothing that the server should say.</summary>
    protected static ProtocolException Unexpected(RespValue message) =>
        new(0, "the name of a changed key, or the answer to PING", $"{message}");
}
