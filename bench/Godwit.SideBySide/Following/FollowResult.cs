namespace Godwit.SideBySide.Following;

/// <summary>What was measured of one follower with one load, in one turn or in all of them together.</summary>
/// <param name="Follower">Its name.</param>
internal sealed record FollowFigures(string Follower)
{
    /// <summary>Medians of several turns; the lags of all, and the most memory.</summary>
    /// <param name="turns">Of one follower, at least one.</param>
    public static FollowFigures Of(IReadOnlyList<FollowFigures> turns) =>
        new(turns[0].Follower)
        {
            Rate = Median(turns, turn => turn.Rate),
            SourceRate = Median(turns, turn => turn.SourceRate),
            Lags = [.. turns.SelectMany(turn => turn.Lags).Order()],
            OwnCpu = turns[0].OwnCpu is null ? null : Median(turns, turn => turn.OwnCpu!.Value),
            SourceCpu = Median(turns, turn => turn.SourceCpu),
            TargetCpu = Median(turns, turn => turn.TargetCpu),
            OwnMemory = turns.Max(turn => turn.OwnMemory),
        };

    /// <summary>The highest steady rate that it follows, in commands a second.</summary>
    public required double Rate { get; init; }

    /// <summary>What the source takes from a client that waits for nothing, in commands a second.</summary>
    public required double SourceRate { get; init; }

    /// <summary>Lags at half of <see cref="Rate"/>, in rising order.</summary>
    public required IReadOnlyList<TimeSpan> Lags { get; init; }

    /// <summary>Processor time of a command at half of <see cref="Rate"/>, in microseconds: the program's own; null where there is none.</summary>
    public required double? OwnCpu { get; init; }

    /// <summary>As <see cref="OwnCpu"/>, of the source.</summary>
    public required double SourceCpu { get; init; }

    /// <summary>As <see cref="OwnCpu"/>, of the target.</summary>
    public required double TargetCpu { get; init; }

    /// <summary>The most resident memory of the program over all of it, in bytes.</summary>
    public required long? OwnMemory { get; init; }

    /// <summary>The lag that so much of all stay below.</summary>
    /// <param name="part">From 0 to 1.</param>
    public TimeSpan Lag(double part) => Lags[(int)Math.Min(Lags.Count - 1, part * Lags.Count)];

    // Of an even number the lower one of the two in the middle.
    private static double Median(IReadOnlyList<FollowFigures> turns, Func<FollowFigures, double> figure) =>
        turns.Select(figure).Order().ElementAt((turns.Count - 1) / 2);
}

/// <summary>What was measured with one load.</summary>
/// <param name="Load">The load.</param>
/// <param name="Figures">Those of each follower that counts.</param>
/// <param name="Failures">Why others do not count.</param>
internal sealed record FollowResult(
    ChangeLoad Load,
    IReadOnlyList<FollowFigures> Figures,
    IReadOnlyList<string> Failures
)
{
    /// <summary>The figures of a follower; null if it was not run or does not count.</summary>
    public FollowFigures? Find(string follower) => Figures.FirstOrDefault(one => one.Follower == follower);
}
