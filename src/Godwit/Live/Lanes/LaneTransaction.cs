using Godwit.Live.Positions;

namespace Godwit.Live.Lanes;

/// <summary>
/// Commands that a target applies together, and the record of how far that brings it. It is sent up to EXEC first: the target
/// queues it while it is still busy with the one before.
/// </summary>
internal sealed class LaneTransaction : LaneParcel
{
    // So many in one command hold up the target no longer than other commands may.
    private const int MostSets = 256;

    private PositionRecord? _record;

    // Plain SETs that are noted and not written: they are the last of the steps.
    private int _sets;
    private int _setBytes;

    /// <summary>Plain SETs that follow one another are one MSET. Default: each goes as it came.</summary>
    public bool MergesSets { get; init; }

    /// <summary>What holds when it is done.</summary>
    public PositionRecord Record =>
        _record ?? throw new InvalidOperationException("the transaction has not come to its end");

    /// <summary>How far the lane is when it is done, and what failed of it is mended.</summary>
    public StreamPlace Reached { get; private set; }

    /// <summary>When its changes were read, by the time of the expiries.</summary>
    public long ReadAt { get; set; }

    /// <inheritdoc/>
    public override int Length => base.Length + _setBytes;

    /// <inheritdoc/>
    public override void Begin(ILaneChanges changes)
    {
        base.Begin(changes);
        (_sets, _setBytes) = (0, 0);
        WriteUncounted("MULTI");
    }

    /// <inheritdoc/>
    public override void Add(in LaneStep step)
    {
        if (!MergesSets || !PlainSet.Is(step.Command.Span))
        {
            WriteSets();
            WriteStep(Note(step));
            return;
        }

        if (_sets == MostSets || (_sets > 0 && Steps[^1].Database != step.Database))
            WriteSets();
        Note(step);
        _sets++;
        _setBytes += step.Command.Length;
    }

    /// <summary>Ends it with the record of what holds when all this is applied.</summary>
    public void End(byte[] key, int database, PositionRecord record, StreamPlace reached)
    {
        WriteSets();
        Select(database);
        Write("SET", key, record.ToBytes());
        _record = record;
        Reached = reached;
    }

    private void WriteSets()
    {
        if (_sets == 1)
            WriteStep(Steps.Count - 1);
        else if (_sets > 1)
            WriteSets(Steps.Count - _sets, _sets);
        (_sets, _setBytes) = (0, 0);
    }
}
