using System.Globalization;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Dynomite;

/// <summary>A node of the rack that is read, and its Redis server.</summary>
/// <param name="Node">The node.</param>
/// <param name="Server">Connected to.</param>
internal sealed record DynomiteServer(DynomiteNode Node, LiveEnd Server);

/// <summary>A cluster with the rack that was chosen, and the connections to its servers.</summary>
/// <param name="Ring">The cluster.</param>
/// <param name="Rack">The rack that is read.</param>
/// <param name="Servers">Those behind its nodes, by their nodes' first tokens.</param>
internal sealed record DynomiteSources(DynomiteRing Ring, DynomiteRack Rack, IReadOnlyList<DynomiteServer> Servers)
{
    /// <summary>
    /// Keys in all of them together; null if one does not say. Dynomite's own are among them, which are left behind.
    /// </summary>
    public long? TotalKeys => Servers.Aggregate((long?)0, (sum, server) => sum + server.Server.Info.TotalKeys);

    /// <summary>Finds the cluster, picks a rack and connects to its servers.</summary>
    /// <param name="endpoints">All that the command line says of it.</param>
    /// <param name="options">For the user's choice of rack.</param>
    /// <param name="connect">Makes a connection, and keeps it until the end.</param>
    /// <param name="log">Is told what was found.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RefusedException">No rack is complete, or the cluster cannot be known.</exception>
    /// <exception cref="ConnectionException">A server cannot be reached.</exception>
    public static async Task<DynomiteSources> OpenAsync(
        IReadOnlyList<DynomiteEndpoint> endpoints,
        MigrationOptions options,
        Func<RedisEndpoint, CancellationToken, Task<LiveEnd>> connect,
        IMigrationLog log,
        CancellationToken cancellationToken
    )
    {
        var ring = await new DynomiteTopology().ReadAsync(endpoints, cancellationToken).ConfigureAwait(false);
        var rack = ring.Choose(options.DynomiteDatacenter, options.DynomiteRack, log);
        log.Info(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Dynomite: reading {rack}, {rack.Nodes.Count} {(rack.Nodes.Count == 1 ? "node" : "nodes")}."
            )
        );
        if (ring.Racks.Count == 1)
        {
            log.Info(
                "There is no other rack to compare its tokens with, so that a node that nobody names would not be noticed."
            );
        }

        var password = endpoints.Select(endpoint => endpoint.Password).FirstOrDefault(one => one is not null);
        var servers = new List<DynomiteServer>();
        foreach (var node in rack.Nodes)
        {
            if (node.IsPortAssumed)
            {
                log.Info(
                    $"{node} is known by its name alone: its Redis is taken to listen on port {node.AssumedRedisPort}."
                );
            }

            var server = await ConnectAsync(node, password, connect, log, cancellationToken).ConfigureAwait(false);
            servers.Add(new DynomiteServer(node, server));
        }

        return new DynomiteSources(ring, rack, servers);
    }

    private static async Task<LiveEnd> ConnectAsync(
        DynomiteNode node,
        string? password,
        Func<RedisEndpoint, CancellationToken, Task<LiveEnd>> connect,
        IMigrationLog log,
        CancellationToken cancellationToken
    )
    {
        var addresses = node.RedisAddresses;
        for (var i = 0; ; i++)
        {
            var endpoint = new RedisEndpoint
            {
                Host = addresses[i].Host,
                Port = addresses[i].Port,
                Password = password ?? node.Password,
            };
            try
            {
                return await connect(endpoint, cancellationToken).ConfigureAwait(false);
            }
            catch (ConnectionException exception) when (i + 1 < addresses.Count)
            {
                log.Info($"{exception.Message}. Trying the address in the node's own configuration.");
            }
        }
    }
}
