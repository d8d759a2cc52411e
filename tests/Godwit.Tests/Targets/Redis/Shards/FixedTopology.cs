using System.Collections.Frozen;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Protocol.Cluster;

namespace Godwit.Targets.Redis.Shards;

/// <summary>A topology that says what a test lets it say.</summary>
internal sealed class FixedTopology(params RedisEndpoint[] primaries) : ServerTopology(MapOf(0, primaries, []))
{
    private Func<long, ShardMap> _answer = version => MapOf(version, primaries, []);

    public override bool IsCluster => true;

    public override Endpoint Named => primaries[0];

    /// <summary>How often it was asked.</summary>
    public int Asked { get; private set; }

    /// <summary>From the next question on these are the primaries, in equal parts.</summary>
    public void Becomes(params RedisEndpoint[] now) => _answer = version => MapOf(version, now, []);

    /// <summary>As above, each with replicas.</summary>
    public void Becomes(RedisEndpoint[] now, RedisEndpoint[] replicas) =>
        _answer = version => MapOf(version, now, replicas);

    public Task RenewAsync() => RenewAsync(Map.Version, CancellationToken.None);

    protected override Task<ShardMap> AskAsync(ShardMap old, CancellationToken cancellationToken)
    {
        Asked++;
        return Task.FromResult(_answer(old.Version + 1));
    }

    private static ShardMap MapOf(long version, RedisEndpoint[] primaries, RedisEndpoint[] replicas) =>
        new(
            version,
            [
                .. primaries.Select(
                    (primary, index) =>
                        new Shard(
                            primary.Address,
                            primary,
                            replicas,
                            [
                                new SlotRange(
                                    HashSlot.Count * index / primaries.Length,
                                    HashSlot.Count * (index + 1) / primaries.Length - 1
                                ),
                            ],
                            ConfigEpoch: 1
                        )
                ),
            ],
            FrozenSet<int>.Empty
        );
}
