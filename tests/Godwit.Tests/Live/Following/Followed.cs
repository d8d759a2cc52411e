using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Live.Servers;

namespace Godwit.Tests.Live.Following;

/// <summary>A source of one server.</summary>
internal static class Followed
{
    public static FollowedServer Server(RedisEndpoint endpoint) =>
        new SourceServers(
            new SingleServer(endpoint),
            [ServerInfo.Parse("redis_version:7.0.15\r\n")],
            saved: null,
            TimeProvider.System
        ).All[0];
}
