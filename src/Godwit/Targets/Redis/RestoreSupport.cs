using Godwit.Connections;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Redis;

/// <summary>Which payloads a target takes by RESTORE.</summary>
/// <param name="versions">The numbers in a payload's footer that it accepts.</param>
/// <param name="refusedTypes">The types that it was shown and refused.</param>
/// <param name="family">Whose numbers from 22 on it speaks.</param>
internal sealed class RestoreSupport(IReadOnlySet<int> versions, IReadOnlySet<RdbType> refusedTypes, RdbFamily family)
{
    // Up to this type both families serialize alike.
    private const RdbType LastSharedType = RdbType.Stream3;

    private readonly IReadOnlySet<int> _versions = versions;
    private readonly IReadOnlySet<RdbType> _refusedTypes = refusedTypes;
    private readonly RdbFamily _family = family;
    private readonly int _sharedVersion = versions.Where(v => v <= RdbVersion.LastShared).DefaultIfEmpty(0).Max();

    /// <summary>Nothing can be restored: the command is missing or not permitted.</summary>
    public static RestoreSupport None { get; } = new(new HashSet<int>(), new HashSet<RdbType>(), RdbFamily.Redis);

    /// <summary>What servers of this version take, for one that cannot be asked.</summary>
    public static RestoreSupport Of(ServerInfo info, RdbFamily family)
    {
        // From these versions on, servers know these RDB versions and types (src/rdb.h at each release).
        var known = info.RedisVersion ?? new Version(5, 0);
        (Version Since, int Rdb, RdbType[] Types)[] steps =
        [
            (new Version(5, 0), 9, []),
            (
                new Version(7, 0),
                10,
                [RdbType.HashListpack, RdbType.SortedSetListpack, RdbType.ListQuicklist2, RdbType.Stream2]
            ),
            (new Version(7, 2), 11, [RdbType.SetListpack, RdbType.Stream3]),
            (new Version(7, 4), 12, [RdbType.HashWithExpiries, RdbType.HashListpackWithExpiries]),
        ];
        var versions = steps.Where(step => step.Since <= known).Select(step => step.Rdb).ToHashSet();
        if (family == RdbFamily.Valkey)
            versions.Add(RdbVersion.FirstValkey);
        var refused = steps.Where(step => step.Since > known).SelectMany(step => step.Types).ToHashSet();
        return new RestoreSupport(versions, refused, family);
    }

    /// <summary>True if it takes any payload at all.</summary>
    public bool Any => _versions.Count > 0;

    /// <summary>What both take.</summary>
    public RestoreSupport And(RestoreSupport other) =>
        new(
            _versions.Intersect(other._versions).ToHashSet(),
            _refusedTypes.Union(other._refusedTypes).ToHashSet(),
            _family
        );

    /// <summary>
    /// The version with which to sign a payload of this type, whose value was written in <paramref name="version"/>; null if
    /// the target does not take it. What a type's bytes mean does not depend on the version, so an older target takes a
    /// newer server's value if it knows the type and the footer names a version that it knows.
    /// </summary>
    public int? SignatureFor(RdbType type, RdbVersion version)
    {
        if (_refusedTypes.Contains(type))
            return null;
        if (type <= LastSharedType)
        {
            if (_versions.Contains(version.Number))
                return version.Number;
            return _sharedVersion > 0 ? _sharedVersion : null;
        }

        return version.Family == _family && _versions.Contains(version.Number) ? version.Number : null;
    }
}
