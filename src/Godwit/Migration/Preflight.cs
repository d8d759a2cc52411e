using System.Globalization;
using Godwit.Configuration;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Targets.Redis;

namespace Godwit.Migration;

/// <summary>The checks before the first write. Each says what it found; what cannot work is a <see cref="RefusedException"/>.</summary>
internal sealed class Preflight(MigrationOptions options, IMigrationLog log)
{
    // The same data takes up to this much more or less room in another version: more than that is no matter of version.
    private const double VersionsDiffer = 1.25;

    /// <summary>Checks and describes a live source.</summary>
    public void CheckSource(LiveEnd source)
    {
        CheckServer(source, "source");
        log.Info($"Source {source.Connection.Endpoint}: {Describe(source.Info)}.");
    }

    /// <summary>Checks and describes a live target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="source">The source; null where it is no server.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public async Task CheckTargetAsync(LiveEnd target, LiveEnd? source, CancellationToken cancellationToken)
    {
        CheckServer(target, "target");
        log.Info($"Target {target.Connection.Endpoint}: {Describe(target.Info)}.");
        if (target.Info.Role == ServerRole.Replica && target.Info["slave_read_only"] != "0")
        {
            throw new RefusedException(
                $"{target.Connection.Endpoint} is a read-only replica of {target.Info["master_host"]}:{target.Info["master_port"]}",
                "Name its primary as the target."
            );
        }

        if (source is not null)
            CheckNotTheSame(source, target);
        if (options is { OnExisting: OnExisting.Fail, FlushTarget: false, RetryFile: null })
            await CheckEmptyAsync(target, source, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checks what the target must be able to hold.</summary>
    public void CheckPair(LiveEnd source, LiveEnd target, TargetProfile profile)
    {
        CheckDatabases(source);
        CheckRoom(source, target);
        WarnOfFunctions(source, profile);
        WarnOfFieldExpiries(source, profile);
        WarnOfModules(source, target);
    }

    private static void CheckServer(LiveEnd end, string side)
    {
        switch (end.Info.Mode)
        {
            case ServerMode.Cluster:
                throw new RefusedException(
                    $"The {side} {end.Connection.Endpoint} is a node of a cluster, which this version of Godwit cannot move",
                    "Name a standalone server."
                );
            case ServerMode.Sentinel:
                throw new RefusedException(
                    $"The {side} {end.Connection.Endpoint} is a Sentinel, which holds no keys",
                    "Name the server that it watches over."
                );
        }

        if (end.Info["loading"] == "1")
        {
            throw new RefusedException(
                $"The {side} {end.Connection.Endpoint} is still loading its data",
                "Try again when it is done."
            );
        }
    }

    // A server's keys can go from one of its databases to another one. Anything else would be written over itself, and
    // --flush-target would empty the source.
    private static void CheckNotTheSame(LiveEnd source, LiveEnd target)
    {
        var (from, to) = (source.Connection.Endpoint, target.Connection.Endpoint);
        var isSame =
            (source.Info.RunId is { } id && id == target.Info.RunId)
            || (from.Host == to.Host && from.Port == to.Port && from.SocketPath == to.SocketPath);
        if (isSame && (from.Database is null || to.Database is null || from.Database == to.Database))
        {
            throw new RefusedException(
                $"The source {from} and the target {to} are the same server",
                "Check the addresses; to copy one database of a server into another one, name both, as in redis://host/0 redis://host/1."
            );
        }

        var follows =
            source.Info.Role == ServerRole.Replica
            && source.Info["master_replid"] is { } history
            && history == target.Info["master_replid"];
        if (!isSame && follows)
        {
            throw new RefusedException(
                $"The source {from} is a replica of the target {to}, so that whatever is written there comes back to it",
                "Name a target that is not the source's primary."
            );
        }
    }

    private async Task CheckEmptyAsync(LiveEnd target, LiveEnd? source, CancellationToken cancellationToken)
    {
        foreach (var (database, keys) in await KeysAsync(target, cancellationToken).ConfigureAwait(false))
        {
            if (keys == 0 || !CouldClash(database, source))
                continue;

            throw new RefusedException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The target {target.Connection.Endpoint} is not empty: database {database} holds {keys} {(keys == 1 ? "key" : "keys")}, which could clash"
                ),
                "Choose --on-existing skip (the target's keys stay) or --on-existing replace (the source's win), or empty it first with --flush-target --yes."
            );
        }
    }

    private bool CouldClash(int database, LiveEnd? source)
    {
        if (((RedisEndpoint)options.Target).Database is { } only)
            return database == only;
        if (source is null || !source.Info.IsComplete)
            return true;
        return source.Connection.Endpoint.Database is { } from
            ? database == from
            : source.Info.Keyspaces.Any(keyspace => keyspace.Database == database);
    }

    private static async Task<IEnumerable<(int Database, long Keys)>> KeysAsync(
        LiveEnd end,
        CancellationToken cancellationToken
    )
    {
        if (end.Info.IsComplete)
            return end.Info.Keyspaces.Select(keyspace => (keyspace.Database, keyspace.Keys));

        var size = await end.Connection.TryExecuteAsync(cancellationToken, "DBSIZE").ConfigureAwait(false);
        if (size.IsError)
        {
            throw new RefusedException(
                $"{end.Connection.Endpoint} tells us neither INFO nor DBSIZE, so that nobody can say whether it is empty",
                "Let the user run them (ACL SETUSER name +info +dbsize), or choose --on-existing skip or replace."
            );
        }

        return [(end.Connection.Endpoint.Database ?? 0, size.Integer)];
    }

