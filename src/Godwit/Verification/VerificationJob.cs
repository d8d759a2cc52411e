using System.Text;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Verification.Differences;
using Godwit.Verification.Pairs;
using Godwit.Verification.Repairing;
using Godwit.Verification.Sampling;

namespace Godwit.Verification;

/// <summary>
/// One comparison from beginning to end: every key is compared, what differs is looked at again until the rounds are over,
/// then it is repaired if its user wants that, and reported.
/// </summary>
internal sealed class VerificationJob(VerificationOptions options, IMigrationLog log, TimeProvider timeProvider)
    : IVerificationRun
{
    // Of what differs so much is kept at hand; the rest goes to a temporary file.
    private const int SuspectsShareOfMemory = 8;

    private const int MostExamples = 10;

    private readonly long _started = timeProvider.GetTimestamp();
    private readonly List<string> _examples = [];
    private volatile SidePair? _sides;
    private volatile VerdictTally? _tally;
    private RunningMigration? _migration;
    private volatile string _phase = "connecting";

    // An earlier report may name none.
    private bool _comparesFunctions = options is { Mode: VerifyMode.Full, AgainstReport: null };
    private bool _isComparing;
    private long _heldBack;
    private bool _isUnsure;
    private bool _isMoreThanOneRound;
    private VerifiedKeys _keys;
    private VerifiedFunctions _functions;

    /// <inheritdoc/>
    public MigrationProgress Progress =>
        new(
            new KeyCounts(Written: _tally?.Compared ?? 0, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0),
            _sides?.BytesRead ?? 0,
            _sides?.ExpectedKeys,
            ExpectedBytes: null,
            _phase
        );

    /// <inheritdoc/>
    public async Task<VerificationReport> RunAsync(CancellationToken stop)
    {
        MigrationFailure? failure = null;
        var stopped = false;
        SuspectList? suspects = null;
        try
        {
            using var report = options.ReportFile is { } path ? ReportFile.Create(path) : null;
            var sides = await SidesOpener.OpenAsync(options, log, timeProvider, stop).ConfigureAwait(false);
            await using var closing = sides.ConfigureAwait(false);
            _sides = sides;
            _migration = await RunningMigration.FindAsync(options, log, timeProvider, stop).ConfigureAwait(false);
            _isComparing = true;
            suspects = await CompareAsync(sides, stop).ConfigureAwait(false);
            await EndAsync(sides, suspects, report, stop).ConfigureAwait(false);
            await CheckHeldBackAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            stopped = true;
        }
        catch (GodwitException exception)
        {
            failure = new MigrationFailure(exception.Message, exception.WhatToDo, !_isComparing, exception);
        }
        finally
        {
            suspects?.Dispose();
            if (_migration is not null)
                await _migration.DisposeAsync().ConfigureAwait(false);
        }

        return Report(failure, stopped);
    }

    // What still differs when the rounds are over.
    private async Task<SuspectList> CompareAsync(SidePair sides, CancellationToken stop)
    {
        _phase = "comparing";
        var suspects = NewList();
        var tally = new VerdictTally(options.ShowValues)
        {
            Suspects = suspects,
            LeavesOutRecords = _migration is not null,
            IsHeldBack = IsHeldBack,
        };
        _tally = tally;
        try
        {
            if (options.AgainstReport is { } earlier)
                await CompareNamedAsync(sides, earlier, tally, stop).ConfigureAwait(false);
            else
                await sides.CompareAllAsync(tally, stop).ConfigureAwait(false);

            for (var round = 2; round <= options.Rounds && sides.MayChange && suspects.Count > 0; round++)
            {
                _phase = "looking again";
                _isMoreThanOneRound = true;
                await WaitAsync(stop).ConfigureAwait(false);
                var still = NewList();
                tally.Suspects = still;
                await LookAgainAsync(sides, suspects, tally, isLast: round == options.Rounds, stop)
                    .ConfigureAwait(false);
                suspects.Dispose();
                suspects = still;
            }

            return suspects;
        }
        catch
        {
            Count(suspects, tally);
            tally.Suspects.Dispose();
            suspects.Dispose();
            throw;
        }
    }

    // What was read is looked at again when it has had the time to come to the target.
    private async Task WaitAsync(CancellationToken stop)
    {
        SourceMoment? moment = _migration is null ? null : await _migration.NowAsync(stop).ConfigureAwait(false);
        await Task.Delay(options.Delay, timeProvider, stop).ConfigureAwait(false);
        if (moment is { } known)
            await _migration!.PassAsync(known, stop).ConfigureAwait(false);
    }

    private SuspectList NewList() => new(options.MaxMemory / SuspectsShareOfMemory);

    private async Task CompareNamedAsync(SidePair sides, string earlier, VerdictTally tally, CancellationToken stop)
    {
        var group = new List<Suspect>();
        long bytes = 0;
        await foreach (var named in EarlierReport.ReadAsync(earlier, log, stop).ConfigureAwait(false))
        {
            if (named is not var (databases, key))
            {
                _comparesFunctions = true;
                continue;
            }

            var isFull =
                group.Count == sides.MostSuspects || bytes + key.Length > options.MaxMemory / SuspectsShareOfMemory;
            if (group.Count > 0 && (isFull || group[0].Databases != databases))
            {
                await sides.CompareAsync(group, tally, stop).ConfigureAwait(false);
                group.Clear();
                bytes = 0;
            }

            bytes += key.Length;
            group.Add(new Suspect(databases, key, DifferenceKind.Unknown, 0, []));
        }

        if (group.Count > 0)
            await sides.CompareAsync(group, tally, stop).ConfigureAwait(false);
    }

    private async Task LookAgainAsync(
        SidePair sides,
        SuspectList suspects,
        VerdictTally tally,
        bool isLast,
        CancellationToken stop
    )
    {
        var confirmation = new Confirmation(sides, _migration, tally, timeProvider);
        foreach (var group in suspects.Groups(sides.MostSuspects))
        {
            if (isLast && (suspects.Count <= Confirmation.Most || _migration is not null))
            {
                await confirmation.RunAsync(group, stop).ConfigureAwait(false);
                continue;
            }

            tally.Expect(group);
            await sides.CompareAsync(group, tally, stop).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(SidePair sides, SuspectList suspects, ReportFile? report, CancellationToken stop)
    {
        Count(suspects, _tally!);
        var functions = await CompareFunctionsAsync(sides, stop).ConfigureAwait(false);
        foreach (var library in functions)
            Tell(report, library.Kind, DifferenceLine.OfFunction(Encoding.UTF8.GetBytes(library.Name)));
        foreach (var suspect in suspects.All())
            Tell(report, KindOf(suspect), suspect.Line);
        report?.Flush();

        var isDifferent = _keys.Different > 0 || functions.Count > 0;
        if (options.Repair && isDifferent && sides.TargetView is not null)
            await RepairAsync(sides, suspects, functions, stop).ConfigureAwait(false);
    }

    private void Tell(ReportFile? report, DifferenceKind kind, byte[] line)
    {
        report?.Write(kind, line);
        if (_examples.Count < MostExamples)
            _examples.Add($"{{\"kind\":\"{kind.Name()}\",{Encoding.UTF8.GetString(line)}");
    }

    private async Task<IReadOnlyList<FunctionComparison.FunctionDifference>> CompareFunctionsAsync(
        SidePair sides,
        CancellationToken stop
    )
    {
        if (!_comparesFunctions)
            return [];

        var (compared, different) = await new FunctionComparison(sides).CompareAsync(stop).ConfigureAwait(false);
        _functions = new VerifiedFunctions(compared, different.Count, Repaired: 0);
        return different;
    }

    private async Task RepairAsync(
        SidePair sides,
        SuspectList suspects,
        IReadOnlyList<FunctionComparison.FunctionDifference> functions,
        CancellationToken stop
    )
    {
        _phase = "repairing";
        if (_migration is null && RunningMigration.FindStopped(options) is { } stopped)
        {
            log.Warn(
                $"A live migration between the two does not run now ({stopped}). What is repaired holds changes that it would apply a second time: "
                    + "do not resume it, or resume it and repair once more when it has caught up."
            );
        }

        var repair = new TargetRepair(options, sides, _migration, log, timeProvider);
        await repair.RepairAsync(functions, stop).ConfigureAwait(false);
        await repair.RepairAsync(suspects, KindOf, stop).ConfigureAwait(false);

        _phase = "looking again";
        using var still = NewList();
        var tally = new VerdictTally(showValues: false) { Suspects = still, IsHeldBack = IsHeldBack };
        var confirmation = new Confirmation(sides, _migration, tally, timeProvider);
        foreach (var group in suspects.Groups(sides.MostSuspects))
        {
            IReadOnlyList<Suspect> certain = [.. group.Where(suspect => KindOf(suspect).IsCertain())];
            if (certain.Count == 0)
                continue;
            if (_migration is null)
                await sides.CompareAsync(certain, tally, stop).ConfigureAwait(false);
            else
                await confirmation.RunAsync(certain, stop).ConfigureAwait(false);
        }

        // What moves is not known to be equal, though the job writes it in order.
        _keys = _keys with
        {
            Repaired = _keys.Different - still.Count,
        };
        if (still.All().LongCount(suspect => suspect.Kind == DifferenceKind.Moving) is > 0 and var moving)
        {
            log.Warn(
                $"{moving} keys did not hold still after the repair, or have fields whose expiry the live migration holds back, and do not count as "
                    + "repaired: verify again."
            );
        }

        if (functions.Count == 0)
            return;

        var (_, differ) = await new FunctionComparison(sides).CompareAsync(stop).ConfigureAwait(false);
        _functions = _functions with { Repaired = _functions.Different - differ.Count };
    }

    private bool IsHeldBack(Difference difference)
    {
        var isHeld = _migration?.HoldsBack(difference) == true;
        _heldBack += isHeld ? 1 : 0;
        return isHeld;
    }

    // What is held back is as it should be only as long as there is somebody who sets it in the end.
    private async Task CheckHeldBackAsync(CancellationToken stop)
    {
        if (_heldBack == 0 || await _migration!.IsAtWorkAsync(stop).ConfigureAwait(false))
            return;

        _isUnsure = true;
        log.Warn(
            $"The live migration has ended meanwhile. It held back the expiries of {_heldBack} keys: whether it has set them is not known. Verify again."
        );
    }

    // What differed in another way the time before is on its way somewhere.
    private DifferenceKind KindOf(Suspect suspect) =>
        _isMoreThanOneRound && suspect.HasMoved && suspect.Kind.IsCertain() ? DifferenceKind.Moving : suspect.Kind;

    private void Count(SuspectList suspects, VerdictTally tally)
    {
        var kinds = new long[Enum.GetValues<DifferenceKind>().Length];
        foreach (var suspect in suspects.All())
            kinds[(int)KindOf(suspect)]++;
        _keys = new VerifiedKeys(
            tally.Compared,
            tally.AreEqual,
            kinds[(int)DifferenceKind.Missing],
            kinds[(int)DifferenceKind.Extra],
            kinds[(int)DifferenceKind.Type],
            kinds[(int)DifferenceKind.Value],
            kinds[(int)DifferenceKind.Ttl],
            kinds[(int)DifferenceKind.Moving],
            kinds[(int)DifferenceKind.Unknown],
            Repaired: 0
        );
    }

    private VerificationReport Report(MigrationFailure? failure, bool stopped) =>
        new()
        {
            Status = Status(failure, stopped),
            Keys = _keys,
            Functions = _functions,
            Mode = options.Mode,
            SamplePercent = options.SamplePercent,
            MostDifferent =
                options.SamplePercent < 100 && failure is null && !stopped
                    ? SampleConfidence.UpperBound(_keys.Compared, _keys.Different)
                    : null,
            Duration = timeProvider.GetElapsedTime(_started),
            Sources = _sides?.Sources ?? SourceReport.NotOpened(options.Sources),
            Target = _sides?.Target ?? new SourceReport($"{options.Target}", Server: null, Read: null),
            ReportFile = _isComparing ? options.ReportFile : null,
            Examples = _examples,
            Failure = failure,
        };

    private VerificationStatus Status(MigrationFailure? failure, bool stopped)
    {
        if (failure is not null)
            return VerificationStatus.Failed;
        if (stopped)
            return VerificationStatus.Interrupted;
        if (_keys.Different > _keys.Repaired || _functions.Different > _functions.Repaired)
            return VerificationStatus.Different;
        var saysNothing = _isUnsure || _keys.Unknown > 0 || (_migration is { IsTooSlow: true } && _keys.Moving > 0);
        return saysNothing ? VerificationStatus.CannotTell : VerificationStatus.Equal;
    }
}
