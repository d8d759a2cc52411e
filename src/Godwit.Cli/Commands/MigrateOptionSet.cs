using System.CommandLine;
using Godwit.Batches;
using Godwit.Cli.Usage;
using Godwit.Endpoints;
using Godwit.Migration;

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

    private readonly Option<bool> _flushTarget = OptionKinds.Flag(
        "--flush-target",
        "Delete everything that the target holds before the copy begins. Only with --yes."
    );

    private readonly Option<bool> _yes = OptionKinds.Flag("--yes", "Yes, delete what --flush-target deletes.");

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
        "Connections to the target, 1 to 64. One is enough to keep a server's one thread busy.",
        "1"
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
        "Read no more keys than this from the source in any second.",
        "no limit"
    );

    private readonly Option<long?> _maxBytesPerSecond = OptionKinds.Size(
        "--max-bytes-per-second",
        least: (Kibibyte, "1KiB"),
        most: null,
        "Read no more bytes than this from the source in any second, 1KiB and up, in the middle of large values too.",
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
            + "hash, set or sorted set from a sixteenth of it, a stream from four times it. So nothing has to hold it "
            + "whole, and no command holds the target up for long.",
        "16MiB"
    );

    /// <summary>As help shows them.</summary>
    public IReadOnlyList<OptionGroup> Groups =>
        [
            new("What is done", [_read, _write, _onExisting, _flushTarget, _yes, _allowLoss]),
            new("Keys that fail", [_errors, _maxErrors, _retry]),
            new(
                "Load",
                [_connections, _batch, _maxKeysPerSecond, _maxBytesPerSecond, _maxMemory, _largeValue],
                "A SIZE is a number with KiB, MiB, GiB (powers of 1024) or kB, MB, GB (of 1000)."
            ),
        ];

    /// <summary>Reads the options; what is wrong with them together is added to the errors.</summary>
    public MigrationOptions Read(ParseResult parsed, Endpoint source, Endpoint target, List<UsageError> errors)
    {
        RefuseUnconfirmed(parsed, target, errors);
        RefuseUseless(parsed, source, target, errors);
        var retry = parsed.GetValue(_retry);
        return new MigrationOptions
        {
            Source = source,
            Target = target,
            Read = parsed.GetValue(_read),
            Write = parsed.GetValue(_write),
            OnExisting = parsed.GetValue(_onExisting),
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
            LargeValues = new LargeValueLimits(parsed.GetValue(_largeValue) ?? LargeValueLimits.Default),
        };
    }

    private void RefuseUnconfirmed(ParseResult parsed, Endpoint target, List<UsageError> errors)
    {
        if (!parsed.GetValue(_flushTarget))
            return;
        if (target is not RedisEndpoint)
            errors.Add(new UsageError("--flush-target empties a server, and the target is a file."));
        else if (!parsed.GetValue(_yes))
            errors.Add(
                new UsageError(
                    "--flush-target deletes everything that the target holds.",
                    "Add --yes if that is what you want."
                )
            );
    }

    private void RefuseUseless(ParseResult parsed, Endpoint source, Endpoint target, List<UsageError> errors)
    {
        if (source is not RedisEndpoint && parsed.GetValue(_read) != ReadMode.Auto)
            errors.Add(new UsageError("--read is for a live source, and the source is a file.", "Leave it out."));
        if (target is not RedisEndpoint && parsed.GetValue(_write) != WriteMode.Auto)
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
