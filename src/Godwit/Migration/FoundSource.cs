using Godwit.Sources.Rdb;
using Godwit.Sources.Shards;

namespace Godwit.Migration;

/// <summary>A source that was found, and can be opened.</summary>
internal abstract record FoundSource;

/// <summary>A server.</summary>
/// <param name="End">Connected to.</param>
/// <param name="IsBehindDynomite">It is one of a Dynomite cluster's, which keeps keys of its own there.</param>
internal sealed record FoundServer(LiveEnd End, bool IsBehindDynomite = false) : FoundSource
{
    /// <summary>Its URI, without a password.</summary>
    public string Name => End.Connection.Endpoint.ToString();
}

/// <summary>A cluster, or the servers that Sentinels watch over.</summary>
/// <param name="End">Connected to.</param>
internal sealed record FoundShards(ShardedEnd End) : FoundSource;

/// <summary>RDB files.</summary>
/// <param name="Source">Reads them.</param>
internal sealed record FoundFiles(RdbFileSource Source) : FoundSource;
