namespace Godwit.SideBySide.Measuring;

/// <summary>All runs of one contender with one data set.</summary>
/// <param name="Contender">Its name.</param>
internal sealed record Series(string Contender)
{
    private readonly List<Figures> _runs = [];

    /// <summary>Why it does not count; null if it does.</summary>
    public string? Failure { get; private set; }

    /// <summary>What was measured, in the order of the runs.</summary>
    public IReadOnlyList<Figures> Runs => _runs;

    /// <summary>It has run at least once, and each time to the end.</summary>
    public bool Counts => Failure is null && _runs.Count > 0;

    public TimeSpan MedianWall => Median(run => run.Wall)!.Value;

    public void Add(Figures figures) => _runs.Add(figures);

    public void Fail(string reason) => Failure = reason;

    /// <summary>The median of what the runs give; null if one of them gives nothing.</summary>
    public TimeSpan? Median(Func<Figures, TimeSpan?> figure)
    {
        var values = _runs.Select(figure).Order().ToArray();
        if (values.Length == 0 || values.Contains(null))
            return null;
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    /// <summary>The greatest of what the runs give; null if none gives anything.</summary>
    public T? Max<T>(Func<Figures, T?> figure)
        where T : struct => _runs.Max(figure);
}
