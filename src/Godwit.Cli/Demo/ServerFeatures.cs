using Godwit.Connections;

namespace Godwit.Cli.Demo;

/// <summary>What a server, or both of two servers, can hold and tell.</summary>
/// <param name="Since70">Function libraries, a stream's counters, and PEXPIRETIME: all came with Redis 7.0.</param>
/// <param name="FieldExpiry">Fields of hashes that expire: Redis 7.4, Valkey 9.0.</param>
internal sealed record ServerFeatures(bool Since70, bool FieldExpiry)
{
    /// <summary>Asks a server which of the commands it has.</summary>
    public static async Task<ServerFeatures> AskAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var known = await connection
            .ExecuteAsync(cancellationToken, "COMMAND", "INFO", "PEXPIRETIME", "HPEXPIRETIME")
            .ConfigureAwait(false);
        return new ServerFeatures(known.Items[0].Items.Count > 0, known.Items[1].Items.Count > 0);
    }

    /// <summary>What both can.</summary>
    public ServerFeatures And(ServerFeatures other) => new(Since70 && other.Since70, FieldExpiry && other.FieldExpiry);
}
