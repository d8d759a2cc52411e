using System.Buffers;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Lanes;

/// <summary>Commands on their way to a target together. They can be sent again as they are, on another connection too.</summary>
internal abstract class LaneParcel
{
    /// <summary>Marks a command that is none of the steps.</summary>
    public const int NoStep = -1;

    // A buffer that one long command has blown up is not kept.
    private const int KeptBuffer = 4 * 1024 * 1024;

    // Whatever the connection is in: this may be a new one.
    private const int UnknownDatabase = -1;

    private readonly List<LaneStep> _steps = [];
    private readonly List<(int First, int Count)> _stepsOf = [];
    private readonly HashSet<int> _databases = [];
    private ArrayBufferWriter<byte> _body = new();
    private int _database = UnknownDatabase;

    /// <summary>All that is sent.</summary>
    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    /// <summary>The changes in there, in order.</summary>
    public IReadOnlyList<LaneStep> Steps => _steps;

    /// <summary>Commands that are answered one by one.</summary>
    public int Commands => _stepsOf.Count;

    /// <summary>Bytes of all that was added, whether it is written yet or not.</summary>
    public virtual int Length => _body.WrittenCount;

    /// <summary>Of one of the changes nobody knows the keys, so that they cannot be read anew.</summary>
    public bool HasUnknownKeys { get; private set; }

    /// <summary>The target's databases that it selects.</summary>
    public IReadOnlySet<int> Databases => _databases;

    /// <summary>Where the keys of the steps are found.</summary>
    public ILaneChanges? Changes { get; private set; }

    /// <summary>Begins anew.</summary>
    public virtual void Begin(ILaneChanges changes)
    {
        Changes = changes;
        HasUnknownKeys = false;
        if (_body.Capacity > KeptBuffer)
            _body = new ArrayBufferWriter<byte>();
        _body.ResetWrittenCount();
        _steps.Clear();
        _stepsOf.Clear();
        _databases.Clear();
        _database = UnknownDatabase;
    }

    /// <summary>Adds a change.</summary>
    public abstract void Add(in LaneStep step);

    /// <summary>Indices of the steps that a command is, from 0; none for the others.</summary>
    public IEnumerable<int> StepsOf(int command) =>
        command < 0 || _stepsOf[command].First == NoStep
            ? []
            : Enumerable.Range(_stepsOf[command].First, _stepsOf[command].Count);

    /// <summary>Notes a change that is not written yet.</summary>
    /// <returns>Its index.</returns>
    protected int Note(in LaneStep step)
    {
        _steps.Add(step);
        HasUnknownKeys |= step.HasUnknownKeys;
        return _steps.Count - 1;
    }

    /// <summary>Writes the command of a change that was noted.</summary>
    protected void WriteStep(int index)
    {
        var step = _steps[index];
        Select(step.Database);
        _body.Write(step.Command.Span);
        _stepsOf.Add((index, 1));
    }

    /// <summary>Writes changes that were noted and are all <see cref="PlainSet"/>, of one database, as one command.</summary>
    protected void WriteSets(int first, int count)
    {
        Select(_steps[first].Database);
        var writer = new RespWriter(_body);
        writer.WriteArrayHeader(1 + (2 * count));
        writer.WriteBulk("MSET"u8);
        for (var index = first; index < first + count; index++)
            writer.WriteRaw(PlainSet.KeyAndValue(_steps[index].Command.Span));
        _stepsOf.Add((first, count));
    }

    /// <summary>Writes a command that is none of the changes.</summary>
    protected void Write(params ReadOnlySpan<RespArgument> command)
    {
        new RespWriter(_body).WriteCommand(command);
        _stepsOf.Add((NoStep, 0));
    }

    /// <summary>Writes a command whose answer is not counted among the others.</summary>
    protected void WriteUncounted(string command) => new RespWriter(_body).WriteCommand(command);

    /// <summary>Has what follows happen in a database.</summary>
    protected void Select(int database)
    {
        if (database == _database)
            return;

        Write("SELECT", database);
        _database = database;
        _databases.Add(database);
        OnSelected();
    }

    /// <summary>A SELECT was written.</summary>
    protected virtual void OnSelected() { }
}
