using System.Globalization;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Sources.Shards;

/// <summary>Waits until some slots have an owner that answers: after a primary was lost a replica takes over, or it comes back.</summary>
internal sealed class OwnersWait(ServerTopology topology, IMigrationLog log, TimeProvider timeProvider)
{
    // A cluster's default of 15 seconds until a node counts as lost, the election, and as much again.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan WordsEvery = TimeSpan.FromSeconds(5);

    private static readonly ConnectionOptions Quick = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(3),
        ReplyTimeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>Waits.</summary>
    /// <param name="slots">Whose owners are wanted.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A map that was asked for just now.</returns>
    /// <exception cref="UnsettledSourceException">Some have none after a minute.</exception>
    public async Task<ShardMap> WaitAsync(Func<IEnumerable<int>> slots, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var said = TimeSpan.Zero;
        while (true)
        {
            string why;
            GodwitException? failure = null;
            try
            {
                var map = await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false);
                if (await WhyNotAsync(map, slots(), cancellationToken).ConfigureAwait(false) is not { } obstacle)
                    return map;
                why = obstacle;
            }
            catch (GodwitException exception)
            {
                why = exception.Message;
                failure = exception;
            }

            var waited = timeProvider.GetElapsedTime(started);
            if (waited > Patience)
            {
                throw new UnsettledSourceException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{topology.Named} did not come back within {Patience.TotalSeconds} seconds: {why}"
                    ),
                    "See that every slot has a primary that runs, and run again with --on-existing skip.",
                    failure
                );
            }

            if (waited - said > WordsEvery)
            {
                said = waited;
                log.Warn($"Waiting for {topology.Named}: {why}.");
            }

            await Task.Delay(Pause, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string?> WhyNotAsync(ShardMap map, IEnumerable<int> slots, CancellationToken cancellationToken)
    {
        var owners = new HashSet<RedisEndpoint>();
        foreach (var slot in slots)
        {
            if (map.OwnerOf(slot) is { } owner)
                owners.Add(map.Shards[owner].Primary);
            else if (topology.IsCluster && HasBeenOwned(slot))
                return $"nobody owns slot {slot}";
        }

        foreach (var owner in owners)
        {
            var connection = await RedisConnection
                .ConnectAsync(owner with { Database = null }, Quick, timeProvider, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            var info = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
            if (info["loading"] == "1")
                return $"{owner} is still loading its data";
            if (info.Role == ServerRole.Replica)
                return $"{owner} is a replica now";
        }

        return null;
    }

    // Slots that nobody owned from the beginning have no keys.
    private bool HasBeenOwned(int slot) => _owned[slot];

    private readonly bool[] _owned =
    [
        .. Enumerable.Range(0, HashSlot.Count).Select(slot => topology.Map.OwnerOf(slot) is not null),
    ];
}
