using System.CommandLine;
using Godwit.Cli.Usage;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Transform;
using Godwit.Verification;

namespace Godwit.Cli.Commands;

/// <summary>The options of <c>godwit verify</c> that say what is compared, and what becomes of what differs.</summary>
internal sealed class VerifyOptionSet
{
    private const long Mebibyte = 1024 * 1024;

    // Longer than anybody waits between two looks.
    private const double MostSeconds = 86400;

    private readonly Option<VerifyMode> _mode = OptionKinds.Choice(
        "--mode",
        "What is compared. existence: both sides have the key. type: and it is of one type and as long. ttl: and it expires "
            + "at the same time. full: type, expiry and every element.",
        VerifyMode.Full,
        ("existence", VerifyMode.Existence),
        ("type", VerifyMode.Type),
        ("ttl", VerifyMode.Ttl),
        ("full", VerifyMode.Full)
    );

    private readonly RackOptions _rack = new();

    private readonly Option<DatabaseMap?> _mapDb = DatabaseMapOption.Create("--map-db");

    private readonly Option<double?> _sample = OptionKinds.Decimal(
        "--sample",
        "PERCENT",
        0.000_001,
        100,
        "Compare only so many of a hundred keys, chosen by their names, the same ones on both sides and each time; and say what "
            + "that tells of all.",
        "100"
    );

    private readonly Option<long?> _ttlTolerance = OptionKinds.Number(
        "--ttl-tolerance",
        0,
        long.MaxValue,
        "Milliseconds by which expiries may differ.",
        "1000 ms"
    );

    private readonly Option<string?> _againstReport = OptionKinds.Text(
        "--against-report",
        "FILE",
        "Compare only the keys that this report of an earlier run names.",
        "all keys"
    );

    private readonly Option<long?> _rounds = OptionKinds.Number(
        "--rounds",
        1,
        1000,
        "How often a key that differs is looked at. It counts as different only if it differs in the same way the last two "
            + "times; else it is moving.",
        "3"
    );

    private readonly Option<double?> _delay = OptionKinds.Decimal(
        "--delay",
        "S",
        0,
        MostSeconds,
        "Seconds between two rounds: longer than a change takes to reach the target.",
        "2 s"
    );

    private readonly Option<bool> _repair = OptionKinds.Flag(
        "--repair",
        "Write the source's present state of what differs to the target, then compare that again."
    );

    private readonly Option<bool> _deleteExtra = OptionKinds.Flag(
        "--delete-extra",
        "With --repair: delete what only the target has."
    );

    private readonly Option<string?> _report = OptionKinds.Text(
        "--report",
        "FILE",
        "Write a line of JSON for each difference: its kind, the key, and where it differs first. The file must be new.",
        "none"
    );

    private readonly Option<bool> _showValues = OptionKinds.Flag(
        "--show-values",
        "Show what differs, up to 1 KiB of each side, in the report and the summary."
    );

    private readonly Option<long?> _maxKeysPerSecond = OptionKinds.Number(
        "--max-keys-per-second",
        1,
        long.MaxValue,
        "Ask the source for no more keys than this in any second.",
        "no limit"
    );

    private readonly Option<long?> _maxBytesPerSecond = OptionKinds.Size(
        "--max-bytes-per-second",
        least: (1024, "1KiB"),
        most: null,
        "Read no more bytes than this from the source in any second, 1KiB and up, in the middle of large values too.",
        "no limit"
    );

    private readonly Option<long?> _maxMemory = OptionKinds.Size(
        "--max-memory",
        least: (64 * Mebibyte, "64MiB"),
        most: null,
        "What Godwit may hold of what it compares, 64MiB and up.",
        "256MiB"
    );

    /// <summary>As help shows them.</summary>
    public IReadOnlyList<OptionGroup> Groups =>
        [
            new(
                "What is compared",
                [_mode, _sample, _ttlTolerance, _mapDb, _rack.Rack, _rack.Datacenter, _againstReport]
            ),
            new("What differs", [_rounds, _delay, _report, _showValues, _repair, _deleteExtra]),
            new(
                "Load",
                [_maxKeysPerSecond, _maxBytesPerSecond, _maxMemory],
                "A SIZE is a number with KiB, MiB, GiB (powers of 1024) or kB, MB, GB (of 1000)."
            ),
        ];

    /// <summary>Reads the options; what is wrong with them together is added to the errors.</summary>
    public VerificationOptions Read(
        ParseResult parsed,
        IReadOnlyList<Endpoint> sources,
        Endpoint target,
        List<UsageError> errors
    )
    {
        RefuseUseless(parsed, sources, target, errors);
        return new VerificationOptions
        {
            Sources = sources,
            Target = target,
            Databases = parsed.GetValue(_mapDb) ?? DatabaseMap.None,
            DynomiteRack = parsed.GetValue(_rack.Rack),
            DynomiteDatacenter = parsed.GetValue(_rack.Datacenter),
            Mode = parsed.GetValue(_mode),
            SamplePercent = parsed.GetValue(_sample) ?? 100,
            Rounds = (int)(parsed.GetValue(_rounds) ?? 3),
            Delay = TimeSpan.FromSeconds(parsed.GetValue(_delay) ?? 2),
            TtlTolerance = parsed.GetValue(_ttlTolerance) ?? 1000,
            Repair = parsed.GetValue(_repair),
            DeleteExtra = parsed.GetValue(_deleteExtra),
            ReportFile = parsed.GetValue(_report),
            AgainstReport = parsed.GetValue(_againstReport),
            ShowValues = parsed.GetValue(_showValues),
            MaxKeysPerSecond = parsed.GetValue(_maxKeysPerSecond),
            MaxBytesPerSecond = parsed.GetValue(_maxBytesPerSecond),
            MaxMemory = parsed.GetValue(_maxMemory) ?? MigrationOptions.DefaultMaxMemory,
        };
    }

    private void RefuseUseless(
        ParseResult parsed,
        IReadOnlyList<Endpoint> sources,
        Endpoint target,
        List<UsageError> errors
    )
    {
        _rack.RefuseUseless(parsed, sources, errors);
        if (sources.Any(source => source is RdbFileEndpoint) && parsed.GetValue(_mapDb) is not null)
            errors.Add(
                new UsageError("--map-db is for servers: a file's database is compared with that of its number.")
            );
        if (parsed.GetValue(_deleteExtra) && !parsed.GetValue(_repair))
            errors.Add(new UsageError("--delete-extra has no use without --repair.", "Add --repair, or leave it out."));
        if (parsed.GetValue(_repair) && target is not ServerEndpoint)
            errors.Add(new UsageError("--repair writes to a server, and the target is a file.", "Leave it out."));
        if (parsed.GetValue(_againstReport) is not { } earlier)
            return;

        if (!File.Exists(earlier))
        {
            errors.Add(
                new UsageError(
                    $"{_againstReport.Name}: there is no file {earlier}.",
                    Before: _againstReport.Name,
                    Token: earlier
                )
            );
        }

        if (parsed.GetValue(_sample) is not null)
            errors.Add(new UsageError("--sample and --against-report both choose keys.", "Leave one of them out."));
    }
}
