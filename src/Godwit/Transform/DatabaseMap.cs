namespace Godwit.Transform;

/// <summary>Which of the target's databases a key of one of the source's goes to: <c>--map-db FROM:TO</c>.</summary>
internal sealed class DatabaseMap
{
    private readonly Dictionary<int, int> _targets;

    /// <summary>Creates a map.</summary>
    /// <param name="targets">The target's database for each of the source's that is not to keep its number.</param>
    public DatabaseMap(IReadOnlyDictionary<int, int> targets) => _targets = new Dictionary<int, int>(targets);

    /// <summary>Every database keeps its number.</summary>
    public static DatabaseMap None { get; } = new(new Dictionary<int, int>());

    /// <summary>Every database keeps its number.</summary>
    public bool IsEmpty => _targets.Count == 0;

    /// <summary>
    /// Keys of two of the source's databases may meet in one of the target's. One that is named as a target alone may have keys at
    /// the source too, which keep its number.
    /// </summary>
    public bool MayMerge =>
        _targets.Values.Distinct().Count() < _targets.Count || _targets.Values.Any(to => !_targets.ContainsKey(to));

    /// <summary>Where keys of a database go.</summary>
    /// <param name="database">Its number at the source.</param>
    public int Of(int database) => _targets.GetValueOrDefault(database, database);

    /// <summary>The databases whose keys go to one of the target's: those that are named, then the one of its number if that keeps it.</summary>
    /// <param name="target">Its number at the target.</param>
    public IEnumerable<int> SourcesOf(int target) =>
        _targets
            .Where(pair => pair.Value == target)
            .Select(pair => pair.Key)
            .Order()
            .Concat(Of(target) == target ? [target] : [])
            .Distinct();
}
