using Godwit.Live.Lanes;
using Godwit.Live.Links;
using Godwit.Live.Positions;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Servers;

/// <summary>How far the job is with one server that is followed: its link, and what of that was read. Owns the link.</summary>
internal sealed class ServerLink(FollowedServer server, ReplicationLink link) : IAsyncDisposable
{
    /// <summary>The server.</summary>
    public FollowedServer Server => server;

    /// <summary>The connection to it.</summary>
    public ReplicationLink Link => link;

    /// <summary>What is read; null before the first.</summary>
    public LinkGeneration? Generation { get; private set; }

    /// <summary>The generation's snapshot is still to be copied.</summary>
    public bool MustCopy { get; private set; }

    /// <summary>The job has copied a snapshot of this server before, in this run or an earlier one.</summary>
    public bool HasCopied { get; set; }

    /// <summary>Slots that have come to it, and whose keys have not been looked for yet.</summary>
    public SlotSet Gained { get; private set; } = SlotSet.None;

    /// <summary>Keys that were changed while their slots moved, at one end or the other.</summary>
    public HashSet<DatabaseKey> Named { get; } = [];

    /// <summary>The server may have renewed keys that died at the target while nobody followed it.</summary>
    public bool MissingFirst { get; set; }

    /// <summary>Waits for the generation behind the one that was read.</summary>
    public async Task AdvanceAsync(CancellationToken cancellationToken)
    {
        var first = Generation is null;
        Generation = await link.NextGenerationAsync(Generation, cancellationToken).ConfigureAwait(false);
        MustCopy = Generation.Snapshot is not null;
        MissingFirst = first && !MustCopy;
    }

    /// <summary>The server has gone on to another generation than the one that is read.</summary>
    public bool IsSuperseded => link.Newest is { } newest && newest.Number > (Generation?.Number ?? 0);

    /// <summary>The server cannot be followed any more: whoever waits for more is told why.</summary>
    public bool HasEnded => link.Status.Phase == LinkPhase.Ended;

    /// <summary>The snapshot is copied.</summary>
    public void Copied()
    {
        MustCopy = false;
        HasCopied = true;
        Settled();
    }

    /// <summary>What is there of its data has been brought by other means: only what follows is wanted.</summary>
    public void Skip()
    {
        MustCopy = false;
        HasCopied = true;
    }

    /// <summary>Reads the snapshot and drops it.</summary>
    public async Task DropSnapshotAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await Generation!.ReadSnapshotAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
        {
            // Nothing of it is wanted.
        }
    }

    /// <summary>Slots have come to it.</summary>
    public void Gain(SlotSet slots) => Gained = Gained.Or(slots);

    /// <summary>What came with slots is at the target.</summary>
    public void Settled()
    {
        Gained = SlotSet.None;
        Named.Clear();
    }

    /// <summary>True if the generation still has the changes behind a record.</summary>
    public bool Keeps(PositionRecord record) =>
        Generation is { } generation && record.Applied >= generation.StartOffset + generation.Bytes.Released;

    /// <summary>True if not all has come in yet that a record says is applied.</summary>
    public bool IsBefore(PositionRecord record) => Generation!.TakenOffset < record.Applied;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => link.DisposeAsync();
}
