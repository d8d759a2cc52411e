using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Live.Lanes;

namespace Godwit.Live.Following;

/// <summary>A target of one server. Owns the connection.</summary>
/// <param name="connection">To the server.</param>
/// <param name="writer">Writes over it.</param>
internal sealed class SingleTargetStates(RedisConnection connection, StateWriter writer) : TargetStates
{
    /// <inheritdoc/>
    public override Task WriteAsync(int database, EntryBatch batch, CancellationToken cancellationToken) =>
        writer.WriteAsync(database, batch, cancellationToken);

    /// <inheritdoc/>
    public override Task SettleAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override Task DeleteAsync(int database, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken) =>
        writer.DeleteAsync(database, keys, cancellationToken);

    /// <inheritdoc/>
    public override Task RunAsync(LaneErrand errand, RedisEndpoint server, CancellationToken cancellationToken)
    {
        writer.ForgetDatabase();
        return errand.RunAsync(connection, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task AtEachAsync(Func<RedisConnection, Task> work, CancellationToken cancellationToken) =>
        work(connection);

    /// <inheritdoc/>
    public override void Rest() => connection.Settle();

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => connection.DisposeAsync();
}
