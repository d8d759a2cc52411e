using System.Security.Cryptography;
using System.Text;
using Godwit.Protocol.Cluster;

namespace Godwit.Targets.Redis;

/// <summary>
/// Names that nobody has, under which values are built before they take their own: <c>KEY:godwit-…</c>. In a cluster, where
/// both names must lie in one slot, <c>{tag}KEY:godwit-…</c>.
/// </summary>
internal sealed class GuardNames(bool isCluster)
{
    private readonly byte[] _suffix = Encoding.ASCII.GetBytes(
        $":godwit-{RandomNumberGenerator.GetHexString(12, lowercase: true)}"
    );

    /// <summary>The name for a key.</summary>
    public byte[] Of(ReadOnlySpan<byte> key) =>
        isCluster
            ? [(byte)'{', .. HashSlot.TagOf(HashSlot.Of(key)), (byte)'}', .. key, .. _suffix]
            : [.. key, .. _suffix];
}
