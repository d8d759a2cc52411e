using System.Buffers;
using System.Globalization;
using System.Text;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.Positions;
using Godwit.Live.Servers;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Reversing;

/// <summary>
/// Finds where each server of a target is in its own history, exactly behind the job's last change: a last record is written in one
/// transaction with the question. So nobody's change lies between the two, and it is known which database is selected behind it.
/// </summary>
/// <remarks>
/// Before 7.0 a change within a transaction counts at once, and MULTI before it; 6.0 counts MULTI already when it is asked. So it is asked
/// once more behind the record: where nothing but that lies between the two, MULTI lies before both, and the place is before it.
/// </remarks>
/// <param name="job">The job.</param>
/// <param name="target">Who holds what at the target.</param>
/// <param name="database">The records' database.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class CutOverMark(string job, ServerTopology target, int database, TimeProvider timeProvider)
{
    private const string Mark = "here";

    /// <summary>Asks every server. No lane is at work any more.</summary>
    /// <exception cref="ConnectionException">One cannot be reached.</exception>
    /// <exception cref="ServerErrorException">One refused.</exception>
    public async Task<IReadOnlyList<CutOverPlace>> SetAsync(CancellationToken cancellationToken)
    {
        var places = new List<CutOverPlace>();
        foreach (var shard in target.Map.Shards)
        {
            var connection = await RedisConnection
                .ConnectAsync(
                    shard.Primary with
                    {
                        Database = database,
                    },
                    new ConnectionOptions(),
                    timeProvider,
                    cancellationToken
                )
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            places.Add(await SetAsync(connection, shard, cancellationToken).ConfigureAwait(false));
        }

        return places;
    }

    private async Task<CutOverPlace> SetAsync(
        RedisConnection connection,
        Shard shard,
        CancellationToken cancellationToken
    )
    {
        var slots = FollowedServer.SlotsOf(shard);
        int? slot = target.IsCluster ? slots.Slots().First() : null;
        var key = Encoding.ASCII.GetBytes(PositionKeys.OfCutOver(job, slot));
        await connection.ExecuteAsync(cancellationToken, "MULTI").ConfigureAwait(false);
        await connection.ExecuteAsync(cancellationToken, "INFO", "replication").ConfigureAwait(false);
        await connection.ExecuteAsync(cancellationToken, "SET", key, Mark).ConfigureAwait(false);
        await connection.ExecuteAsync(cancellationToken, "INFO", "replication").ConfigureAwait(false);
        var done = await connection.ExecuteAsync(cancellationToken, "EXEC").ConfigureAwait(false);
        foreach (var answer in done.Items.Where(answer => answer.IsError))
            throw ServerErrorException.Of(connection.Endpoint, "SET", answer.Bytes.Span);
        await connection.ExecuteAsync(cancellationToken, "DEL", key).ConfigureAwait(false);

        var info = ServerInfo.Parse(done.Items[0].Text);
        var offset = OffsetOf(info);
        var offsetBehind = OffsetOf(ServerInfo.Parse(done.Items[2].Text));
        return new CutOverPlace(
            shard.Name,
            slots.ToString(),
            info["master_replid"] ?? "",
            offsetBehind - offset == LengthOf("SET", key, Mark) ? offset - LengthOf("MULTI") : offset,
            database,
            info["repl_backlog_active"] == "1"
        );
    }

    private static long OffsetOf(ServerInfo info) =>
        long.TryParse(info["master_repl_offset"], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? offset
            : 0;

    private static int LengthOf(params ReadOnlySpan<RespArgument> command)
    {
        var output = new ArrayBufferWriter<byte>();
        new RespWriter(output).WriteCommand(command);
        return output.WrittenCount;
    }
}
