using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>A server that a load writes to.</summary>
/// <param name="Port">Where it listens.</param>
/// <param name="Tags">
/// The hash tags that its keys have: all keys of one command share one, so that a cluster takes it. None for a server that
/// is alone.
/// </param>
internal sealed record LoadNode(int Port, IReadOnlyList<string> Tags)
{
    private const int TagsOfCluster = 48;

    public bool IsOfCluster => Tags.Count > 0;

    public static IReadOnlyList<LoadNode> Of(RedisServer server) => [new(server.Port, [])];

    /// <summary>The primaries of a cluster, each with the tags of slots that it owns now.</summary>
    public static IReadOnlyList<LoadNode> Of(TestCluster cluster)
    {
        var owners = cluster.Owners();
        return
        [
            .. Enumerable
                .Range(0, TagsOfCluster)
                .Select(number => $"t{number}")
                .GroupBy(tag => owners[HashSlot.Of(System.Text.Encoding.ASCII.GetBytes(tag))].Port)
                .Select(tags => new LoadNode(tags.Key, [.. tags])),
        ];
    }
}
