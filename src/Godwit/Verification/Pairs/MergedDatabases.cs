using Godwit.Endpoints;
using Godwit.Migration.Throttle;
using Godwit.Verification.Differences;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification.Pairs;

/// <summary>
/// The databases of the source whose keys go to one of the target's: a key there is extra only if none of them has it, however often it
/// is looked at.
/// </summary>
internal sealed class MergedDatabases
{
    private readonly KeyspaceView _source;
    private readonly SourcePace _pace;
    private readonly Dictionary<int, IReadOnlyList<int>> _ofTarget = [];

    private MergedDatabases(KeyspaceView source, SourcePace pace) => (_source, _pace) = (source, pace);

    /// <summary>Finds them.</summary>
    /// <param name="source">The source.</param>
    /// <param name="pairs">The databases that are compared.</param>
    /// <param name="options">Where keys go.</param>
    /// <param name="pace">The source's.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<MergedDatabases> FindAsync(
        KeyspaceView source,
        IReadOnlyList<DatabasePair> pairs,
        VerificationOptions options,
        SourcePace pace,
        CancellationToken cancellationToken
    )
    {
        var merged = new MergedDatabases(source, pace);
        var isOne =
            DatabasePairing.Named(options.Sources) is not null || ((ServerEndpoint)options.Target).Database is not null;
        foreach (var pair in pairs.GroupBy(pair => pair.Target, pair => pair.Source))
        {
            List<int> databases = [.. pair];

            // One that holds no key yet may get its keys while we compare.
            foreach (var other in isOne ? [] : options.Databases.SourcesOf(pair.Key).Except(databases).ToArray())
            {
                if (await source.HasDatabaseAsync(other, cancellationToken).ConfigureAwait(false))
                    databases.Add(other);
            }

            merged._ofTarget.Add(pair.Key, databases);
        }

        return merged;
    }

    /// <summary>Those whose keys go to the same database as the keys of this one.</summary>
    public IReadOnlyList<int> Beside(DatabasePair databases) =>
        _ofTarget.TryGetValue(databases.Target, out var all) ? [.. all.Where(one => one != databases.Source)] : [];

    /// <summary>The keys of the target that no database has whose keys go there.</summary>
    public Task<byte[][]> AbsentAsync(int target, byte[][] keys, CancellationToken cancellationToken) =>
        AbsentAsync(_ofTarget[target], keys, cancellationToken);

    /// <summary>Tells of keys that one database of the source lacks and the target has: those that another one has are none of its own.</summary>
    /// <param name="databases">Where they were compared.</param>
    /// <param name="extras">The keys.</param>
    /// <param name="verdicts">Is told of each.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task TellAsync(
        DatabasePair databases,
        IReadOnlyDictionary<byte[], Difference> extras,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        var absent = await AbsentAsync(Beside(databases), [.. extras.Keys], cancellationToken).ConfigureAwait(false);
        var areExtra = new HashSet<byte[]>(absent, ReferenceEqualityComparer.Instance);
        foreach (var (key, difference) in extras)
        {
            if (areExtra.Contains(key))
                verdicts.Different(databases, key, difference);
            else
                verdicts.Gone(key);
        }
    }

    private async Task<byte[][]> AbsentAsync(
        IReadOnlyList<int> databases,
        byte[][] keys,
        CancellationToken cancellationToken
    )
    {
        if (keys.Length > 0 && databases.Count > 0 && _pace.Keys is { } pace)
            await pace.TakeAsync(keys.Length, cancellationToken).ConfigureAwait(false);
        var absent = keys;
        foreach (var database in databases)
        {
            if (absent.Length == 0)
                break;

            var found = await _source.FindAsync(database, absent, cancellationToken).ConfigureAwait(false);
            if (Array.Exists(found, isThere => isThere))
                absent = [.. absent.Where((_, i) => !found[i])];
        }

        return absent;
    }
}
