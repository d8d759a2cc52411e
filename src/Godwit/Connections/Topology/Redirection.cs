using System.Globalization;
using Godwit.Endpoints;
using Godwit.Protocol.Cluster;

namespace Godwit.Connections.Topology;

/// <summary>Where a cluster's node says that a key is to be asked for: the answer <c>MOVED</c> or <c>ASK</c>.</summary>
/// <param name="IsAsk">This once, and after ASKING; the slot is on its way. Else for good: the map is out of date.</param>
/// <param name="Slot">The key's slot.</param>
/// <param name="Node">Who has it.</param>
/// <remarks>Source: <c>src/cluster.c</c>, clusterRedirectClient: <c>MOVED 3999 127.0.0.1:6381</c>.</remarks>
internal readonly record struct Redirection(bool IsAsk, int Slot, RedisEndpoint Node)
{
    /// <summary>Reads an error's text; null if it is another error.</summary>
    /// <param name="error">The error, with its code.</param>
    /// <param name="answered">Who answered: an empty host means the same one.</param>
    public static Redirection? TryParse(string error, RedisEndpoint answered)
    {
        var words = error.Split(' ');
        if (words.Length < 3 || words[0] is not ("MOVED" or "ASK"))
            return null;

        var colon = words[2].LastIndexOf(':');
        if (
            colon < 0
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var slot)
            || slot >= HashSlot.Count
            || !int.TryParse(words[2].AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is 0 or > ushort.MaxValue
        )
        {
            return null;
        }

        var host = words[2][..colon];
        return new Redirection(
            words[0] == "ASK",
            slot,
            answered with
            {
                Host = host is "" or "?" ? answered.Host : host,
                Port = port,
                SocketPath = null,
                IsClusterReplica = false,
            }
        );
    }
}
