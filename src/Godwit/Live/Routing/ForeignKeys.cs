using Godwit.Live.Lanes;

namespace Godwit.Live.Routing;

/// <summary>
/// Remembers which keys a server has changed in slots that are not taken from it: while slots move, both ends tell of their keys. Bounded;
/// where there were more, that is known too.
/// </summary>
internal sealed class ForeignKeys
{
    private const int Most = 100_000;

    private readonly HashSet<DatabaseKey> _keys = [];

    /// <summary>There are none, and never will be.</summary>
    public static ForeignKeys None { get; } = new();

    /// <summary>The keys, unless <see cref="AreTooMany"/>. To be asked when nobody adds any more.</summary>
    public IReadOnlyCollection<DatabaseKey> Keys => _keys;

    /// <summary>Some were not kept.</summary>
    public bool AreTooMany { get; private set; }

    /// <summary>Adds a key.</summary>
    public void Add(int database, ReadOnlySpan<byte> key)
    {
        if (_keys.Count >= Most)
            AreTooMany = true;
        else
            _keys.Add(DatabaseKey.Of(database, key));
    }
}
