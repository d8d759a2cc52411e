using System.Globalization;
using Godwit.Connections;

namespace Godwit.Targets.Redis.Shards;

/// <summary>How far a server has come in the stream of changes that a primary shares with its replicas.</summary>
/// <param name="RunId">A value of its own for each start of the server.</param>
/// <param name="IsPrimary">It takes writes of its own.</param>
/// <param name="History">The stream's name, which a server that becomes primary replaces.</param>
/// <param name="Offset">Bytes of the stream that it has.</param>
/// <param name="Earlier">The name that the stream had before; null if it had none.</param>
/// <param name="EarlierEnd">From here on the stream is not that of <paramref name="Earlier"/> any more.</param>
/// <remarks>Source: <c>src/replication.c</c>, shiftReplicationId, and <c>src/server.c</c>, genRedisInfoString.</remarks>
internal sealed record ReplicationPosition(
    string RunId,
    bool IsPrimary,
    string History,
    long Offset,
    string? Earlier,
    long EarlierEnd
)
{
    // How far each of its replicas has said that it is, the best first.
    private long[] ReplicaOffsets { get; init; } = [];

    private static readonly string None = new('0', 40);

    /// <summary>Asks a server. Null where it does not tell: it may not be asked, or knows no such names.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public static async Task<ReplicationPosition?> AskAsync(
        RedisConnection connection,
        CancellationToken cancellationToken
    )
    {
        var server = await connection.TryExecuteAsync(cancellationToken, "INFO", "server").ConfigureAwait(false);
        var replication = await connection
            .TryExecuteAsync(cancellationToken, "INFO", "replication")
            .ConfigureAwait(false);
        return server.IsError || replication.IsError ? null : Parse($"{server.Text}\r\n{replication.Text}");
    }

    /// <summary>Reads INFO's text; null where something of it is missing.</summary>
    public static ReplicationPosition? Parse(string text)
    {
        var info = ServerInfo.Parse(text);
        return
            info.RunId is { } runId
            && info["master_replid"] is { } history
            && history != None
            && info["master_replid2"] is { } earlier
            && Number("master_repl_offset") is { } offset
            && Number("second_repl_offset") is { } earlierEnd
            ? new ReplicationPosition(
                runId,
                info.Role == ServerRole.Primary,
                history,
                offset,
                earlier == None ? null : earlier,
                earlierEnd
            )
            {
                ReplicaOffsets = [.. ReplicasOf(info).OrderDescending()],
            }
            : null;

        long? Number(string field) =>
            long.TryParse(info[field], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number
                : null;
    }

    /// <summary>How far this many replicas are at least; for none how far the primary itself is. Null if there are not so many.</summary>
    /// <remarks>Others write too, if only those who watch over it: what is not ours need not have got to the replicas.</remarks>
    public long? HeldBy(int replicas) =>
        replicas == 0 ? Offset
        : replicas <= ReplicaOffsets.Length ? ReplicaOffsets[replicas - 1]
        : null;

    /// <summary>True if the server that is here now has all that one had that was at an earlier position.</summary>
    public bool Contains(ReplicationPosition before) =>
        History == before.History ? Offset >= before.Offset
        : Earlier == before.History ? EarlierEnd > before.Offset
        // A primary that has no replica gives the stream another name when the first one comes.
        : Earlier is null && RunId == before.RunId;

    // "slave0:ip=127.0.0.1,port=7001,state=online,offset=1234,lag=0"
    private static IEnumerable<long> ReplicasOf(ServerInfo info)
    {
        for (var i = 0; info[string.Create(CultureInfo.InvariantCulture, $"slave{i}")] is { } replica; i++)
        {
            foreach (var part in replica.Split(','))
            {
                if (
                    part.StartsWith("offset=", StringComparison.Ordinal)
                    && long.TryParse(part.AsSpan(7), CultureInfo.InvariantCulture, out var offset)
                )
                    yield return offset;
            }
        }
    }
}
