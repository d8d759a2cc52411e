namespace Godwit.Migration;

/// <summary>
/// What happened to the servers while they were read and written, and what was done about it, for the report: a slot that moved,
/// a primary that was lost. One sentence each, in their order. Safe for use from any thread.
/// </summary>
internal sealed class RunEvents
{
    // Where more happens than this, the log has it all.
    private const int Most = 1000;

    private readonly Lock _lock = new();
    private readonly List<string> _events = [];

    /// <summary>All so far.</summary>
    public IReadOnlyList<string> All
    {
        get
        {
            lock (_lock)
                return [.. _events];
        }
    }

    /// <summary>Adds one: a sentence without its full stop.</summary>
    public void Add(string happened)
    {
        lock (_lock)
        {
            if (_events.Count < Most)
                _events.Add(happened);
        }
    }
}
