using System.Text;
using Godwit.Connections.Topology;
using Godwit.Live.Lanes;
using Godwit.Live.Positions;
using Godwit.Live.Servers;
using Godwit.Live.State;
using Godwit.Protocol.Cluster;

namespace Godwit.Live;

/// <summary>The records of a job at its target, and what the job's state says of them. Between two sessions, while no lane is at work.</summary>
/// <param name="directory">The job's.</param>
/// <param name="beginning">The job's state as long as none was saved in this run.</param>
/// <param name="book">Reads and writes records.</param>
/// <param name="target">Who holds what at the target.</param>
internal sealed class JobRecords(JobDirectory directory, JobState beginning, PositionBook book, ServerTopology target)
{
    private JobState State => directory.State ?? beginning;

    /// <summary>Those that the state knows of. One of a state of an earlier version has the job's name alone.</summary>
    public static IReadOnlyList<RecordState> Known(JobState state) =>
        state.Records
        ?? (state.Sequence > 0 ? [new RecordState(PositionKeys.Of(state.Job, 0, null), 0, state.Sequence)] : []);

    /// <summary>The names of a server's records: one for each shard of the target. A record keeps its name as long as its slot is the shard's.</summary>
    /// <param name="server">The server.</param>
    /// <param name="map">
    /// Who holds what at the target. It is given, since the newest one may be another a moment later: what is written under these names and
    /// what is read again must go by the same one.
    /// </param>
    public IReadOnlyList<string> NamesOf(FollowedServer server, ShardMap map)
    {
        if (!target.IsCluster)
            return [PositionKeys.Of(State.Job, server.Number, slot: null)];

        var earlier = Known(State)
            .Where(record => record.Server == server.Number)
            .ToLookup(record => map.OwnerOf(HashSlot.Of(Encoding.ASCII.GetBytes(record.Name))), record => record.Name);
        return
        [
            .. map.Shards.Select(
                (shard, index) =>
                    earlier[index].FirstOrDefault() ?? PositionKeys.Of(State.Job, server.Number, SlotOf(shard, map))
            ),
        ];
    }

    /// <summary>
    /// What a server's records say, taken together: all of its changes up to the lowest offset are applied, and those up to the highest
    /// that any of them allows may be.
    /// </summary>
    /// <param name="server">The server's number.</param>
    /// <param name="acceptsLoss">Records that are missing, or older than the state knows, are taken as they are.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null where there is none, or where the snapshot was not complete.</returns>
    /// <exception cref="TargetLostChangesException">The target is not as far as it was.</exception>
    public async Task<PositionRecord?> ReadAsync(int server, bool acceptsLoss, CancellationToken cancellationToken)
    {
        PositionRecord? all = null;
        foreach (var known in Known(State).Where(record => record.Server == server))
        {
            var found = await book.ReadAsync(known.Name, cancellationToken).ConfigureAwait(false);
            if (found?.Job != State.Job)
                found = null;
            if (found is null && known.Sequence == 0)
                continue;
            if ((found?.Sequence ?? 0) < known.Sequence && !acceptsLoss)
                throw new TargetLostChangesException(State.Target, State.Applied, found?.Applied);
            if (found is not { HasSnapshot: true })
                return null;
            all = all is null ? found : Combine(all, found);
        }

        return all;
    }

    /// <summary>Writes a server's records, under the names that they have by a map, and forgets those that it had before.</summary>
    /// <returns>The record with its number.</returns>
    public async Task<PositionRecord> WriteAsync(
        FollowedServer server,
        PositionRecord record,
        ShardMap map,
        CancellationToken cancellationToken
    )
    {
        var known = Known(State);
        var names = NamesOf(server, map);
        var earlier = known.Where(one => one.Server == server.Number).ToArray();
        var numbered = record with
        {
            Sequence = Math.Max(record.Sequence, earlier.Select(one => one.Sequence).DefaultIfEmpty().Max()) + 1,
        };

        // First it is noted where they will be: whatever dies meanwhile, none is left behind.
        RecordState[] added =
        [
            .. names
                .Where(name => !earlier.Any(one => one.Name == name))
                .Select(name => new RecordState(name, server.Number, Sequence: 0)),
        ];
        directory.Save(State with { Records = [.. known, .. added] });
        foreach (var name in names)
            await book.WriteAsync(name, numbered, cancellationToken).ConfigureAwait(false);
        foreach (var old in earlier.Where(one => !names.Contains(one.Name, StringComparer.Ordinal)))
            await book.DeleteAsync(old.Name, cancellationToken).ConfigureAwait(false);
        RecordState[] now = [.. names.Select(name => new RecordState(name, server.Number, numbered.Sequence))];
        directory.Save(
            State with
            {
                Records = [.. known.Where(one => one.Server != server.Number), .. now],
                Applied = numbered.Applied,
                Sequence = numbered.Sequence,
            }
        );
        return numbered;
    }

    /// <summary>Removes all records of servers that are not followed any more.</summary>
    public async Task KeepOnlyAsync(IReadOnlyList<FollowedServer> servers, CancellationToken cancellationToken)
    {
        var known = Known(State);
        foreach (var old in known.Where(one => servers.All(server => server.Number != one.Server)))
        {
            await book.DeleteAsync(old.Name, cancellationToken).ConfigureAwait(false);
            directory.Save(State with { Records = [.. Known(State).Where(one => one.Name != old.Name)] });
        }
    }

    // Of a slot that stays, if there is one.
    private static int SlotOf(Shard shard, ShardMap map)
    {
        var slots = shard.Slots.SelectMany(range => Enumerable.Range(range.First, range.Count));
        return slots.Where(slot => !map.MovingSlots.Contains(slot)).DefaultIfEmpty(shard.Slots[0].First).First();
    }

    private static PositionRecord Combine(PositionRecord one, PositionRecord other)
    {
        var (behind, ahead) = one.Applied <= other.Applied ? (one, other) : (other, one);
        return behind with
        {
            Sent = Math.Max(behind.Sent, ahead.Sent),
            Sequence = Math.Max(behind.Sequence, ahead.Sequence),
            ReplicationId = ahead.ReplicationId,
        };
    }
}
