using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis.Shards;

/// <summary>
/// Waits until a primary's replicas have what was written over one connection. A primary that dies takes with it what it has
/// acknowledged but not passed on yet.
/// </summary>
/// <remarks>
/// All replicas that were there are waited for, not one: while Sentinel makes one of them the new primary, the others still follow
/// the old one and acknowledge what will be lost.
/// </remarks>
internal sealed class ReplicaConfirmation(
    RedisConnection connection,
    ServerTopology topology,
    ReplicaRoll roll,
    RunEvents events,
    TimeProvider timeProvider
)
{
    private const int WaitMilliseconds = 1000;

    // Longer than a cluster's nodes take by default to agree that a primary is gone (cluster-node-timeout, 15 s): in that time a
    // primary that is cut off from the others goes on to acknowledge.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Replicas come back after a failover. ROLE costs nothing, but not before every round.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(3);

    private readonly bool _wasPrimary = IsPrimary(topology, connection);

    private int _attached;
    private int? _gaveUpAt;
    private long _lookedAt;

    // Replicas to wait for: those that follow, and those that will. Right after a failover none is attached yet, and a second one
    // would lose what is written until one is.
    private int Expected =>
        Math.Min(Math.Max(_attached, roll.CountFor(connection.Endpoint.Address)), _gaveUpAt ?? int.MaxValue);

    /// <summary>Asks how many replicas there are.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        _lookedAt = timeProvider.GetTimestamp();
        var before = _attached;
        var role = await connection.TryExecuteAsync(cancellationToken, "ROLE").ConfigureAwait(false);
        _attached = role is { IsError: false, Items: [{ Text: "master" }, _, var replicas, ..] }
            ? replicas.Items.Count
            : 0;

        // The map may be older than what has just happened to them.
        if (_attached < before || (_attached == 0 && topology.Map.Version > 0))
            await TryRenewAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How many replicas had all that was written when they were last waited for.</summary>
    public int Confirmed { get; private set; }

    /// <summary>Waits until all that was written over the connection so far is on the replicas.</summary>
    /// <returns>Null if it is; else why it must be written again: another server has taken the primary's place.</returns>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<Detour?> ConfirmAsync(CancellationToken cancellationToken)
    {
        if (timeProvider.GetElapsedTime(_lookedAt) > LookEvery)
            await LookAsync(cancellationToken).ConfigureAwait(false);

        var since = timeProvider.GetTimestamp();
        Confirmed = 0;
        while (Expected is > 0 and var expected)
        {
            var reply = await connection
                .TryExecuteAsync(cancellationToken, "WAIT", expected, WaitMilliseconds)
                .ConfigureAwait(false);
            if (reply.IsError && IsNotForUs(reply))
            {
                GiveUp(0, $"does not let us wait for its replicas ({ServerErrorException.Clean(reply.Bytes.Span)})");
                return null;
            }

            // "UNBLOCKED", or that WAIT is not for replicas: it is none that takes writes any more.
            if (reply.IsError)
                return Detour.Lost($"{connection.Endpoint.Address} has become a replica");
            Confirmed = (int)reply.Integer;
            if (Confirmed >= expected)
                return null;

            await TryRenewAsync(cancellationToken).ConfigureAwait(false);
            if (_wasPrimary && !IsPrimary(topology, connection))
                return Detour.Lost($"another server has taken the place of {connection.Endpoint.Address}");
            if (timeProvider.GetElapsedTime(since) > Patience)
            {
                GiveUp(
                    Confirmed,
                    Confirmed == 0
                        ? "has no replica that keeps up: what is written there is not yet anywhere else"
                        : $"has only {Confirmed} of {expected} replicas that keep up"
                );
            }
            else
            {
                // Of those that followed one may have gone for good, which its cluster or Sentinel says.
                await LookAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return null;
    }

    private static bool IsPrimary(ServerTopology topology, RedisConnection connection) =>
        topology.Map.Shards.Any(shard => shard.Primary.Address == connection.Endpoint.Address);

    private static bool IsNotForUs(RespValue error) =>
        ServerErrorException.CodeOf(error.Text) == "NOPERM"
        || error.Text.Contains("unknown command", StringComparison.OrdinalIgnoreCase);

    private async Task TryRenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await topology.RenewAsync(topology.Map.Version, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException)
        {
            // Nobody can be asked just now. As long as the primary itself answers, that says nothing against it.
        }
    }

    private void GiveUp(int replicas, string why)
    {
        _gaveUpAt = replicas;
        events.Add($"{connection.Endpoint.Address} {why}");
    }
}
