using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Transform;

namespace Godwit.Verification.Pairs;

/// <summary>Which database of the source belongs to which of the target.</summary>
internal static class DatabasePairing
{
    /// <summary>Pairs them: each with the one of its number, unless the target's URI names one.</summary>
    /// <param name="source">Databases of the source that hold keys.</param>
    /// <param name="target">Those of the target.</param>
    /// <param name="sourceDatabase">The one that the source's URI names; null for all.</param>
    /// <param name="targetEndpoint">The target.</param>
    /// <param name="map">Those that are not to keep their number.</param>
    /// <exception cref="RefusedException">Several databases of the source would belong to one of the target.</exception>
    public static IReadOnlyList<DatabasePair> Pair(
        IEnumerable<int> source,
        IEnumerable<int> target,
        int? sourceDatabase,
        ServerEndpoint targetEndpoint,
        DatabaseMap map
    )
    {
        var ours = source.Order().ToList();
        if (targetEndpoint.Database is { } only)
        {
            return (sourceDatabase, ours.Count) switch
            {
                ({ } named, _) => [new DatabasePair(named, only)],
                (null, 0) => [new DatabasePair(only, only)],
                (null, 1) => [new DatabasePair(ours[0], only)],
                _ => throw new RefusedException(
                    $"The source holds keys in {ours.Count} databases, and {targetEndpoint} names one",
                    "Name the source's database too, as in redis://host/0."
                ),
            };
        }

        if (sourceDatabase is { } chosen)
            return [new DatabasePair(chosen, map.Of(chosen))];
        var pairs = ours.Select(database => new DatabasePair(database, map.Of(database))).ToList();
        if (map.IsEmpty)
            pairs.AddRange(target.Except(ours).Select(database => new DatabasePair(database, database)));
        else
            pairs.AddRange(OfTargetAlone(pairs, target, map));
        return [.. pairs.OrderBy(pair => pair.Source)];
    }

    /// <summary>The database that the URIs of all sources name; null where one means all of its own.</summary>
    /// <exception cref="RefusedException">They name several.</exception>
    public static int? Named(IReadOnlyList<Endpoint> sources)
    {
        var named = sources.Select(source => (source as ServerEndpoint)?.Database).Distinct().ToArray();
        return named.Length == 1
            ? named[0]
            : throw new RefusedException(
                "The sources name different databases, and are compared together",
                "Name the same database in all of them, or none; or compare them one by one."
            );
    }

    // Which no database of the source that holds keys belongs to: whatever is there is too much. One that could, if there is one.
    private static IEnumerable<DatabasePair> OfTargetAlone(
        List<DatabasePair> pairs,
        IEnumerable<int> target,
        DatabaseMap map
    )
    {
        foreach (var database in target.Where(one => pairs.TrueForAll(pair => pair.Target != one)))
        {
            var source = map.SourcesOf(database).DefaultIfEmpty(-1).First();
            if (source >= 0)
                yield return new DatabasePair(source, database);
        }
    }

    /// <summary>The numbers of databases.</summary>
    public static IEnumerable<int> Numbers(IEnumerable<KeyspaceInfo> keyspaces) =>
        keyspaces.Select(keyspace => keyspace.Database);
}
