using Godwit.Live.Changes;
using Godwit.Live.Lanes;

namespace Godwit.Live.Routing;

/// <summary>Gathers what each lane is to do of one batch of changes.</summary>
internal sealed class LaneSteps
{
    private readonly List<LaneStep>[] _lanes;

    // Where each lane's part of the source's transaction that is being gathered ends so far; -1 where it has none.
    private readonly int[] _lastOfGroup;

    /// <summary>Begins with none.</summary>
    public LaneSteps(int lanes, int expected)
    {
        _lanes = new List<LaneStep>[lanes];
        _lastOfGroup = new int[lanes];
        for (var lane = 0; lane < lanes; lane++)
        {
            _lanes[lane] = new List<LaneStep>(expected / lanes);
            _lastOfGroup[lane] = -1;
        }
    }

    /// <summary>Adds a step to one lane.</summary>
    public void Add(int lane, in LaneStep step)
    {
        _lanes[lane].Add(step);
        if (!step.EndsGroup)
            _lastOfGroup[lane] = _lanes[lane].Count - 1;
    }

    /// <summary>Adds a step to every lane.</summary>
    public void AddToAll(in LaneStep step)
    {
        for (var lane = 0; lane < _lanes.Length; lane++)
            Add(lane, step);
    }

    /// <summary>
    /// A transaction of the source ends. The last step that a lane has of it reaches as far as EXEC: the stream cannot be taken up again
    /// before that.
    /// </summary>
    public void EndGroup(long offset)
    {
        for (var lane = 0; lane < _lanes.Length; lane++)
        {
            if (_lastOfGroup[lane] is var last and >= 0)
                _lanes[lane][last] = _lanes[lane][last] with { EndsGroup = true, Offset = offset };
            _lastOfGroup[lane] = -1;
        }
    }

    /// <summary>What each lane is to do. A lane without a step still learns how far the stream has come.</summary>
    /// <param name="batch">The changes.</param>
    /// <param name="changesOf">Where a lane finds the keys of its steps.</param>
    public IReadOnlyList<LaneBatch> ToBatches(ChangeBatch batch, Func<int, ILaneChanges> changesOf)
    {
        var result = new LaneBatch[_lanes.Length];
        for (var lane = 0; lane < result.Length; lane++)
        {
            result[lane] = new LaneBatch(
                _lanes[lane],
                batch.EndOffset,
                batch.EndDatabase,
                batch.ReplicationId,
                changesOf(lane)
            )
            {
                EndsInGroup = batch.EndsInGroup,
            };
        }

        return result;
    }
}
