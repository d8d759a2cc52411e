using Godwit.Connections;
using Godwit.Endpoints;

namespace Godwit.Targets.Redis.Shards;

/// <summary>At the end all primaries are asked whether they have what was settled.</summary>
/// <param name="settings">What lanes share.</param>
/// <param name="errand">Reaches whoever is in charge.</param>
internal sealed class LastCheck(LaneSettings settings, NodeErrand errand)
{
    /// <summary>Asks them. A primary may have died since its last round, and not be replaced yet: whoever comes is waited for.</summary>
    /// <exception cref="SettledKeysLostException">One has not.</exception>
    /// <exception cref="Protocol.GodwitException">One did not answer in time.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var settled = settings.Settled;
        if (settled.IsEmpty)
            return;

        await errand.RenewAsync(cancellationToken).ConfigureAwait(false);
        var asked = new HashSet<string>(StringComparer.Ordinal);
        await errand
            .AtEveryPrimaryAsync(
                async connection =>
                {
                    var now = await ReplicationPosition.AskAsync(connection, cancellationToken).ConfigureAwait(false);
                    if (now is { IsPrimary: false })
                        return Detour.Lost($"{connection.Endpoint.Address} is a replica");
                    settled.Check(connection.Endpoint, now);
                    asked.Add(connection.Endpoint.Address);
                    return null;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        foreach (var node in settled.NotAmong(asked))
            await CheckAsync(node, cancellationToken).ConfigureAwait(false);
    }

    // It owns no slot any more, or none yet.
    private async Task CheckAsync(RedisEndpoint node, CancellationToken cancellationToken)
    {
        try
        {
            var now = await errand.AskPositionAsync(node, cancellationToken).ConfigureAwait(false);
            if (now is { IsPrimary: true })
            {
                settings.Settled.Check(node, now);
                return;
            }
        }
        catch (ConnectionException)
        {
            // Then nobody has what it had.
        }

        throw new SettledKeysLostException(node, settings.Topology.Map.Shards[0].Primary);
    }
}
