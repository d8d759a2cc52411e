namespace Godwit.Targets.Redis.Shards;

/// <summary>Takes what a lane cannot finish. Safe for use from any thread.</summary>
internal interface ILaneOwner
{
    /// <summary>The run is broken off: no lane begins another round.</summary>
    bool HasFailed { get; }

    /// <summary>Entries come back, to be sent again. Its ownership passes.</summary>
    void Return(Consignment consignment);

    /// <summary>All of a consignment is settled or has come back. Its ownership passes.</summary>
    void Finish(Consignment consignment);

    /// <summary>A name under which a value was built may be left over somewhere, and is to be removed.</summary>
    void RemoveGuard(int database, byte[] guard);

    /// <summary>A round has ended, or the server could not be reached.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="trouble">Why it takes no more; null where all is well.</param>
    void Report(ShardLane lane, Detour? trouble);

    /// <summary>The run cannot go on.</summary>
    void Fail(Exception exception);
}
