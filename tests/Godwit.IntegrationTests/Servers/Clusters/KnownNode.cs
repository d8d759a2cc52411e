using System.Globalization;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>A node of a cluster as one node knows it: a line of CLUSTER NODES.</summary>
/// <param name="Id">Its name for life.</param>
/// <param name="Port">Where it serves clients.</param>
/// <param name="BusPort">Where it talks to the other nodes.</param>
/// <param name="Flags">Such as <c>master</c>, <c>fail?</c>.</param>
/// <param name="PrimaryId">Of a replica; <c>-</c> for a primary.</param>
/// <param name="Connected">Whether the node that tells has a connection to it.</param>
/// <param name="Slots">Of a primary, as written.</param>
internal sealed record KnownNode(
    string Id,
    int Port,
    int BusPort,
    IReadOnlyList<string> Flags,
    string PrimaryId,
    bool Connected,
    IReadOnlyList<string> Slots
)
{
    private static readonly string[] Doubts = ["fail", "fail?", "handshake", "noaddr"];

    public bool IsPrimary => Flags.Contains("master", StringComparer.Ordinal);

    /// <summary>Neither down nor not yet got to know.</summary>
    public bool IsWell => Connected && !Flags.Intersect(Doubts, StringComparer.Ordinal).Any();

    /// <summary>Whole slots; one that is on the move stands in brackets besides, and only its two owners know.</summary>
    public IEnumerable<SlotRange> Ranges => Slots.Where(slots => slots[0] != '[').Select(SlotRange.Parse);

    /// <summary>What all nodes must come to agree on.</summary>
    public string Summary => $"{Id} {(IsPrimary ? "primary" : "replica of " + PrimaryId)} {string.Join(' ', Ranges)}";

    /// <summary>Everything that a node knows; its own line is among it.</summary>
    public static IReadOnlyList<KnownNode> Ask(RespClient client) =>
        [.. client.Text("CLUSTER", "NODES").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    public static KnownNode Myself(RespClient client) =>
        Ask(client).Single(node => node.Flags.Contains("myself", StringComparer.Ordinal));

    private static KnownNode Parse(string line)
    {
        var parts = line.Split(' ');
        // address:port@bus-port[,host name[,more]]
        var ports = parts[1].Split(',')[0].Split(':')[^1].Split('@');
        return new(
            parts[0],
            int.Parse(ports[0], CultureInfo.InvariantCulture),
            int.Parse(ports[1], CultureInfo.InvariantCulture),
            parts[2].Split(','),
            parts[3],
            parts[7] == "connected",
            parts[8..]
        );
    }
}
