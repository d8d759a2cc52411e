using Godwit.Connections.Topology;
using Godwit.Endpoints;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>Those of some keys that one server has.</summary>
/// <param name="Node">Which; null for those of slots that nobody owns.</param>
/// <param name="Indices">Where they are among all keys.</param>
internal sealed record KeyPart(RedisEndpoint? Node, IReadOnlyList<int> Indices)
{
    /// <summary>Their names.</summary>
    public byte[][] Of(byte[][] keys) => [.. Indices.Select(index => keys[index])];
}

/// <summary>Divides keys by the servers that have them.</summary>
internal static class KeyDivision
{
    private const int Nobody = -1;

    /// <summary>The parts, none of them empty.</summary>
    public static IReadOnlyList<KeyPart> Of(ShardMap map, byte[][] keys)
    {
        var parts = new Dictionary<int, List<int>>();
        for (var i = 0; i < keys.Length; i++)
        {
            var owner = map.OwnerOf(keys[i]) ?? Nobody;
            if (!parts.TryGetValue(owner, out var indices))
                parts.Add(owner, indices = []);
            indices.Add(i);
        }

        return
        [
            .. parts.Select(part => new KeyPart(part.Key == Nobody ? null : map.Shards[part.Key].Primary, part.Value)),
        ];
    }

    /// <summary>Asks all servers that have some of the keys side by side.</summary>
    public static Task AskAsync(ShardMap map, byte[][] keys, Func<KeyPart, RedisEndpoint, Task> ask) =>
        Task.WhenAll(Of(map, keys).Where(part => part.Node is not null).Select(part => ask(part, part.Node!)));
}
