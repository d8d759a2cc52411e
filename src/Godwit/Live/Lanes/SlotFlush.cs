using Godwit.Connections;
using Godwit.Live.Positions;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Lanes;

/// <summary>
/// Deletes what a server holds of some hash slots: where one of several servers that are followed empties itself, the others' keys
/// stay. Records of jobs stay too.
/// </summary>
/// <param name="slots">Whose keys go.</param>
/// <param name="onlyDatabase">The target's database; null for all.</param>
internal sealed class SlotFlush(SlotSet slots, int? onlyDatabase)
{
    /// <summary>Keys that were deleted.</summary>
    public long Deleted { get; private set; }

    /// <summary>Walks over the server. It can be begun again from its beginning.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    /// <exception cref="ServerErrorException">The server refused.</exception>
    public async Task RunAsync(RedisConnection server, CancellationToken cancellationToken)
    {
        var databases = onlyDatabase is { } only
            ? [only]
            : await KeyQuestions.DatabasesAsync(server, cancellationToken).ConfigureAwait(false);
        foreach (var database in databases)
        {
            await server.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            var cursor = "0";
            do
            {
                (cursor, var found) = await KeyQuestions
                    .ScanAsync(server, cursor, cancellationToken)
                    .ConfigureAwait(false);
                var keys = found.Where(key => slots.Contains(key.Span) && !PositionKeys.IsOne(key.Span)).ToArray();
                Deleted += (
                    await KeyQuestions.AskAllAsync(server, "UNLINK", keys, cancellationToken).ConfigureAwait(false)
                ).Sum();
            } while (cursor != "0");
        }
    }
}
