using Godwit.Live.Changes;
using Godwit.Live.Spooling;

namespace Godwit.Live.Links;

/// <summary>
/// A snapshot of a source and every change behind it, or the changes behind a place that was known already. It ends when the
/// source cannot go on from there: then another one follows, and readers of this one get <see cref="LinkSupersededException"/>.
/// </summary>
/// <remarks>The snapshot is read first, then <see cref="IChangeStream.Bytes"/>; both have come in long before that, perhaps.</remarks>
internal sealed class LinkGeneration : IChangeStream, IDisposable
{
    private readonly ArrivalLog _arrivals;
    private volatile string _replicationId;
    private volatile bool _snapshotIsWhole;
    private long _snapshotLength = -1;

    /// <summary>Creates one of which nothing has come in.</summary>
    public LinkGeneration(
        int number,
        string replicationId,
        long startOffset,
        bool hasSnapshot,
        SpoolDirectory? directory,
        ReplicationLinkOptions options,
        TimeProvider timeProvider
    )
    {
        Number = number;
        _replicationId = replicationId;
        StartOffset = startOffset;
        _arrivals = new ArrivalLog(timeProvider);
        Bytes = new Spool(directory, options.StreamSpool, timeProvider);
        if (hasSnapshot)
            Snapshot = new Spool(directory, options.SnapshotSpool, timeProvider);
    }

    /// <summary>Counts from 1.</summary>
    public int Number { get; }

    /// <summary>The snapshot's bytes, without what frames them; null where the place was known already.</summary>
    public Spool? Snapshot { get; }

    /// <summary>The snapshot's length in bytes, where the source told it in advance.</summary>
    public long? SnapshotLength => Interlocked.Read(ref _snapshotLength) is var length and >= 0 ? length : null;

    /// <inheritdoc/>
    public Spool Bytes { get; }

    /// <inheritdoc/>
    public long StartOffset { get; }

    /// <inheritdoc/>
    public string ReplicationId => _replicationId;

    /// <summary>Bytes of the source's history that have come in.</summary>
    public long TakenOffset => StartOffset + Bytes.Written;

    /// <summary>From where the stream can be joined again; null while the snapshot is not whole.</summary>
    public StreamPosition? RejoinFrom =>
        Snapshot is null || _snapshotIsWhole ? new StreamPosition(_replicationId, TakenOffset, Database: 0) : null;

    /// <inheritdoc/>
    public long ArrivalOf(long offset) => _arrivals.ArrivalOf(offset);

    /// <summary>Reads bytes of the snapshot: at least one, or 0 at its end. What was read is not kept.</summary>
    /// <exception cref="LinkSupersededException">It will never be whole.</exception>
    public async ValueTask<int> ReadSnapshotAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (destination.IsEmpty || Snapshot is null)
            return 0;

        var count = await Snapshot.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        Snapshot.Release(Snapshot.Read);
        return count;
    }

    /// <summary>Says how long the snapshot will be, in bytes.</summary>
    internal void ExpectSnapshot(long? length) => Interlocked.Exchange(ref _snapshotLength, length ?? -1);

    /// <summary>Says that all of the snapshot has come.</summary>
    internal void EndSnapshot()
    {
        _snapshotIsWhole = true;
        Snapshot!.Complete();
    }

    /// <summary>Says that more of the stream has come.</summary>
    internal void NoteArrival() => _arrivals.Note(TakenOffset);

    /// <summary>Says that the source goes on under another name.</summary>
    internal void Rename(string replicationId) => _replicationId = replicationId;

    /// <summary>Lets readers and the writer get an error from now on.</summary>
    internal void Fail(Exception error)
    {
        Snapshot?.Fail(error);
        Bytes.Fail(error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Snapshot?.Dispose();
        Bytes.Dispose();
    }
}
