using Godwit.Connections;
using Godwit.Transform;

namespace Godwit.Live.Following;

/// <summary>
/// In which databases a key may be of which only the name is known: those that hold keys now, and those that did, since the key
/// may have been their last one.
/// </summary>
/// <param name="source">The one database of the source that its user named; null for all.</param>
/// <param name="target">The same of the target.</param>
/// <param name="map">Where each database goes.</param>
/// <param name="targetWasEmpty">The target held nothing when the job began.</param>
/// <param name="isToldByName">Names are told without their database.</param>
internal sealed class SourceDatabases(int? source, int? target, DatabaseMap map, bool targetWasEmpty, bool isToldByName)
{
    private readonly SortedSet<int> _known = source is { } only ? [only] : [];

    /// <summary>Those that are known.</summary>
    public IReadOnlyCollection<int> Known => _known;

    /// <summary>The target's database for one of the source.</summary>
    public int AtTarget(int database) => target ?? map.Of(database);

    /// <summary>
    /// The source's database whose keys one of the target's holds, where the target's are all meant; null if it is nobody's. There
    /// is one alone: where two meet, the absence of a key in the one would delete what the other has.
    /// </summary>
    public int? SourceOf(int database)
    {
        foreach (var known in _known)
        {
            if (AtTarget(known) == database)
                return known;
        }

        return map.SourcesOf(database).Select(from => (int?)from).FirstOrDefault();
    }

    /// <summary>Learns which of the target's databases an earlier run may have written to.</summary>
    /// <exception cref="FollowRefusedException">There are several, where only one can be told from the others.</exception>
    public void AddWritten(IEnumerable<int> databases) => Add(databases.Select(SourceOf).OfType<int>().ToArray());

    /// <summary>Learns that databases hold keys, or have held some.</summary>
    /// <exception cref="FollowRefusedException">There are several now, where only one can be told from the others.</exception>
    public void Add(IEnumerable<int> databases)
    {
        if (source is not null)
            return;

        _known.UnionWith(databases);
        if (_known.Count < 2)
            return;

        var names = string.Join(", ", _known);
        if (target is { } into)
        {
            throw new FollowRefusedException(
                $"The target names database {into} alone, and the source has keys in several: {names}",
                "Name one database at the source too (redis://host/0), or none at the target."
            );
        }

        if (_known.GroupBy(AtTarget).FirstOrDefault(group => group.Skip(1).Any()) is { } meeting)
        {
            throw new FollowRefusedException(
                $"Keys of several databases ({string.Join(", ", meeting)}) go to database {meeting.Key}, and where a key is gone from one of them it may be the other's at the target",
                $"Send each to one of its own (--map-db {meeting.First()}:N with another N), or use --follow sync."
            );
        }

        if (isToldByName && !targetWasEmpty)
        {
            throw new FollowRefusedException(
                $"The source has keys in several databases ({names}) and tells names alone, and the target held keys of its own: one that is gone here might be deleted there although it is another",
                "Name one database at the source (redis://host/0), empty the target first (--flush-target --yes), or use --follow sync or notify."
            );
        }
    }

    /// <summary>Asks the source which hold keys now.</summary>
    public async Task AskAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        if (source is null)
            Add(await KeyQuestions.DatabasesAsync(connection, cancellationToken).ConfigureAwait(false));
    }
}
