using System.CommandLine;
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
        "Connections to the target, 1 to 64.",
        "sized from the ends"
    );

    private readonly Option<long?> _batch = OptionKinds.Number(
        "--batch",
        1,
        10_000,
        "Keys that one SCAN asks for, 1 to 10000.",
        "sized from the ends"
    );

    /// <summary>As help shows them.</summary>
    public IReadOnlyList<OptionGroup> Groups =>
        [
            new("What is done", [_read, _write, _onExisting, _flushTarget, _yes, _allowLoss]),
            new("Keys that fail", [_errors, _maxErrors, _retry]),
            new("Load", [_connections, _batch]),
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
