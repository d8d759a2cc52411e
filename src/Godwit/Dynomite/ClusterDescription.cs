using System.Text.Json;
using Godwit.Migration;

namespace Godwit.Dynomite;

/// <summary>What a running node says of its cluster under <c>/cluster_describe</c>.</summary>
/// <remarks>
/// <c>src/dyn_stats.c</c>, stats_make_cl_desc_rsp: <c>dcs</c>, in each <c>racks</c>, in each <c>servers</c> with <c>host</c>,
/// <c>port</c> (where it listens for other nodes) and <c>token</c>: the first one alone, if it has several.
/// </remarks>
internal static class ClusterDescription
{
    /// <summary>Reads it.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="origin">Where it came from, for messages.</param>
    /// <exception cref="RefusedException">It is no such description.</exception>
    public static IReadOnlyList<DynomiteSeed> Read(string text, string origin)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var nodes = new List<DynomiteSeed>();
            foreach (var datacenter in document.RootElement.GetProperty("dcs").EnumerateArray())
            {
                foreach (var rack in datacenter.GetProperty("racks").EnumerateArray())
                {
                    foreach (var server in rack.GetProperty("servers").EnumerateArray())
                        nodes.Add(Node(server, Text(rack, "name"), Text(datacenter, "name"), origin));
                }
            }

            return nodes;
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new RefusedException(
                $"{origin} is no description of a Dynomite cluster",
                "Give what a node answers to GET /cluster_describe on its stats port.",
                exception
            );
        }
    }

    // Of itself a node that listens everywhere says where only by its name.
    private static DynomiteSeed Node(JsonElement server, string rack, string datacenter, string origin)
    {
        var host = Text(server, "host");
        if (LocalAddress.IsWildcard(host))
            host = Text(server, "name");
        var token = server.GetProperty("token");
        return new DynomiteSeed(
            new HostAndPort(host, server.GetProperty("port").GetInt32()),
            rack,
            datacenter,
            DynomiteConfReader.Tokens(
                [token.ValueKind == JsonValueKind.String ? token.GetString()! : token.GetRawText()],
                origin,
                "token"
            )
        );
    }

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString() is { Length: > 0 } text
            ? text
            : throw new FormatException($"{name} is empty");
}
