using System.CommandLine;
using Godwit.Batches;
using Godwit.Cli.Usage;
using Godwit.Endpoints;
using Godwit.Live;
using Godwit.Migration;
using Godwit.Transform;

namespace Godwit.Cli.Commands;

/// <summary>The options of <c>godwit migrate</c> that say what is done, how, and what becomes of keys that fail.</summary>
internal sealed class MigrateOptionSet
{
    // Of MigrationOptions.ErrorsFile; the second is for a retry of the first, which is read while the other is written.
    private const string ErrorsFile = "godwit-errors.ndjson";
    private const string ErrorsFileOfRetry = "godwit-errors-retry.ndjson";

    private const long Kibibyte = 1024;
    private const long Mebibyte = 1024 * Kibibyte;

    private readonly Option<ReadMode> _read = OptionKinds.Choice(
        "--read",
        "How a live source is read: as a replica (PSYNC), or with SCAN and DUMP. auto: sync where the server lets us, else "
            + "scan, and says which and why.",
        ReadMode.Auto,
        ("auto", ReadMode.Auto),
        ("sync", ReadMode.Sync),
        ("scan", ReadMode.Scan)
    );

    private readonly RackOptions _rack = new();

    private readonly Option<ReadFrom> _readFrom = OptionKinds.Choice(
        "--read-from",
        "Which server is read of a cluster's shard, or of those that Sentinels name: a replica, where one holds all that its "
            + "primary has, or the primary. auto: a replica for scan, the primary for sync.",
        ReadFrom.Auto,
        ("auto", ReadFrom.Auto),
        ("replica", ReadFrom.Replica),
        ("primary", ReadFrom.Primary)
    );

    private readonly Option<WriteMode> _write = OptionKinds.Choice(
        "--write",
        "How a server is written to: with RESTORE, or the types' own commands. auto: RESTORE where the target understands the "
            + "payload.",
        WriteMode.Auto,
        ("auto", WriteMode.Auto),
        ("restore", WriteMode.Restore),
        ("commands", WriteMode.Commands)
    );

    private readonly Option<OnExisting> _onExisting = OptionKinds.Choice(
        "--on-existing",
        "What a key gets that the target has already. fail: nothing begins while the target holds any key that could clash.",
        OnExisting.Fail,
        ("fail", OnExisting.Fail),
        ("skip", OnExisting.Skip),
        ("replace", OnExisting.Replace)
    );

    private readonly Option<DatabaseMap?> _mapDb = DatabaseMapOption.Create("--map-db");

    private readonly Option<bool> _flushTarget = OptionKinds.Flag(
        "--flush-target",
        "Delete everything that the target holds before the copy begins. Only with --yes."
    );

    private readonly Option<bool> _yes = OptionKinds.Flag(
        "--yes",
        "Yes: delete what --flush-target deletes, or --resume although the target has lost changes."
    );

    private readonly Option<Losses> _allowLoss = OptionKinds.Choices(
        "--allow-loss",
        "LOSS[,LOSS...]",
        "Losses to accept, and count, where the target cannot hold something: field-ttl, functions, idle, module-aux. What "
            + "is not accepted is a failed key.",
        (all, more) => all | more,
        ("field-ttl", Losses.FieldExpiries),
        ("functions", Losses.Functions),
        ("idle", Losses.Idle),
        ("module-aux", Losses.ModuleAux)
    );

    private readonly Option<string?> _errors = OptionKinds.Text(
        "--errors",
        "FILE",
        "Where keys that fail are named, each with its reason.",
        ErrorsFile
    );

    private readonly Option<long?> _maxErrors = OptionKinds.Number(
        "--max-errors",
        0,
        long.MaxValue,
        "Break off when more keys than this have failed.",
        "1000 keys"
    );

    private readonly Option<string?> _retry = OptionKinds.Text(
        "--retry",
        "FILE",
        "Try only the keys that this errors file of an earlier run names.",
        "all keys"
    );

    private readonly Option<long?> _connections = OptionKinds.Number(
        "--connections",
        1,
        64,
        "Connections to the target, 1 to 64, and sources that are read at once, where there are several. One connection is "
            + "enough to keep a server's one thread busy.",
        "1, and 8 sources"
    );

