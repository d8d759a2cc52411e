using System.Text;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Protocol;
using Godwit.Targets.Redis.Shards;

namespace Godwit.Live.Positions;

/// <summary>A job's records at its target, while no lane is at work. Whoever has a record's slot is asked for it.</summary>
/// <param name="target">Who holds what at the target.</param>
/// <param name="database">The records' database.</param>
/// <param name="connection">How connections to it behave.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class PositionBook(
    ServerTopology target,
    int database,
    ConnectionOptions connection,
    TimeProvider timeProvider
)
{
    // Longer than a failover takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NodeErrand _errand = new(target, connection, Patience, timeProvider);

    /// <summary>Reads a record; null if it is not there.</summary>
    /// <exception cref="GodwitException">The target refused, or nobody answered.</exception>
    public async Task<PositionRecord?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var key = Encoding.ASCII.GetBytes(name);
        var reply = await _errand.ExecuteAsync(database, key, ["GET", key], cancellationToken).ConfigureAwait(false);
        return PositionRecord.TryParse(reply.Bytes.Span);
    }

    /// <summary>Writes a record.</summary>
    /// <exception cref="GodwitException">The target refused, or nobody answered.</exception>
    public async Task WriteAsync(string name, PositionRecord record, CancellationToken cancellationToken)
    {
        var key = Encoding.ASCII.GetBytes(name);
        await _errand
            .ExecuteAsync(database, key, ["SET", key, record.ToBytes()], cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Removes a record.</summary>
    /// <exception cref="GodwitException">The target refused, or nobody answered.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var key = Encoding.ASCII.GetBytes(name);
        await _errand.ExecuteAsync(database, key, ["DEL", key], cancellationToken).ConfigureAwait(false);
    }
}
