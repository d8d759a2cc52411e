using Godwit.Connections;
using Godwit.Protocol.Resp;
using Godwit.Sources.Scan;

namespace Godwit.Migration.Rights;

/// <summary>Which of the commands that reading by SCAN takes a server runs for us: each was tried on a key that is not there.</summary>
internal sealed class SourceRights
{
    private const string Key = ScanRights.AnyKey;
    private const int LongestName = 512;

    // In their order: the last one only after all others, since a transaction that cannot be ended takes no more commands.
    private static readonly RespArgument[][] Commands =
    [
        ["SCAN", "0", "COUNT", 1],
        ["DUMP", Key],
        ["PEXPIRETIME", Key],
        ["PTTL", Key],
        ["TIME"],
        ["SELECT", 0],
        ["EXISTS", Key],
        ["PING"],
        ["FUNCTION", "LIST"],
        ["MEMORY", "USAGE", Key],
        ["WATCH", Key],
        ["UNWATCH"],
        ["TYPE", Key],
        ["STRLEN", Key],
        ["GETRANGE", Key, 0, 0],
        ["LLEN", Key],
        ["LRANGE", Key, 0, 0],
        ["SSCAN", Key, 0],
        ["ZSCAN", Key, 0],
        ["HSCAN", Key, 0],
        ["HPEXPIRETIME", Key, "FIELDS", 1, "f"],
    ];

    private static readonly RespArgument[][] ClusterCommands =
    [
        ["ASKING"],
        ["CLUSTER", "COUNTKEYSINSLOT", 0],
        ["CLUSTER", "GETKEYSINSLOT", 0, 1],
        ["READONLY"],
    ];

    private static readonly RespArgument[][] Transaction =
    [
        ["MULTI"],
        ["EXEC"],
    ];

    private static readonly string[] ForPieces =
    [
        "WATCH",
        "UNWATCH",
        "TYPE",
        "STRLEN",
        "GETRANGE",
        "LLEN",
        "LRANGE",
        "SSCAN",
        "ZSCAN",
        "HSCAN",
        "HPEXPIRETIME",
        "MULTI",
        "EXEC",
    ];

    private static readonly string[] ForMovedSlots = ["ASKING", "CLUSTER COUNTKEYSINSLOT", "CLUSTER GETKEYSINSLOT"];

    private readonly Dictionary<string, CommandAnswer> _answers;

    private SourceRights(Dictionary<string, CommandAnswer> answers) => _answers = answers;

    /// <summary>The name of some key that the server has; null if it told none.</summary>
    public byte[]? SomeName { get; private init; }

    /// <summary>What cannot be done without, and is refused or missing; empty if SCAN can be read with.</summary>
    public IReadOnlyList<CommandAnswer> MissingForScan
    {
        get
        {
            var missing = Closed("SCAN", "DUMP", "SELECT");
            // Without PEXPIRETIME (7.0) the moment is worked out.
            return IsOpen("PEXPIRETIME") ? missing : [.. missing, .. Closed("PTTL", "TIME")];
        }
    }

    /// <summary>The server tells how large a key is; without that values are read whole.</summary>
    public bool TellsSizes => IsOpen("MEMORY USAGE");

    /// <summary>What large values would want, and is refused.</summary>
    public IReadOnlyList<CommandAnswer> RefusedForPieces => Refused(ForPieces);

    /// <summary>What slots that change hands want, and is refused; empty where there is no cluster.</summary>
    public IReadOnlyList<CommandAnswer> RefusedForMovedSlots => Refused(ForMovedSlots);

    /// <summary>READONLY, if a cluster's replicas may not be read.</summary>
    public IReadOnlyList<CommandAnswer> RefusedForReplicas => Refused("READONLY");

    /// <summary>What it takes to read a key anew while changes are followed, and is refused.</summary>
    public IReadOnlyList<CommandAnswer> RefusedForRereading =>
        [
            .. Refused("SCAN", "DUMP", "TYPE", "SELECT", "EXISTS", "MULTI", "EXEC"),
            .. IsOpen("PEXPIRETIME") ? [] : Refused("PEXPIRETIME", "PTTL", "TIME"),
        ];

    /// <summary>What hearing of changed keys by name takes beside reading them, and is refused.</summary>
    public IReadOnlyList<CommandAnswer> RefusedForNames => Refused("EXISTS", "PING");

    /// <summary>GETRANGE, if it is refused: short strings are then read by DUMP, which costs the source more.</summary>
    public IReadOnlyList<CommandAnswer> RefusedForShortStrings => Refused("GETRANGE");

    /// <summary>What tells expiries best, if it is refused (7.0): the moment is then worked out.</summary>
    public IReadOnlyList<CommandAnswer> RefusedForExpiries => Refused("PEXPIRETIME");

    /// <summary>FUNCTION LIST (7.0), if it is refused.</summary>
    public IReadOnlyList<CommandAnswer> RefusedForFunctions => Refused("FUNCTION LIST");

    /// <summary>Tries the commands on a connection of their own.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public static async Task<SourceRights> AskAsync(
        LiveEnd source,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var connection = await RedisConnection
            .ConnectAsync(source.Connection.Endpoint, new ConnectionOptions(), timeProvider, cancellationToken)
            .ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        RespArgument[][] commands =
        [
            .. Commands.Select(command =>
                command[0].Text == "SELECT" ? ["SELECT", connection.Endpoint.Database ?? 0] : command
            ),
            .. source.Topology.IsCluster ? ClusterCommands : [],
            .. Transaction,
        ];
        var replies = await Pipeline.AskAsync(connection, commands, cancellationToken).ConfigureAwait(false);
        var answers = new Dictionary<string, CommandAnswer>(StringComparer.Ordinal);
        foreach (var (command, reply) in commands.Zip(replies))
        {
            var error = reply.IsError ? ServerErrorException.Clean(reply.Bytes.Span) : "";
            var permission = reply.IsError ? ReplyMeaning.Of(error) : Permission.Permitted;
            var name = CommandName.Of(command);
            // An error of another kind comes from the command itself: it was run.
            if (permission == Permission.Unknown)
                permission = Permission.Permitted;
            answers[name] = new CommandAnswer(name, permission, error);
        }

        return new SourceRights(answers) { SomeName = NameIn(replies[0]) };
    }

    // Of a very long name nothing is to be learned that a short one does not tell.
    private static byte[]? NameIn(RespValue scan) =>
        scan is { IsError: false, Items: [_, { Items: [var first, ..] }] } && first.Bytes.Length < LongestName
            ? first.Bytes.ToArray()
            : null;

    private bool IsOpen(string command) => _answers[command].IsPermitted;

    private IReadOnlyList<CommandAnswer> Refused(params IEnumerable<string> commands) =>
        [
            .. commands
                .Select(command => _answers.GetValueOrDefault(command))
                .OfType<CommandAnswer>()
                .Where(answer => answer.Permission == Permission.Refused),
        ];

    private IReadOnlyList<CommandAnswer> Closed(params IEnumerable<string> commands) =>
        [.. commands.Select(command => _answers[command]).Where(answer => !answer.IsPermitted)];
}