    private readonly Option<long?> _batch = OptionKinds.Number(
        "--batch",
        1,
        10_000,
        "Keys that one SCAN asks for at most, 1 to 10000. Where keys are large it asks for fewer.",
        "512 keys"
    );

    private readonly Option<long?> _maxKeysPerSecond = OptionKinds.Number(
        "--max-keys-per-second",
        1,
        long.MaxValue,
        "Read no more keys than this in any second from the source, or from each of several.",
        "no limit"
    );

    private readonly Option<long?> _maxBytesPerSecond = OptionKinds.Size(
        "--max-bytes-per-second",
        least: (Kibibyte, "1KiB"),
        most: null,
        "Read no more bytes than this in any second from the source, or from each of several, 1KiB and up, in the middle of "
            + "large values too.",
        "no limit"
    );

    // Below that minimum the buffers alone of a few connections would take it all.
    private readonly Option<long?> _maxMemory = OptionKinds.Size(
        "--max-memory",
        least: (64 * Mebibyte, "64MiB"),
        most: null,
        "What Godwit may hold of the data on its way, 64MiB and up. Where that is reached the source waits.",
        "256MiB"
    );

    // A piece is about a buffer long, which the minimum's sixteenth should not be far below. By default servers take no string
    // longer than 512 MiB from a client.
    private readonly Option<long?> _largeValue = OptionKinds.Size(
        "--large-value",
        least: (Mebibyte, "1MiB"),
        most: (512 * Mebibyte, "512MiB"),
        "From this serialized size on, 1MiB to 512MiB, a string or list is written in pieces, by its type's commands; a "
            + "hash, set or sorted set from a sixteenth of it, a stream from sixteen times it. So nothing has to hold it "
            + "whole, and no command holds the target up for long.",
        "4MiB"
    );

    private readonly Option<bool> _verify = OptionKinds.Flag(
        "--verify",
        "At the end, compare source and target as godwit verify does: exit code 1 if they differ. With --live, for --until "
            + "caught-up."
    );

    private readonly LiveOptionSet _live = new();

    /// <summary>As help shows them.</summary>
    public IReadOnlyList<OptionGroup> Groups =>
        [
            new(
                "What is done",
                [
                    _read,
                    _readFrom,
                    _rack.Rack,
                    _rack.Datacenter,
                    _write,
                    _mapDb,
                    _onExisting,
                    _flushTarget,
                    _yes,
                    _allowLoss,
                    _verify,
                ]
            ),
            _live.Group,
            new("Keys that fail", [_errors, _maxErrors, _retry]),
            new(
                "Load",
                [_connections, _batch, _maxKeysPerSecond, _maxBytesPerSecond, _maxMemory, _largeValue],
                "A SIZE is a number with KiB, MiB, GiB (powers of 1024) or kB, MB, GB (of 1000)."
            ),
        ];

    /// <summary>Reads the options; what is wrong with them together is added to the errors.</summary>
    public MigrationOptions Read(
        ParseResult parsed,
        IReadOnlyList<Endpoint> sources,
        Endpoint target,
        List<UsageError> errors
    )
    {
        RefuseUnconfirmed(parsed, target, errors);
        RefuseUseless(parsed, sources, target, errors);
        var retry = parsed.GetValue(_retry);
        var live = _live.Read(parsed, parsed.GetValue(_yes), sources, target, errors);
        RefuseUnverifiable(parsed, sources, target, live, errors);
        return new MigrationOptions
        {
            Sources = sources,
            Target = target,
            DynomiteRack = parsed.GetValue(_rack.Rack),
            DynomiteDatacenter = parsed.GetValue(_rack.Datacenter),
            Read = parsed.GetValue(_read),
            ReadFrom = parsed.GetValue(_readFrom),
            Write = parsed.GetValue(_write),
            OnExisting = parsed.GetValue(_onExisting),
            Databases = parsed.GetValue(_mapDb) ?? DatabaseMap.None,
            FlushTarget = parsed.GetValue(_flushTarget),
            AllowLoss = parsed.GetValue(_allowLoss),
            ErrorsFile = ErrorsFileBeside(retry, parsed.GetValue(_errors), errors),
            MaxErrors = parsed.GetValue(_maxErrors) ?? 1000,
            RetryFile = retry,
            Connections = (int?)parsed.GetValue(_connections),
            Batch = (int?)parsed.GetValue(_batch),
            MaxKeysPerSecond = parsed.GetValue(_maxKeysPerSecond),
            MaxBytesPerSecond = parsed.GetValue(_maxBytesPerSecond),
            MaxMemory = parsed.GetValue(_maxMemory) ?? MigrationOptions.DefaultMaxMemory,
            Live = live,
            Verify = parsed.GetValue(_verify),
            LargeValues = new LargeValueLimits(parsed.GetValue(_largeValue) ?? LargeValueLimits.Default),
        };
    }

