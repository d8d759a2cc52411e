using System.Globalization;
using Godwit.Endpoints;
using Godwit.Protocol.Cluster;

namespace Godwit.Connections.Topology;

/// <summary>Reads the answer to CLUSTER NODES: a line for each node.</summary>
/// <remarks>
/// Source: <c>src/cluster.c</c>, clusterGenNodeDescription:
/// <c>id ip:port@busport[,hostname] flags primary ping pong epoch link slot slot-slot [slot->-id] [slot-&lt;-id]</c>.
/// </remarks>
internal static class ClusterNodesText
{
    private const int FixedWords = 8;

    /// <summary>The nodes that can be reached: those without an address, and those being met, are left out.</summary>
    /// <param name="text">The answer.</param>
    /// <param name="asked">Who answered; the others are reached with the same user, password and TLS.</param>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static IReadOnlyList<ClusterNode> Parse(string text, RedisEndpoint asked)
    {
        var nodes = new List<ClusterNode>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < FixedWords)
                throw new FormatException($"CLUSTER NODES answered a line of {words.Length} words");

            var flags = words[2].Split(',');
            if (flags.Contains("noaddr") || flags.Contains("handshake"))
                continue;

            nodes.Add(ParseNode(words, flags, asked));
        }

        return nodes;
    }

    /// <summary>The slots of primaries whose address the cluster has lost: there are keys, and no way to them.</summary>
    /// <remarks>
    /// Source: <c>src/cluster.c</c>, clusterProcessPacket (CLUSTER_NODE_NOADDR): another node answers at the address, as where
    /// addresses are given anew.
    /// </remarks>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static IReadOnlyList<SlotRange> ParseLost(string text)
    {
        var lost = new List<SlotRange>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > FixedWords && words[2].Split(',').Contains("noaddr"))
                lost.AddRange(words[FixedWords..].Where(word => !word.StartsWith('[')).Select(ParseRange));
        }

        return lost;
    }

    private static ClusterNode ParseNode(string[] words, string[] flags, RedisEndpoint asked)
    {
        var slots = new List<SlotRange>();
        var leaving = new List<int>();
        var coming = new List<int>();
        foreach (var word in words.AsSpan(FixedWords))
        {
            if (word.StartsWith('['))
                ParseMove(word, leaving, coming);
            else
                slots.Add(ParseRange(word));
        }

        return new ClusterNode
        {
            Id = words[0],
            Endpoint = ParseAddress(words[1], asked),
            IsMyself = flags.Contains("myself"),
            IsPrimary = flags.Contains("master"),
            PrimaryId = words[3] == "-" ? null : words[3],
            IsFailing = flags.Contains("fail") || flags.Contains("fail?"),
            ConfigEpoch = ParseNumber(words[6], long.MaxValue),
            Slots = slots,
            Leaving = leaving,
            Coming = coming,
        };
    }

    // "10.0.0.1:6379@16379,node-1.example": a certificate names hosts rather than addresses. A node that does not know its own
    // address leaves it out, and was reached under the one that we asked.
    private static RedisEndpoint ParseAddress(string word, RedisEndpoint asked)
    {
        var parts = word.Split(',');
        var address = parts[0].Split('@')[0];
        var colon = address.LastIndexOf(':');
        var host = address[..Math.Max(colon, 0)];
        if (
            asked.Tls is not null
            && parts.Length > 1
            && parts[1].Length > 0
            && !parts[1].Contains('=', StringComparison.Ordinal)
        )
            host = parts[1];
        return asked with
        {
            Host = host.Length > 0 && host != "?" ? host : asked.Host,
            Port = (int)ParseNumber(address.AsSpan(colon + 1), ushort.MaxValue),
            SocketPath = null,
        };
    }

    private static SlotRange ParseRange(string word)
    {
        var dash = word.IndexOf('-', StringComparison.Ordinal);
        return dash < 0
            ? new SlotRange(ParseSlot(word), ParseSlot(word))
            : new SlotRange(ParseSlot(word.AsSpan(0, dash)), ParseSlot(word.AsSpan(dash + 1)));
    }

    // "[93->-id]" leaves the node, "[93-<-id]" comes to it.
    private static void ParseMove(string word, List<int> leaving, List<int> coming)
    {
        var dash = word.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
            throw new FormatException("CLUSTER NODES answered a moving slot that cannot be read");
        (word.AsSpan(dash).StartsWith("->-") ? leaving : coming).Add(ParseSlot(word.AsSpan(1, dash - 1)));
    }

    private static int ParseSlot(ReadOnlySpan<char> digits) => (int)ParseNumber(digits, HashSlot.Count - 1);

    private static long ParseNumber(ReadOnlySpan<char> digits, long highest) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= highest
            ? number
            : throw new FormatException($"CLUSTER NODES answered '{digits}' where a number up to {highest} belongs");
}
