using Godwit.Migration;

namespace Godwit.Dynomite;

/// <summary>A Dynomite cluster: its racks, each of which holds everything by design.</summary>
internal sealed class DynomiteRing
{
    // What Dynomite's own examples have.
    private const int DefaultRedisPort = 22122;

    private readonly string? _ownDatacenter;
    private readonly string? _ownRack;

    private DynomiteRing(IReadOnlyList<DynomiteNode> nodes, string? ownDatacenter, string? ownRack)
    {
        _ownDatacenter = ownDatacenter;
        _ownRack = ownRack;
        Racks =
        [
            .. nodes
                .GroupBy(node => (node.Datacenter, node.Rack))
                .Select(rack => new DynomiteRack(
                    rack.Key.Datacenter,
                    rack.Key.Rack,
                    [.. rack.OrderBy(node => node.Tokens[0])]
                )),
        ];
    }

    /// <summary>All racks, those of the first configuration's datacenter and its own rack among them in no order.</summary>
    public IReadOnlyList<DynomiteRack> Racks { get; }

    /// <summary>Puts together what is known of the cluster.</summary>
    /// <param name="confs">Its nodes' configurations.</param>
    /// <param name="descriptions">What running nodes said, with where that came from.</param>
    /// <param name="redisPort">Redis' port on nodes whose configuration is not there; null to take that of the node that names them.</param>
    public static DynomiteRing Of(
        IReadOnlyList<DynomiteConf> confs,
        IReadOnlyList<(string Origin, IReadOnlyList<DynomiteSeed> Nodes)> descriptions,
        int? redisPort
    )
    {
        var merge = new NodeMerge();
        foreach (var conf in confs)
            merge.AddOwn(conf);
        foreach (var conf in confs)
        {
            foreach (var seed in conf.Seeds)
                merge.AddNamed(seed, conf.File, redisPort ?? conf.Server.Port);
        }

        foreach (var (origin, nodes) in descriptions)
        {
            foreach (var node in nodes)
                merge.AddNamed(node, origin, redisPort ?? (confs.Count > 0 ? confs[0].Server.Port : DefaultRedisPort));
        }

        var first = confs.Count > 0 ? confs[0] : null;
        return new DynomiteRing(merge.Nodes, first?.Datacenter, first?.Rack);
    }

    /// <summary>What is wrong with a rack, each a clause for a message; empty if it holds the whole ring.</summary>
    public IReadOnlyList<string> FaultsOf(DynomiteRack rack) => RackCheck.FindFaults(rack, Racks);

    /// <summary>
    /// Picks the rack that is read: the one that the user has named, else the first that holds the whole ring, of the first
    /// configuration's own rack, then of its datacenter, then of the others.
    /// </summary>
    /// <param name="datacenter">The user's choice; null for any.</param>
    /// <param name="rack">The user's choice; null for any.</param>
    /// <param name="log">Is told which racks were passed over, and why.</param>
    /// <exception cref="RefusedException">There is none.</exception>
    public DynomiteRack Choose(string? datacenter, string? rack, IMigrationLog log)
    {
        var candidates = Racks
            .Where(one => datacenter is null || one.Datacenter == datacenter)
            .Where(one => rack is null || one.Name == rack)
            .OrderByDescending(one => one.Datacenter == _ownDatacenter)
            .ThenByDescending(one => one.Datacenter == _ownDatacenter && one.Name == _ownRack)
            .ThenBy(one => one.Datacenter, StringComparer.Ordinal)
            .ThenBy(one => one.Name, StringComparer.Ordinal)
            .ToList();
        if (candidates.Count == 0)
        {
            throw new RefusedException(
                Racks.Count == 0
                    ? "The Dynomite cluster's description names no node"
                    : $"The Dynomite cluster has no {Wanted(datacenter, rack)}",
                Racks.Count == 0
                    ? "Give the configuration of one of its nodes."
                    : $"It has {string.Join(", ", Racks)}: choose with --datacenter and --rack."
            );
        }

        var refused = new List<string>();
        foreach (var candidate in candidates)
        {
            var faults = FaultsOf(candidate);
            if (faults.Count == 0)
            {
                foreach (var reason in refused)
                    log.Warn($"Passed over: {reason}.");
                return candidate;
            }

            refused.Add($"{candidate}: {string.Join("; ", faults)}");
        }

        throw new RefusedException(
            candidates.Count == 1
                ? $"Not the whole ring is in {refused[0]}"
                : $"No rack holds the whole ring. {string.Join(". ", refused)}",
            "Add the configuration of the node that is missing, or choose a complete rack with --rack. "
                + "A rack that has fewer nodes on purpose is taken where nothing is said of the others."
        );
    }

    private static string Wanted(string? datacenter, string? rack) =>
        (datacenter, rack) switch
        {
            (not null, not null) => $"rack {rack} in a datacenter {datacenter}",
            (not null, null) => $"datacenter {datacenter}",
            _ => $"rack {rack}",
        };
}
