using Godwit.Migration;

namespace Godwit.Targets.Redis;

/// <summary>What the user chose about writing to a server, and what its connections share.</summary>
internal sealed class RedisTargetOptions
{
    private int _sourceDatabase = -1;

    /// <summary>How keys are written.</summary>
    public required WriteMode Write { get; init; }

    /// <summary>What an existing key gets.</summary>
    public required OnExisting OnExisting { get; init; }

    /// <summary>The one database that the target's URI names; null where each key keeps its number.</summary>
    public required int? Database { get; init; }

    /// <summary>The source may give a key twice, as SCAN does.</summary>
    public required bool SourceMayRepeat { get; init; }

    /// <summary>Connections, 1 to 64.</summary>
    public required int Connections { get; init; }

    /// <summary>The ways of writing that were taken, for the report.</summary>
    public WaysOfWriting Ways { get; } = new();

    /// <summary>
    /// Where the target names one database, it takes the keys of one source database: the first that comes. Two would be
    /// mixed, and could not be told apart any more. Safe for use from any thread.
    /// </summary>
    public bool ClaimSourceDatabase(int database)
    {
        var claimed = Interlocked.CompareExchange(ref _sourceDatabase, database, -1);
        return claimed == -1 || claimed == database;
    }
}

/// <summary>The ways of writing that were taken.</summary>
internal sealed class WaysOfWriting
{
    /// <summary>At least one key went by RESTORE.</summary>
    public volatile bool UsedRestore;

    /// <summary>At least one key went by its type's commands.</summary>
    public volatile bool UsedCommands;

    /// <summary>As the report has it: <c>restore</c>, <c>commands</c> or <c>restore+commands</c>.</summary>
    public string Describe(WriteMode mode) =>
        (UsedRestore, UsedCommands) switch
        {
            (true, true) => "restore+commands",
            (false, true) => "commands",
            (true, false) => "restore",
            _ => mode == WriteMode.Commands ? "commands" : "restore",
        };
}
