using System.Runtime.CompilerServices;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.Lanes;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Following;

/// <summary>
/// Finds keys that the target has and the source does not. What is found is read at the source once more before it is deleted.
/// </summary>
internal sealed class VanishedNames(FollowingEnds ends)
{
    private ShardMap Source => ends.Servers.Topology.Map;

    private ShardMap Target => ends.Ends.Target.Topology.Map;

    /// <summary>Finds them, some at a time. Keys of slots that move at the target meanwhile may be missed.</summary>
    /// <exception cref="Protocol.GodwitException">A connection was lost, or one of the two refused.</exception>
    public async IAsyncEnumerable<IReadOnlyList<DatabaseKey>> FindAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var sources = new List<RedisConnection>();
        await using var closing = new Closing(sources).ConfigureAwait(false);
        var source = Source;
        foreach (var shard in source.Shards)
            sources.Add(await ends.ConnectSourceAsync(shard.Primary, cancellationToken).ConfigureAwait(false));
        foreach (var shard in Target.Shards)
        {
            var target = await ends
                .Targets.ConnectAsync(shard.Primary with { Database = null }, cancellationToken)
                .ConfigureAwait(false);
            await using var closingTarget = target.ConfigureAwait(false);
            var held = await KeyQuestions.DatabasesAsync(target, cancellationToken).ConfigureAwait(false);
            foreach (var (from, to) in Databases(held))
            {
                foreach (var connection in sources)
                    await connection.ExecuteAsync(cancellationToken, "SELECT", from).ConfigureAwait(false);
                await target.ExecuteAsync(cancellationToken, "SELECT", to).ConfigureAwait(false);
                var cursor = "0";
                do
                {
                    (cursor, var names) = await KeyQuestions
                        .ScanAsync(target, cursor, cancellationToken)
                        .ConfigureAwait(false);
                    var gone = new List<DatabaseKey>();
                    foreach (var part in names.GroupBy(name => source.OwnerOf(name.Span)))
                        gone.AddRange(
                            (
                                part.Key is { } owner
                                    ? await MissingAsync(sources[owner], [.. part], cancellationToken)
                                        .ConfigureAwait(false)
                                    : part
                            ).Select(name => DatabaseKey.Of(from, name.Span))
                        );
                    if (gone.Count > 0)
                        yield return gone;
                } while (cursor != "0");
            }
        }
    }

    // Of a key that another server has by now nobody here says that it is there.
    private static async Task<IEnumerable<ReadOnlyMemory<byte>>> MissingAsync(
        RedisConnection source,
        ReadOnlyMemory<byte>[] names,
        CancellationToken cancellationToken
    )
    {
        var writer = new RespWriter(source.Output);
        foreach (var name in names)
            writer.WriteCommand("EXISTS", name);
        await source.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var missing = new List<ReadOnlyMemory<byte>>();
        foreach (var name in names)
        {
            var reply = await source.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (reply.IsError && Redirection.TryParse(reply.Text, source.Endpoint) is null)
                throw ServerErrorException.Of(source.Endpoint, "EXISTS", reply.Bytes.Span);
            if (reply.IsError || reply.Integer == 0)
                missing.Add(name);
        }

        return missing;
    }

    private IEnumerable<(int From, int To)> Databases(IReadOnlyList<int> held)
    {
        if (ends.Ends.SourceEndpoint.Database is { } only)
            return [(only, ends.Databases.AtTarget(only))];
        return ends.Ends.TargetEndpoint.Database is { } into
            ? ends.Databases.Known.Select(database => (database, into))
            : held.Where(database => ends.Databases.SourceOf(database) is not null)
                .Select(database => (ends.Databases.SourceOf(database)!.Value, database));
    }

    private readonly struct Closing(List<RedisConnection> connections) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var connection in connections)
                await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
