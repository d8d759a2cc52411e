using Godwit.Connections;
using Godwit.Migration;
using Godwit.Transform;

namespace Godwit.Targets.Redis;

/// <summary>What the user chose about writing to a server, and what its connections share.</summary>
internal sealed class RedisTargetOptions
{
    private int _sourceDatabase = -1;

    /// <summary>
    /// The keys are those of which an earlier run said that they failed. One whose answer was lost may be there all the same. Default: no.
    /// </summary>
    public bool IsRetry { get; init; }

    /// <summary>How keys are written.</summary>
    public required WriteMode Write { get; init; }

    /// <summary>What an existing key gets.</summary>
    public required OnExisting OnExisting { get; init; }

    /// <summary>The one database that the target's URI names; null where each key keeps its number.</summary>
    public required int? Database { get; init; }

    /// <summary>Where each key goes whose database does not keep its number.</summary>
    public DatabaseMap Databases { get; init; } = DatabaseMap.None;

    /// <summary>There are several sources, each of which may give the same key.</summary>
    public required bool SeveralSources { get; init; }

    /// <summary>The target is a cluster: two names in one command must lie in one slot.</summary>
    public bool IsCluster { get; init; }

    /// <summary>Connections to each server that is written to, 1 to 64.</summary>
    public required int Connections { get; init; }

    /// <summary>How they behave. Default: as every connection does.</summary>
    public ConnectionOptions Connection { get; init; } = new();

    /// <summary>How long nobody may answer for a key before the run breaks off. Default: 60 s, several times what a failover takes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The ways of writing that were taken, for the report.</summary>
    public WaysOfWriting Ways { get; } = new();

    /// <summary>The target's database for keys of one of the source's.</summary>
    public int DatabaseOf(int database) => Database ?? Databases.Of(database);

    /// <summary>
    /// Where the target names one database, and a source none, it takes the keys of one source database: the first that comes.
    /// Two would be mixed, and could not be told apart any more. Safe for use from any thread.
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
