using Godwit.Connections;

namespace Godwit.Live.Lanes;

/// <summary>What a lane is given to do, one after the other.</summary>
internal abstract record LaneWork;

/// <summary>What one lane is to apply of a batch of changes, in the source's order. The lane disposes of the changes.</summary>
/// <param name="Steps">The changes; none where the lane only learns how far the stream has come.</param>
/// <param name="Through">The source's offset that the lane has reached when all is applied.</param>
/// <param name="Database">The source's database that is selected there.</param>
/// <param name="ReplicationId">The name of the source's history.</param>
/// <param name="Changes">Where the keys of a step are found.</param>
internal sealed record LaneBatch(
    IReadOnlyList<LaneStep> Steps,
    long Through,
    int Database,
    string ReplicationId,
    ILaneChanges Changes
) : LaneWork, IDisposable
{
    /// <summary>When it was read, by the time of the expiries.</summary>
    public long ReadAt { get; init; } = long.MaxValue;

    /// <summary>It ends within a transaction of the source, which is too large for one batch.</summary>
    public bool EndsInGroup { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Changes.Dispose();
}

/// <summary>Keys to be read anew from the source, and written as they are there.</summary>
internal sealed record LaneReread(IReadOnlyList<DatabaseKey> Keys) : LaneWork
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when all are written.</summary>
    public Task Done => _done.Task;

    /// <summary>All are written.</summary>
    public void SetDone() => _done.TrySetResult();
}

/// <summary>Something to be done between the changes: all before it are applied, and none behind it.</summary>
/// <param name="RunAsync">Does it. It is begun again from its beginning where the connection is lost meanwhile.</param>
internal sealed record LaneErrand(Func<RedisConnection, CancellationToken, Task> RunAsync) : LaneWork
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when it is done.</summary>
    public Task Done => _done.Task;

    /// <summary>It is done.</summary>
    public void SetDone() => _done.TrySetResult();

    /// <summary>It will never be done.</summary>
    public void Fail(Exception exception) => _done.TrySetException(exception);
}
