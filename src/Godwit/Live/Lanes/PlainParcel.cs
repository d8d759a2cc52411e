using Godwit.Live.Positions;

namespace Godwit.Live.Lanes;

/// <summary>
/// Commands that go one by one. What was one transaction at the source is one at the target too, if all of its keys lie in one slot:
/// a cluster takes no others.
/// </summary>
internal sealed class PlainParcel : LaneParcel
{
    private readonly List<Shape> _shapes = [];
    private int _groupFrom;

    /// <summary>How the replies look, in order.</summary>
    public IReadOnlyList<Shape> Shapes => _shapes;

    /// <summary>What holds when all of it is applied.</summary>
    public PositionRecord? Reached { get; private set; }

    /// <summary>The record that goes along; null for none.</summary>
    public PositionRecord? Record { get; private set; }

    /// <inheritdoc/>
    public override void Begin(ILaneChanges changes)
    {
        base.Begin(changes);
        _shapes.Clear();
        _groupFrom = 0;
        Reached = null;
        Record = null;
    }

    /// <inheritdoc/>
    public override void Add(in LaneStep step)
    {
        Note(step);
        if (step.EndsGroup)
            WriteGroup();
    }

    /// <summary>Ends it.</summary>
    /// <param name="reached">What holds when all of it is applied.</param>
    public void End(PositionRecord reached)
    {
        WriteGroup();
        Reached = reached;
    }

    /// <summary>Adds a record of what may be applied from here on.</summary>
    public void AddRecord(byte[] key, int database, PositionRecord record)
    {
        Select(database);
        Write("SET", key, record.ToBytes());
        _shapes.Add(new Shape(ReplyKind.Record, NoStep, NoStep));
        Record = record;
    }

    /// <inheritdoc/>
    protected override void OnSelected() => _shapes.Add(new Shape(ReplyKind.Other, NoStep, NoStep));

    private void WriteGroup()
    {
        var end = Steps.Count;
        var isTransaction = end - _groupFrom > 1 && IsOfOneSlot(_groupFrom, end);
        if (isTransaction)
        {
            // Before MULTI: a SELECT within would be one more reply of EXEC.
            Select(Steps[_groupFrom].Database);
            Write("MULTI");
            _shapes.Add(new Shape(ReplyKind.Other, NoStep, NoStep));
        }

        for (var i = _groupFrom; i < end; i++)
        {
            WriteStep(i);
            _shapes.Add(new Shape(isTransaction ? ReplyKind.Queued : ReplyKind.Step, i, NoStep));
        }

        if (isTransaction)
        {
            Write("EXEC");
            _shapes.Add(new Shape(ReplyKind.Executed, _groupFrom, end));
        }

        _groupFrom = end;
    }

    private bool IsOfOneSlot(int from, int end)
    {
        for (var i = from; i < end; i++)
        {
            if (Steps[i].Slot is not { } slot || slot != Steps[from].Slot || Steps[i].Database != Steps[from].Database)
                return false;
        }

        return true;
    }

    /// <summary>What one reply is for.</summary>
    /// <param name="Kind">Its kind.</param>
    /// <param name="Step">The change; of a transaction the first.</param>
    /// <param name="End">Of a transaction, the change behind the last.</param>
    public readonly record struct Shape(ReplyKind Kind, int Step, int End);

    /// <summary>What a reply is for.</summary>
    public enum ReplyKind
    {
        /// <summary>A change.</summary>
        Step,

        /// <summary>A change of a transaction, before EXEC.</summary>
        Queued,

        /// <summary>EXEC: a reply for each change within.</summary>
        Executed,

        /// <summary>The lane's record.</summary>
        Record,

        /// <summary>SELECT or MULTI.</summary>
        Other,
    }
}
