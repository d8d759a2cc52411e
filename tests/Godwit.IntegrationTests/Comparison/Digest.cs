using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>A server's own digest of all its keys, values and expiries. Versions digest differently: only like with like.</summary>
internal static class Digest
{
    // A server that knows nothing of a stream's groups in its digest still digests its entries; the comparison has the rest.
    public static string Of(RespClient client) => client.Text("DEBUG", "DIGEST");
}
