using System.Globalization;
using Godwit.Endpoints;
using Godwit.Protocol.Resp;

namespace Godwit.Connections.Topology;

/// <summary>A set of servers as one Sentinel sees it.</summary>
/// <param name="Primary">Who takes writes.</param>
/// <param name="Replicas">Those that are not known to be down.</param>
/// <param name="Sentinels">The other Sentinels.</param>
/// <param name="Epoch">Grows with each failover; 0 where it is not told.</param>
/// <remarks>Source: <c>src/sentinel.c</c>, sentinelCommand, addReplySentinelRedisInstance.</remarks>
internal sealed record SentinelView(
    RedisEndpoint Primary,
    IReadOnlyList<RedisEndpoint> Replicas,
    IReadOnlyList<RedisEndpoint> Sentinels,
    long Epoch
)
{
    /// <summary>Asks a Sentinel.</summary>
    /// <exception cref="ServerErrorException">It does not tell: it is no Sentinel, or does not permit it.</exception>
    /// <exception cref="ConnectionException">It knows no such service, or the connection was lost.</exception>
    public static async Task<SentinelView> AskAsync(
        RedisConnection sentinel,
        SentinelEndpoint named,
        CancellationToken cancellationToken
    )
    {
        var address = await sentinel
            .ExecuteAsync(cancellationToken, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", named.Service)
            .ConfigureAwait(false);
        if (address.Items is not [var host, var port] || ServerAt(named, host, port) is not { } primary)
            throw UnknownService(sentinel.Endpoint, named);

        // The rest is worth knowing, and may be withheld.
        var state = await sentinel
            .TryExecuteAsync(cancellationToken, "SENTINEL", "MASTER", named.Service)
            .ConfigureAwait(false);
        var replicas = await sentinel
            .TryExecuteAsync(cancellationToken, "SENTINEL", "REPLICAS", named.Service)
            .ConfigureAwait(false);
        var others = await sentinel
            .TryExecuteAsync(cancellationToken, "SENTINEL", "SENTINELS", named.Service)
            .ConfigureAwait(false);
        return new SentinelView(
            primary,
            [
                .. replicas
                    .Items.Where(IsUp)
                    .Select(replica => ServerAt(named, replica["ip"], replica["port"]))
                    .OfType<RedisEndpoint>()
                    .Where(replica => replica != primary),
            ],
            [
                .. others
                    .Items.Select(other => ServerAt(named, other["ip"], other["port"]))
                    .OfType<RedisEndpoint>()
                    .Select(other => sentinel.Endpoint with { Host = other.Host, Port = other.Port }),
            ],
            long.TryParse(state["config-epoch"]?.Text, CultureInfo.InvariantCulture, out var epoch) ? epoch : 0
        );
    }

    // Right after a failover a Sentinel is not yet connected to any of them: that says nothing against them.
    private static bool IsUp(RespValue server)
    {
        var flags = (server["flags"]?.Text ?? "").Split(',');
        return !flags.Contains("s_down") && !flags.Contains("o_down");
    }

    private static RedisEndpoint? ServerAt(SentinelEndpoint named, RespValue? host, RespValue? port) =>
        host is { IsNull: false, Text.Length: > 0 }
        && int.TryParse(port?.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is > 0 and <= ushort.MaxValue
            ? named.Server(host.Text, number)
            : null;

    private static ConnectionException UnknownService(RedisEndpoint sentinel, SentinelEndpoint named) =>
        new(
            sentinel,
            ConnectionStage.Connect,
            $"The Sentinel {sentinel.Address} watches over no service {named.Service}",
            "Check its name: SENTINEL MASTERS lists those that it knows.",
            isTransient: false
        );
}
