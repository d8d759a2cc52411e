namespace Godwit.Dynomite;

/// <summary>
/// Makes one list of nodes out of what several configurations and descriptions say. A node is known by its datacenter, rack and
/// tokens; its own configuration says most of it. Two nodes that one and the same file names are never taken for one.
/// </summary>
internal sealed class NodeMerge
{
    private readonly List<Known> _known = [];

    /// <summary>The nodes so far.</summary>
    public IReadOnlyList<DynomiteNode> Nodes => [.. _known.Select(known => known.Node)];

    /// <summary>Adds the node whose configuration this is. All configurations come before anything else.</summary>
    public void AddOwn(DynomiteConf conf)
    {
        var host = LocalAddress.IsWildcard(conf.Listen.Host) ? null : conf.Listen.Host;
        var node = new DynomiteNode
        {
            Datacenter = conf.Datacenter,
            Rack = conf.Rack,
            Tokens = [.. conf.Tokens.Order()],
            Host = host,
            PeerPort = conf.Listen.Port,
            Server = conf.Server,
            Password = conf.Password,
        };

        // The same file twice, or a copy of it.
        var isKnown = _known.Any(known =>
            IsSame(known.Node, node)
            && known.Node.Host == host
            && known.Node.PeerPort == node.PeerPort
            && known.Node.Server == node.Server
        );
        if (!isKnown)
            _known.Add(new Known(node, conf.File));
    }

    /// <summary>Adds a node that a file names.</summary>
    /// <param name="seed">What it says.</param>
    /// <param name="file">The file.</param>
    /// <param name="assumedRedisPort">Where its Redis server listens, if nothing else tells it.</param>
    public void AddNamed(DynomiteSeed seed, string file, int assumedRedisPort)
    {
        var node = new DynomiteNode
        {
            Datacenter = seed.Datacenter,
            Rack = seed.Rack,
            Tokens = [.. seed.Tokens.Order()],
            Host = seed.Address.Host,
            PeerPort = seed.Address.Port,
            AssumedRedisPort = assumedRedisPort,
        };
        var same = _known.Where(known => IsSame(known.Node, node)).ToList();
        var match =
            same.Find(known => known.Node.Host == node.Host && known.Node.PeerPort == node.PeerPort)
            ?? same.Find(known => !known.NamedBy.Contains(file) || IsItself(known, file, node));
        if (match is null)
        {
            _known.Add(new Known(node, file));
            return;
        }

        match.NamedBy.Add(file);

        // Others say where it is, when it listens everywhere.
        match.Node.Host ??= node.Host;
    }

    private static bool IsSame(DynomiteNode one, DynomiteNode other) =>
        one.Datacenter == other.Datacenter
        && one.Rack == other.Rack
        && FirstTokenOf(one) == FirstTokenOf(other)
        && (one.Tokens.SequenceEqual(other.Tokens) || other.Tokens.Count == 1 || one.Tokens.Count == 1);

    // A description tells one token of each node alone.
    private static uint FirstTokenOf(DynomiteNode node) => node.Tokens[0];

    // Its own configuration names it among the others, and says nowhere else where it is.
    private static bool IsItself(Known known, string file, DynomiteNode node) =>
        known.Node.Host is null && known.File == file && known.Node.PeerPort == node.PeerPort;

    private sealed record Known(DynomiteNode Node, string File)
    {
        public HashSet<string> NamedBy { get; } = new(StringComparer.Ordinal) { File };
    }
}
