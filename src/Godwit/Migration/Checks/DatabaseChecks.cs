using Godwit.Endpoints;
using Godwit.Transform;

namespace Godwit.Migration.Checks;

/// <summary>Which of the source's databases have a place at the target.</summary>
internal static class DatabaseChecks
{
    /// <summary>A target that names one database takes one.</summary>
    public static Finding ManyIntoOne(SourceEnds sources, ServerEndpoint target)
    {
        var count = sources
            .Live.Where(source => source.Connection.Endpoint.Database is null)
            .SelectMany(source => source.Info.Keyspaces)
            .Select(keyspace => keyspace.Database)
            .Distinct()
            .Count();
        return target.Database is { } only && count > 1
            ? Finding.Stop(
                CheckNames.Databases,
                $"The target names database {only} alone, but {(sources.AreSeveral ? "the sources have" : "the source has")} keys in {count} databases",
                "Name one database at the source too (redis://host/0), or none at the target."
            )
            : Finding.Ok(CheckNames.Databases, "Each database of the source has its place at the target");
    }

    /// <summary>
    /// Keys of a database that the target does not have fail. Of a cluster that is refused: it has no other databases, and none can
    /// be added.
    /// </summary>
    public static async Task<Finding> HasAllAsync(
        LiveEnd source,
        LiveEnd target,
        DatabaseMap map,
        CancellationToken cancellationToken
    )
    {
        var wanted = Wanted(source, target, map);
        var connection = target.Connection;
        var lacking = new List<int>();
        foreach (var database in wanted)
        {
            var reply = await connection.TryExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            // Database 0 is where every connection begins.
            if (reply.IsError && database != (connection.Endpoint.Database ?? 0))
                lacking.Add(database);
        }

        await connection
            .TryExecuteAsync(cancellationToken, "SELECT", connection.Endpoint.Database ?? 0)
            .ConfigureAwait(false);
        if (lacking.Count == 0)
            return Finding.Ok(CheckNames.Databases, "The target has every database that the source has keys in");

        var numbers = string.Join(", ", lacking);
        var from =
            source.Connection.Endpoint.Database
            ?? source
                .Info.Keyspaces.Select(keyspace => keyspace.Database)
                .FirstOrDefault(database => lacking.Contains(map.Of(database)), lacking[0]);
        return target.Topology.IsCluster
            ? Finding.Stop(
                CheckNames.Databases,
                $"The target is a cluster without a database {numbers}, and the source has keys that would go there",
                $"Name one database of the source, as in redis://host/0, or say where they go: --map-db {from}:0. --on-existing decides about a key that is in several."
            )
            : Finding.Warning(
                CheckNames.Databases,
                $"The target has no database {numbers}, or does not let us use it: the source's keys in there will fail",
                "Raise databases in the target's configuration, let its user run SELECT, or copy one database at a time, as in redis://source/3 redis://target/0."
            );
    }

    private static IEnumerable<int> Wanted(LiveEnd source, LiveEnd target, DatabaseMap map)
    {
        if (target.Connection.Endpoint.Database is { } only)
            return [only];
        if (source.Connection.Endpoint.Database is { } named)
            return [map.Of(named)];
        return source.Info.Keyspaces.Select(keyspace => map.Of(keyspace.Database)).Distinct();
    }
}
