using Godwit.IntegrationTests.Live.Load.Forms;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>What a connection does next: one command, a transaction, or what is rare and concerns whole databases.</summary>
/// <param name="settings">What the load is like.</param>
/// <param name="known">The commands that the server has.</param>
/// <param name="choices">The connection's choices.</param>
/// <param name="inCluster">Only what a node of a cluster takes.</param>
internal sealed class LoadSteps(LoadSettings settings, IReadOnlySet<string> known, LoadChoices choices, bool inCluster)
{
    // Of so many steps one is such.
    private const int StepsPerTransaction = 12;
    private const int StepsPerSelect = 25;
    private const int StepsPerFlush = 8_000;
    private const int StepsPerSwap = 4_000;

    private readonly WeightedForms _anywhere = new(
        CommandForms.All.Where(form => form.IsFor(settings, known, inCluster))
    );

    private readonly WeightedForms _inTransactions = new(
        CommandForms.All.Where(form => form.IsFor(settings, known, inCluster) && !form.OutsideTransactions)
    );

    /// <summary>Commands that are sent one right behind the other.</summary>
    public object[][] Next()
    {
        choices.BeginStep();
        if (choices.Chance(1, StepsPerTransaction))
            return Transaction();
        if (inCluster)
            return [Command(_anywhere)];
        if (choices.Chance(1, StepsPerSelect))
            return [Select(choices.OneOf(settings.Databases))];
        if (settings.FlushedDatabases.Count > 0 && choices.Chance(1, StepsPerFlush))
            return Flush();
        if (settings.SwapsDatabases && choices.Chance(1, StepsPerSwap))
            return
            [
                ["SWAPDB", settings.Databases[^1], settings.Databases[^2]],
            ];
        return [Command(_anywhere)];
    }

    private object[] Command(WeightedForms forms) => forms.Choose(choices).Command(choices);

    private object[][] Transaction()
    {
        var commands = Enumerable.Range(0, 1 + choices.Next(6)).Select(_ => Command(_inTransactions)).ToList();
        if (!inCluster && choices.Chance(1, 6))
            commands.Insert(choices.Next(commands.Count), Select(choices.OneOf(settings.Databases)));
        return
        [
            ["MULTI"],
            .. commands,
            [choices.Chance(1, 12) ? "DISCARD" : "EXEC"],
            Select(choices.Database),
        ];
    }

    private object[][] Flush()
    {
        var emptied = choices.OneOf(settings.FlushedDatabases);
        var back = choices.Database;
        return [Select(emptied), choices.Chance(1, 2) ? ["FLUSHDB"] : ["FLUSHDB", "ASYNC"], Select(back)];
    }

    private object[] Select(int database)
    {
        choices.Database = database;
        return ["SELECT", database];
    }
}
