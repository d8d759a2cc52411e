using Godwit.Cli.Output;

namespace Godwit.Cli.Terminal;

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressDisplays
{
    /// <summary>A bar on a terminal, lines elsewhere, nothing where its user wants none.</summary>
    /// <param name="surroundings">Where it is shown.</param>
    /// <param name="settings">What its user wants.</param>
    /// <param name="log">Takes the lines.</param>
    /// <param name="isOutputShared">Results pass on the same terminal, and would tear a row apart.</param>
    public static IProgressDisplay Choose(
        Surroundings surroundings,
        OutputSettings settings,
        StandardErrorLog log,
        bool isOutputShared
    )
    {
        if (settings.Progress == ProgressMode.Never || (settings.Progress == ProgressMode.Auto && settings.Quiet))
            return new NoProgress();

        var canDraw =
            surroundings.ErrorIsTerminal
            && settings.LogFormat == LogFormat.Text
            && !isOutputShared
            && !Ink.IsDumb(surroundings);
        return canDraw ? new ProgressBar(surroundings, log.Rows) : new ProgressLines(log, surroundings.TimeProvider);
    }
}