    private void RefuseUnconfirmed(ParseResult parsed, Endpoint target, List<UsageError> errors)
    {
        if (!parsed.GetValue(_flushTarget))
            return;
        if (target is not ServerEndpoint)
            errors.Add(new UsageError("--flush-target empties a server, and the target is a file."));
        else if (!parsed.GetValue(_yes))
            errors.Add(
                new UsageError(
                    "--flush-target deletes everything that the target holds.",
                    "Add --yes if that is what you want."
                )
            );
    }

    private void RefuseUseless(
        ParseResult parsed,
        IReadOnlyList<Endpoint> sources,
        Endpoint target,
        List<UsageError> errors
    )
    {
        if (sources.All(source => source is RdbFileEndpoint) && parsed.GetValue(_read) != ReadMode.Auto)
            errors.Add(new UsageError("--read is for a live source, and the source is a file.", "Leave it out."));
        _rack.RefuseUseless(parsed, sources, errors);
        if (sources.All(source => source is RdbFileEndpoint) && parsed.GetValue(_readFrom) != ReadFrom.Auto)
            errors.Add(new UsageError("--read-from is for a live source, and the source is a file.", "Leave it out."));
        if (target is ServerEndpoint { Database: { } only } && parsed.GetValue(_mapDb) is not null)
        {
            errors.Add(
                new UsageError(
                    $"--map-db has no use: the target names database {only}, which takes all keys.",
                    "Leave the database out of the target's URI, or --map-db."
                )
            );
        }

        if (target is not ServerEndpoint && parsed.GetValue(_write) != WriteMode.Auto)
            errors.Add(new UsageError("--write is for a server, and the target is a file.", "Leave it out."));
        if (parsed.GetValue(_write) == WriteMode.Restore && parsed.GetValue(_largeValue) is not null)
        {
            errors.Add(
                new UsageError(
                    "--large-value has no use with --write restore: RESTORE takes a value as a whole.",
                    "Leave one of them out."
                )
            );
        }
    }

    private void RefuseUnverifiable(
        ParseResult parsed,
        IReadOnlyList<Endpoint> sources,
        Endpoint target,
        LiveOptions? live,
        List<UsageError> errors
    )
    {
        if (!parsed.GetValue(_verify))
            return;
        ComparableSides.Check(sources, target, errors);
        if (target is not ServerEndpoint)
            errors.Add(new UsageError("--verify compares with a server, and the target is a file.", "Leave it out."));
        if (live is { Until: not Until.CaughtUp })
        {
            errors.Add(
                new UsageError(
                    "--verify is for a migration that ends by itself, and this one goes on until it is stopped.",
                    "Add --until caught-up, or run godwit verify meanwhile."
                )
            );
        }

        if (sources.Any(source => source is RdbFileEndpoint) && parsed.GetValue(_mapDb) is not null)
            errors.Add(
                new UsageError("--verify compares a file's database with that of its number, whatever --map-db says.")
            );
    }

    private string ErrorsFileBeside(string? retry, string? errorsFile, List<UsageError> errors)
    {
        if (retry is null)
            return errorsFile ?? ErrorsFile;
        if (!File.Exists(retry))
            errors.Add(new UsageError($"{_retry.Name}: there is no file {retry}.", Before: _retry.Name, Token: retry));

        var isSame = string.Equals(
            Path.GetFullPath(retry),
            Path.GetFullPath(errorsFile ?? ErrorsFile),
            StringComparison.Ordinal
        );
        if (isSame && errorsFile is not null)
            errors.Add(
                new UsageError(
                    "--errors and --retry name the same file: it would be written while it is read.",
                    "Name another file after --errors."
                )
            );
        return isSame ? ErrorsFileOfRetry : errorsFile ?? ErrorsFile;
    }
}
