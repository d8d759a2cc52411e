namespace Godwit.Connections;

/// <summary>Whose program a server is.</summary>
internal enum ServerProduct
{
    /// <summary>It did not say.</summary>
    Unknown,

    /// <summary>Redis.</summary>
    Redis,

    /// <summary>Valkey.</summary>
    Valkey,

    /// <summary>Another that speaks the protocol: Dragonfly, Garnet, Kvrocks and the like.</summary>
    Other,
}

/// <summary>How a server runs.</summary>
internal enum ServerMode
{
    /// <summary>It did not say.</summary>
    Unknown,

    /// <summary>By itself, perhaps with replicas.</summary>
    Standalone,

    /// <summary>As a node of a cluster.</summary>
    Cluster,

    /// <summary>As a Sentinel, which holds no keys.</summary>
    Sentinel,
}

/// <summary>What a server is to others.</summary>
internal enum ServerRole
{
    /// <summary>It did not say.</summary>
    Unknown,

    /// <summary>It takes writes (<c>role:master</c>).</summary>
    Primary,

    /// <summary>It follows another (<c>role:slave</c>).</summary>
    Replica,
}

/// <summary>What INFO says of one database.</summary>
/// <param name="Database">Its number.</param>
/// <param name="Keys">Keys in it, at least 1.</param>
/// <param name="Expires">Those of them that expire.</param>
internal readonly record struct KeyspaceInfo(int Database, long Keys, long Expires);

/// <summary>A module that a server has loaded.</summary>
/// <param name="Name">As it calls itself.</param>
/// <param name="Version">As it counts them.</param>
internal readonly record struct ServerModule(string Name, long Version);