    private void CheckDatabases(LiveEnd source)
    {
        if (
            ((RedisEndpoint)options.Target).Database is not { } only
            || source.Connection.Endpoint.Database is not null
            || source.Info.Keyspaces.Count <= 1
        )
        {
            return;
        }

        throw new RefusedException(
            $"The target names database {only} alone, but the source has keys in {source.Info.Keyspaces.Count} databases",
            "Name one database at the source too (redis://host/0), or none at the target."
        );
    }

    private void CheckRoom(LiveEnd source, LiveEnd target)
    {
        if (
            target.Info is not { MaxMemory: > 0 and var limit, UsedMemory: { } used }
            || !long.TryParse(source.Info["used_memory_dataset"], CultureInfo.InvariantCulture, out var needed)
        )
        {
            return;
        }

        var room = options.FlushTarget ? limit : Math.Max(0, limit - used);
        if (needed <= room / VersionsDiffer)
            return;

        var evicts = target.Info.MaxMemoryPolicy is not (null or "noeviction");
        var found =
            $"the source's data takes about {new ByteSize(needed)}, and the target has {new ByteSize(room)} left of its maxmemory";
        if (needed > room * VersionsDiffer && !evicts && source.Connection.Endpoint.Database is null)
        {
            throw new RefusedException(
                $"There is not enough room: {found}",
                "Raise the target's maxmemory, or choose a larger target."
            );
        }

        log.Warn(
            evicts
                ? $"The target will drop keys on its own when it is full ({target.Info.MaxMemoryPolicy}): {found}."
                : $"It may not fit: {found}."
        );
    }

    private void WarnOfFunctions(LiveEnd source, TargetProfile profile)
    {
        if (profile.HasFunctions || source.Info["number_of_libraries"] is null or "0")
            return;

        log.Warn(
            options.AllowLoss.HasFlag(Losses.Functions)
                ? $"{profile.Server} has no function libraries: the source's are left behind, as you allow."
                : $"{profile.Server} has no function libraries: the source's will fail. --allow-loss functions leaves them behind."
        );
    }

    // "db0:keys=3,expires=0,avg_ttl=0,subexpiry=1" (Redis 7.4), "keys_with_volatile_items=1" (Valkey 9.0).
    private void WarnOfFieldExpiries(LiveEnd source, TargetProfile profile)
    {
        if (profile.HasFieldExpiry)
            return;

        var has = source.Info.Keyspaces.Any(keyspace =>
            source.Info[$"db{keyspace.Database}"]!
                .Split(',')
                .Any(part =>
                    (
                        part.StartsWith("subexpiry=", StringComparison.Ordinal)
                        || part.StartsWith("keys_with_volatile_items=", StringComparison.Ordinal)
                    ) && !part.EndsWith("=0", StringComparison.Ordinal)
                )
        );
        if (!has)
            return;

        log.Warn(
            options.AllowLoss.HasFlag(Losses.FieldExpiries)
                ? $"{profile.Server} cannot expire fields of hashes: those that have such fields are written without, as you allow."
                : $"{profile.Server} cannot expire fields of hashes: those that have such fields will fail. --allow-loss field-ttl writes them without."
        );
    }

    private void WarnOfModules(LiveEnd source, LiveEnd target)
    {
        var missing = (source.Modules ?? [])
            .Select(module => module.Name)
            .Except((target.Modules ?? []).Select(module => module.Name), StringComparer.OrdinalIgnoreCase)
            .ToArray();
        if (missing.Length > 0 && target.Modules is not null)
            log.Info(
                $"The target lacks modules of the source: {string.Join(", ", missing)}. Keys of their types, if there are any, will fail."
            );
    }

    private static string Describe(ServerInfo info)
    {
        var parts = new List<string> { info.DisplayName };
        if (info.Mode != ServerMode.Unknown)
            parts.Add(info.Mode == ServerMode.Standalone ? "standalone" : $"{info.Mode}");
        if (info.Role != ServerRole.Unknown)
            parts.Add(info.Role == ServerRole.Primary ? "primary" : "replica");
        if (info.TotalKeys is { } keys)
        {
            parts.Add(
                info.Keyspaces.Count switch
                {
                    0 => "no keys",
                    1 => string.Create(
                        CultureInfo.InvariantCulture,
                        $"{keys:N0} {(keys == 1 ? "key" : "keys")} in database {info.Keyspaces[0].Database}"
                    ),
                    var count => string.Create(CultureInfo.InvariantCulture, $"{keys:N0} keys in {count} databases"),
                }
            );
        }

        if (info.UsedMemory is { } used)
            parts.Add($"{new ByteSize(used)} of memory in use");
        if (info.MaxMemory is > 0 and { } limit)
            parts.Add($"at most {new ByteSize(limit)} ({info.MaxMemoryPolicy})");
        return string.Join(", ", parts);
    }
}
