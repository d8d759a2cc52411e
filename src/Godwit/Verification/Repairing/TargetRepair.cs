using System.Text.Json;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Json;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Resp;
using Godwit.Sources.Rdb;
using Godwit.Verification.Differences;
using Godwit.Verification.Pairs;

namespace Godwit.Verification.Repairing;

/// <summary>
/// Makes the target like the source where the two differ, and touches nothing else. What is to be written is migrated by name,
/// each key in place of the target's; what only the target has is deleted where its user asked for that. Beside a live migration that
/// follows the source's stream it is that which does both.
/// </summary>
internal sealed class TargetRepair(
    VerificationOptions options,
    SidePair sides,
    RunningMigration? running,
    IMigrationLog log,
    TimeProvider timeProvider
)
{
    /// <summary>Where keys are named that could not be written.</summary>
    public const string ErrorsFile = "godwit-repair-errors.ndjson";

    // A migration holds the names of all keys that it is to try.
    private const int KeysOfOneMigration = 100_000;

    private readonly JobRepair? _job = running is { FollowsStream: true }
        ? new JobRepair(running.Directory, log, timeProvider)
        : null;

    private bool _hasLeftExtras;

    /// <summary>Repairs.</summary>
    /// <param name="suspects">What differs.</param>
    /// <param name="kindOf">In what, when all is said.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GodwitException">It could not go on.</exception>
    public async Task RepairAsync(SuspectList suspects, Func<Suspect, DifferenceKind> kindOf, CancellationToken stop)
    {
        if (_job is not null)
        {
            foreach (var group in suspects.Groups(sides.MostSuspects))
                await WriteByJobAsync(_job, [.. group.Where(IsToBeWritten)], stop).ConfigureAwait(false);
        }
        else
        {
            foreach (var keys in suspects.Portions(KeysOfOneMigration, IsToBeWritten))
                await WriteAsync(keys, stop).ConfigureAwait(false);
        }

        if (!options.DeleteExtra)
            return;

        foreach (var group in suspects.Groups(sides.MostSuspects))
        {
            var extras = group.Where(suspect => kindOf(suspect) == DifferenceKind.Extra).ToList();
            if (extras.Count > 0)
                await DeleteAsync(extras, stop).ConfigureAwait(false);
        }

        bool IsToBeWritten(Suspect suspect) =>
            kindOf(suspect)
                is DifferenceKind.Missing
                    or DifferenceKind.Type
                    or DifferenceKind.Value
                    or DifferenceKind.Ttl;
    }

    /// <summary>Repairs function libraries.</summary>
    /// <exception cref="ServerErrorException">The target refuses one.</exception>
    public async Task RepairAsync(
        IReadOnlyList<FunctionComparison.FunctionDifference> libraries,
        CancellationToken stop
    )
    {
        foreach (var library in libraries)
        {
            RespArgument[]? command = (library.Code, options.DeleteExtra) switch
            {
                ({ } code, _) => ["FUNCTION", "LOAD", "REPLACE", code],
                (null, true) => ["FUNCTION", "DELETE", library.Name],
                _ => null,
            };
            if (command is null)
                continue;

            var reply = await sides.TargetView!.ExecuteEverywhereAsync(command, stop).ConfigureAwait(false);
            if (reply.IsError)
            {
                log.Warn(
                    $"The function library {library.Name} could not be repaired: {ServerErrorException.Clean(reply.Bytes.Span)}."
                );
            }
        }
    }

    private async Task WriteAsync(IReadOnlyList<Suspect> suspects, CancellationToken stop)
    {
        var list = await WriteListAsync(suspects, stop).ConfigureAwait(false);
        try
        {
            var migration = new MigrationOptions
            {
                Sources = [.. options.Sources.Select(Apart)],
                Databases = options.Databases,
                DynomiteDatacenter = options.DynomiteDatacenter,
                DynomiteRack = options.DynomiteRack,
                Target = options.Target,
                OnExisting = OnExisting.Replace,
                RetryFile = list,
                ErrorsFile = ErrorsFile,
                MaxErrors = long.MaxValue,
                MaxKeysPerSecond = options.MaxKeysPerSecond,
                MaxBytesPerSecond = options.MaxBytesPerSecond,
                MaxMemory = options.MaxMemory,
            };
            var report = await new MigrationJob(migration, log, timeProvider).RunAsync(stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            if (report.Failure is { } failure)
                throw new RepairException(failure);
            if (report.Keys.Failed > 0)
                log.Warn($"{report.Keys.Failed} keys could not be repaired: {report.ErrorsFile} says why.");
        }
        finally
        {
            File.Delete(list);
        }
    }

    // Of files that a directory or a glob names each is a source of its own, so that a key can be taken from one of them.
    private static Endpoint Apart(Endpoint source) => source is RdbFileEndpoint files ? RdbFiles.Apart(files) : source;

    // In the form of an errors file: what a migration can be given to try again. Of several sources it takes each key from the
    // one that is named with it: if all gave it, whoever comes last would leave its own there.
    private async Task<string> WriteListAsync(IReadOnlyList<Suspect> suspects, CancellationToken cancellationToken)
    {
        string? unfinished = null;
        try
        {
            var file = PrivateFile.Create(FileOptions.None);
            unfinished = file.Name;
            await using (file.ConfigureAwait(false))
            {
                var groups = suspects.GroupBy(suspect => suspect.Databases);
                foreach (var group in groups.SelectMany(ofOne => ofOne.Chunk(sides.MostSuspects)))
                {
                    var origins = await sides.OriginsAsync(group, cancellationToken).ConfigureAwait(false);
                    foreach (var (suspect, origin) in group.Zip(origins))
                        WriteLine(file, suspect, origin);
                }
            }

            var list = unfinished;
            unfinished = null;
            return list;
        }
        catch (IOException exception)
        {
            throw new FileFailureException(
                $"The temporary list of keys to repair cannot be written: {exception.Message}",
                "Make room in the directory for temporary files (TMPDIR).",
                exception
            );
        }
        finally
        {
            if (unfinished is not null)
                File.Delete(unfinished);
        }
    }

    private static void WriteLine(FileStream file, Suspect suspect, string? origin)
    {
        using (var json = new Utf8JsonWriter(file))
        {
            json.WriteStartObject();
            json.WriteNumber("db", suspect.Databases.Source);
            json.WritePropertyName("key");
            BinaryText.WriteValue(json, suspect.Key);
            json.WriteString("type", "key");
            if (origin is not null)
                json.WriteString("source", origin);
            json.WriteEndObject();
        }

        file.WriteByte((byte)'\n');
    }

    // Only what the source still lacks when it is looked at once more.
    private async Task DeleteAsync(List<Suspect> extras, CancellationToken stop)
    {
        using var still = new SuspectList(long.MaxValue);
        await sides
            .CompareAsync(extras, new VerdictTally(showValues: false) { Suspects = still }, stop)
            .ConfigureAwait(false);
        var absent = still.All().Where(suspect => suspect.Kind == DifferenceKind.Extra);
        if (_job is not null)
        {
            await DeleteByJobAsync(_job, [.. absent], stop).ConfigureAwait(false);
            return;
        }

        foreach (var extra in absent)
        {
            await sides
                .TargetView!.ExecuteAsync(extra.Databases.Target, extra.Key, ["DEL", extra.Key], stop)
                .ConfigureAwait(false);
        }
    }

    private async Task WriteByJobAsync(JobRepair job, Suspect[] suspects, CancellationToken stop)
    {
        if (suspects.Length == 0)
            return;

        var sizes = await sides.SizesAsync(suspects, stop).ConfigureAwait(false);
        await job.WriteAsync(suspects, sizes, stop).ConfigureAwait(false);
    }

    // The job asks one database for the key, and deletes it where that lacks it.
    private async Task DeleteByJobAsync(JobRepair job, Suspect[] extras, CancellationToken stop)
    {
        if (extras.Length == 0 || !sides.AreMerged(extras[0].Databases))
        {
            await WriteByJobAsync(job, extras, stop).ConfigureAwait(false);
            return;
        }

        if (!_hasLeftExtras)
        {
            log.Warn(
                "Extra keys are left while the live migration runs where several databases of the source go to one: delete them at its end."
            );
        }

        _hasLeftExtras = true;
    }
}
