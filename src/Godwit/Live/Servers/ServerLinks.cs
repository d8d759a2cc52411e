using Godwit.Connections.Topology;
using Godwit.Live.Links;
using Godwit.Live.Positions;
using Godwit.Live.Spooling;

namespace Godwit.Live.Servers;

/// <summary>How far the job is with each server that is followed. They may get more and fewer. Owns them.</summary>
/// <param name="context">The job's.</param>
/// <param name="spool">Takes what waits to be read.</param>
internal sealed class ServerLinks(LiveContext context, SpoolDirectory spool) : IAsyncDisposable
{
    // A burst of some seconds. More than that the disk takes as well.
    private const int MostStreamBlocks = 256;

    private readonly List<ServerLink> _links = [];
    private readonly Lock _lock = new();

    /// <summary>All of them. From any thread.</summary>
    public ServerLink[] All
    {
        get
        {
            lock (_lock)
                return [.. _links];
        }
    }

    /// <summary>How the connections stand; null before the first. From any thread.</summary>
    public LinkStatus? Status
    {
        get
        {
            var all = All;
            return all.Length == 0 ? null : LinkStatus.OfAll([.. all.Select(link => link.Link.Status)]);
        }
    }

    /// <summary>Joins one.</summary>
    /// <param name="server">The server.</param>
    /// <param name="record">What the target has of its changes: null for a snapshot.</param>
    /// <param name="omitsData">What it has by now is not wanted.</param>
    public ServerLink Start(FollowedServer server, PositionRecord? record, bool omitsData = false)
    {
        // All of them together hold what one alone would. Of the memory that is allowed, half is for what is read from there.
        var count = Math.Max(1, context.Servers.All.Count);
        var defaults = new ReplicationLinkOptions();
        var streamBlocks = context.Options.MaxMemory / 8 / defaults.StreamSpool.BlockSize;
        var options = defaults with
        {
            SnapshotSpool = Share(defaults.SnapshotSpool),
            StreamSpool = Share(
                defaults.StreamSpool with
                {
                    MemoryBlocks = (int)Math.Clamp(streamBlocks, defaults.StreamSpool.MemoryBlocks, MostStreamBlocks),
                }
            ),
        };
        var link = new ServerLink(
            server,
            new ReplicationLink(server.LocateAsync, spool, options, context.TimeProvider, context.Log)
            {
                OmitsData = omitsData,
            }
        );
        link.Link.Start(
            record is null ? null : new StreamPosition(record.ReplicationId, record.Applied, record.Database)
        );
        lock (_lock)
            _links.Add(link);
        return link;

        SpoolLimits Share(SpoolLimits limits) =>
            limits with
            {
                MemoryBlocks = Math.Max(2, limits.MemoryBlocks / count),
            };
    }

    /// <summary>Joins one anew: what the target lacks by now was released here, and the server itself may still have it.</summary>
    /// <param name="link">The one.</param>
    /// <param name="record">What the target has of its changes: null for a snapshot.</param>
    /// <param name="stop">Ends the attempt.</param>
    public async Task RejoinAsync(ServerLink link, PositionRecord? record, CancellationToken stop)
    {
        context.Log.Warn(
            record is null
                ? $"The target has lost what it had of {link.Server.Shard.Primary}: copying it anew."
                : $"The target has lost changes: asking {link.Server.Shard.Primary} for them once more, from offset {record.Applied}."
        );
        await RemoveAsync(link).ConfigureAwait(false);
        var again = Start(link.Server, record);
        again.HasCopied = true;
        again.Gain(link.Gained);
        again.Named.UnionWith(link.Named);
        await again.AdvanceAsync(stop).ConfigureAwait(false);
    }

    /// <summary>Where another generation has come, goes over to it.</summary>
    /// <exception cref="Protocol.GodwitException">A server cannot be followed any more.</exception>
    public async Task CatchUpAsync(CancellationToken stop)
    {
        foreach (var link in All.Where(link => link.Generation is null || link.IsSuperseded || link.HasEnded))
            await link.AdvanceAsync(stop).ConfigureAwait(false);
    }

    /// <summary>Takes the servers as they are in a map: joins those that have come, and leaves those that have gone.</summary>
    /// <param name="map">The map.</param>
    /// <param name="from">What the target has of the changes of those that an earlier run has followed.</param>
    public async Task AdoptAsync(ShardMap map, IReadOnlyDictionary<FollowedServer, PositionRecord?> from)
    {
        var changes = context.Servers.Adopt(map, context.Ends.Source.Info);
        Tell(changes);
        foreach (var gone in All.Where(link => changes.Gone.Contains(link.Server)))
            await RemoveAsync(gone).ConfigureAwait(false);

        foreach (var server in context.Servers.All.Except(All.Select(link => link.Server)))
        {
            // Whatever the target has of a new one's slots is somebody else's doing.
            var isAdded = changes.Added.Contains(server);
            Start(server, isAdded ? null : from[server]).HasCopied = isAdded || context.IsResumed;
        }

        foreach (var (server, slots) in changes.Gained)
            All.First(link => link.Server == server).Gain(slots);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var link in All)
            await link.DisposeAsync().ConfigureAwait(false);
    }

    private void Tell(ServerChanges changes)
    {
        var source = context.Servers.Topology.Named;
        foreach (var (server, slots) in changes.Gained)
        {
            Note(
                $"{slots.Count} {(slots.Count == 1 ? "slot" : "slots")} of {source} moved to {server.Shard.Primary.Address}; their keys are read anew"
            );
        }

        foreach (var server in changes.Added)
            Note($"{server.Shard.Primary.Address} owns slots of {source} now, and is followed too");
        foreach (var server in changes.Gone)
            Note($"{server.Shard.Primary.Address} owns no slots of {source} any more");
    }

    private void Note(string happened)
    {
        context.Events.Add(happened);
        context.Log.Info($"{happened}.");
    }

    private async Task RemoveAsync(ServerLink link)
    {
        await link.DisposeAsync().ConfigureAwait(false);
        lock (_lock)
            _links.Remove(link);
    }
}
