using System.Globalization;
using Godwit.Connections.Topology;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Targets.Redis.Shards;

/// <summary>
/// Finds out where entries go that came back: asks for a new map, and waits while there is none that helps. What takes too long
/// ends the run, or, where a slot is not done moving, fails.
/// </summary>
internal sealed class ReturnRoute(LaneSettings settings, IMigrationLog log)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private ShardMap _map = settings.Topology.Map;
    private long _keysBack;
    private long? _saidAt;

    /// <summary>Some entries have come back for the first time. Safe for use from any thread.</summary>
    public void Count(Consignment consignment) => Interlocked.Add(ref _keysBack, consignment.Batch.Count);

    /// <summary>Asks for a map, unless these entries need none.</summary>
    public async Task<ShardMap> PrepareAsync(
        IReadOnlyCollection<Consignment> waiting,
        CancellationToken cancellationToken
    )
    {
        if (waiting.All(consignment => consignment.Detour is { Kind: DetourKind.Ask }))
            return settings.Topology.Map;

        var tries = waiting.Min(consignment => consignment.Returns);
        if (tries > 1 || waiting.All(consignment => consignment.Detour is not { Kind: DetourKind.Moved }))
        {
            var pause = ShortestPause * Math.Pow(2, Math.Min(tries, 10));
            await Task.Delay(pause < LongestPause ? pause : LongestPause, settings.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
        }

        SayWhatIsWaitedFor(waiting);
        try
        {
            var map = await settings
                .Topology.RenewAsync(settings.Topology.Map.Version, cancellationToken)
                .ConfigureAwait(false);
            lock (_lock)
            {
                TellOfChanges(_map, map);
                _map = map;
            }

            return map;
        }
        catch (GodwitException)
        {
            // Nobody can be asked just now: the old one is tried, until it takes too long.
            return settings.Topology.Map;
        }
    }

    /// <summary>Fails entries whose slot does not stop moving.</summary>
    /// <returns>True if they are settled.</returns>
    /// <exception cref="TargetUnavailableException">Nobody has taken them for too long.</exception>
    public bool TryGiveUp(Consignment consignment)
    {
        if (
            consignment.BackSince is not { } since
            || settings.TimeProvider.GetElapsedTime(since) <= settings.Options.Patience
        )
            return false;

        var why = consignment.Detour?.Why ?? "no server answers for its slot";
        if (consignment.Detour is not { Kind: DetourKind.MovingSlot or DetourKind.Ask })
            throw new TargetUnavailableException(why, settings.Options.Patience);

        var batch = consignment.Batch;
        foreach (var entry in batch.Entries)
        {
            batch.Account.Fail(
                batch,
                entry,
                $"its slot has been on its way from one server to another for too long ({why}); --retry tries it again"
            );
        }

        return true;
    }

    private void SayWhatIsWaitedFor(IReadOnlyCollection<Consignment> waiting)
    {
        var oldest = waiting.MinBy(consignment => consignment.BackSince ?? long.MaxValue)!;
        var isDue =
            oldest.BackSince is { } since
            && settings.TimeProvider.GetElapsedTime(since) > SayEvery
            && (_saidAt is not { } said || settings.TimeProvider.GetElapsedTime(said) > SayEvery);
        if (!isDue)
            return;

        _saidAt = settings.TimeProvider.GetTimestamp();
        log.Info(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Waiting for the target: {waiting.Sum(consignment => consignment.Batch.Count)} keys are to be written again, because {oldest.Detour?.Why ?? "their server is away"}."
            )
        );
    }

    private void TellOfChanges(ShardMap old, ShardMap map)
    {
        var keys = Interlocked.Exchange(ref _keysBack, 0);
        var told = false;
        foreach (var shard in map.Shards)
        {
            var before = old.OwnerOf(shard.Slots[0].First) is { } owner ? old.Shards[owner] : null;
            if (before is null || before.Primary.Address == shard.Primary.Address)
                continue;

            told = true;
            var slots = map.Shards.Count > 1 ? $" (slots {string.Join(", ", shard.Slots.Take(3))})" : "";
            Tell(
                old.Shards.Any(other => other.Primary.Address == shard.Primary.Address)
                    ? $"Slots of the target moved: {before.Primary.Address} → {shard.Primary.Address}{slots}"
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"The target's primary changed: {before.Primary.Address} → {shard.Primary.Address}{slots}, {keys} keys written again"
                    )
            );
        }

        if (told)
            return;

        var moved = Enumerable.Range(0, HashSlot.Count).Count(slot => Owner(old, slot) != Owner(map, slot));
        if (moved > 0)
        {
            Tell(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Slots of the target moved: {moved} belong to another server now, {keys} keys written again"
                )
            );
        }
        else
        {
            Interlocked.Add(ref _keysBack, keys);
        }
    }

    private void Tell(string happened)
    {
        settings.Events.Add(happened);
        log.Warn($"{happened}.");
    }

    private static string? Owner(ShardMap map, int slot) =>
        map.OwnerOf(slot) is { } owner ? map.Shards[owner].Primary.Address : null;
}
