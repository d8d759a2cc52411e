using Godwit.SideBySide.Measuring;

namespace Godwit.SideBySide.Contenders;

/// <summary>One way to move a data set.</summary>
internal interface IContender
{
    /// <summary>What the options and the results call it.</summary>
    string Name { get; }

    /// <summary>Moves the data set once.</summary>
    /// <exception cref="BenchException">It did not do its work, or not all of it: then it does not count.</exception>
    Task<Figures> RunAsync(Setting setting, CancellationToken cancellationToken);
}
