using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Sources.Scan;
using Godwit.Verification.Differences;
using Godwit.Verification.Keyspaces;
using Godwit.Verification.Sampling;

namespace Godwit.Verification.Pairs;

/// <summary>Servers on both sides, in whatever shape.</summary>
internal sealed class ServerPair : SidePair
{
    private readonly KeyspaceView _source;
    private readonly KeyspaceView _target;
    private readonly KeySample _sample;
    private readonly KeyComparison _comparison;
    private readonly IReadOnlyList<DatabasePair> _databases;
    private readonly MergedDatabases _merged;

    private ServerPair(
        KeyspaceView source,
        KeyspaceView target,
        IReadOnlyList<DatabasePair> databases,
        MergedDatabases merged,
        long expectedKeys,
        VerificationOptions options,
        SourcePace pace,
        TimeProvider timeProvider
    )
    {
        _source = source;
        _target = target;
        _databases = databases;
        _merged = merged;
        _sample = new KeySample(options.SamplePercent);
        _comparison = new KeyComparison(source, target, options, pace, timeProvider);
        ExpectedKeys = (long)(expectedKeys * options.SamplePercent / 100);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Sources => _source.Reports;

    /// <inheritdoc/>
    public override SourceReport Target => _target.Reports[0];

    /// <inheritdoc/>
    public override KeyspaceView TargetView => _target;

    /// <inheritdoc/>
    public override long BytesRead => _source.BytesRead;

    /// <inheritdoc/>
    public override long? ExpectedKeys { get; }

    /// <inheritdoc/>
    public override bool MayChange => true;

    /// <inheritdoc/>
    public override int MostSuspects => 512;

    /// <summary>Connects to both. Nothing is written.</summary>
    /// <exception cref="Protocol.GodwitException">One of them cannot be reached, or not be read.</exception>
    public static async Task<ServerPair> OpenAsync(
        VerificationOptions options,
        SourcePace pace,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var round = Math.Min(ScanSource.DefaultRound, pace.Keys?.Quantum ?? int.MaxValue);
        KeyspaceView? source = null;
        KeyspaceView? target = null;
        try
        {
            var opener = new KeyspaceOpener(options, round, log, timeProvider);
            source = await opener.OpenAsync(options.Sources, isTarget: false, cancellationToken).ConfigureAwait(false);
            target = await opener.OpenAsync([options.Target], isTarget: true, cancellationToken).ConfigureAwait(false);
            var ours = await source.DatabasesAsync(cancellationToken).ConfigureAwait(false);
            var theirs = await target.DatabasesAsync(cancellationToken).ConfigureAwait(false);
            var databases = DatabasePairing.Pair(
                DatabasePairing.Numbers(ours),
                DatabasePairing.Numbers(theirs),
                DatabasePairing.Named(options.Sources),
                (ServerEndpoint)options.Target,
                options.Databases
            );
            foreach (var pair in databases)
            {
                await CheckAsync(source, pair.Source, cancellationToken).ConfigureAwait(false);
                await CheckAsync(target, pair.Target, cancellationToken).ConfigureAwait(false);
            }

            var merged = await MergedDatabases
                .FindAsync(source, databases, options, pace, cancellationToken)
                .ConfigureAwait(false);
            return new ServerPair(
                source,
                target,
                databases,
                merged,
                ours.Sum(keyspace => keyspace.Keys),
                options,
                pace,
                timeProvider
            );
        }
        catch
        {
            if (source is not null)
                await source.DisposeAsync().ConfigureAwait(false);
            if (target is not null)
                await target.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task CompareAllAsync(IVerdicts verdicts, CancellationToken cancellationToken)
    {
        foreach (var databases in _databases)
        {
            var names = _sample.ChooseAsync(_source.ScanAsync(databases.Source, cancellationToken));

            // A key that only this database has lost is not extra. If all have, it is found at the target below.
            var told = _merged.Beside(databases).Count == 0 ? verdicts : new ExtrasApart(verdicts, extras: null);
            await _comparison.RunAsync(databases, names, told, cancellationToken).ConfigureAwait(false);
        }

        foreach (var databases in _databases.GroupBy(pair => pair.Target))
            await FindExtrasAsync([.. databases], verdicts, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task CompareAsync(
        IReadOnlyList<Suspect> suspects,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        var databases = suspects[0].Databases;
        byte[][] names = [.. suspects.Select(suspect => suspect.Key)];
        var extras = new Dictionary<byte[], Difference>(ReferenceEqualityComparer.Instance);
        await _comparison
            .RunAsync(databases, Once(names), new ExtrasApart(verdicts, extras), cancellationToken)
            .ConfigureAwait(false);
        await _merged.TellAsync(databases, extras, verdicts, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<long[]> SizesAsync(
        IReadOnlyList<Suspect> suspects,
        CancellationToken cancellationToken
    )
    {
        var sizes = new long[suspects.Count];
        byte[][] keys = [.. suspects.Select(suspect => suspect.Key)];
        await _source.MeasureAsync(suspects[0].Databases.Source, keys, sizes, cancellationToken).ConfigureAwait(false);
        return sizes;
    }

    /// <inheritdoc/>
    public override bool AreMerged(DatabasePair databases) => _merged.Beside(databases).Count > 0;

    /// <inheritdoc/>
    public override ValueTask<string?[]> OriginsAsync(
        IReadOnlyList<Suspect> suspects,
        CancellationToken cancellationToken
    ) =>
        _source.OriginsAsync(
            suspects[0].Databases.Source,
            [.. suspects.Select(suspect => suspect.Key)],
            cancellationToken
        );

    /// <inheritdoc/>
    public override async Task<bool> WatchAsync(IReadOnlyList<Suspect> suspects, CancellationToken cancellationToken)
    {
        var databases = suspects[0].Databases;
        byte[][] keys = [.. suspects.Select(suspect => suspect.Key)];
        byte[][] extras =
        [
            .. suspects.Where(suspect => suspect.Kind == DifferenceKind.Extra).Select(suspect => suspect.Key),
        ];
        var ours = await _source.WatchAsync(databases.Source, keys, cancellationToken).ConfigureAwait(false);
        foreach (var other in extras.Length == 0 ? [] : _merged.Beside(databases))
            ours &= await _source.WatchAsync(other, extras, cancellationToken).ConfigureAwait(false);
        var theirs = await _target.WatchAsync(databases.Target, keys, cancellationToken).ConfigureAwait(false);
        return ours && theirs;
    }

    /// <inheritdoc/>
    public override async Task<bool> EndWatchAsync(DatabasePair databases, CancellationToken cancellationToken)
    {
        var ours = await _source.EndWatchAsync(databases.Source, cancellationToken).ConfigureAwait(false);
        foreach (var other in _merged.Beside(databases))
            ours &= await _source.EndWatchAsync(other, cancellationToken).ConfigureAwait(false);
        var theirs = await _target.EndWatchAsync(databases.Target, cancellationToken).ConfigureAwait(false);
        return ours && theirs;
    }

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, byte[]>> SourceFunctionsAsync(
        CancellationToken cancellationToken
    ) => _source.FunctionsAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, byte[]>> TargetFunctionsAsync(
        CancellationToken cancellationToken
    ) => _target.FunctionsAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _comparison.Dispose();
        await _source.DisposeAsync().ConfigureAwait(false);
        await _target.DisposeAsync().ConfigureAwait(false);
    }

    // A key that is at the target and not at the source, in this order: one that was made in between came to the source first.
    private async Task FindExtrasAsync(
        DatabasePair[] databases,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        var target = databases[0].Target;
        var scanned = _sample.ChooseAsync(_target.ScanAsync(target, cancellationToken));
        await foreach (var keys in scanned.ConfigureAwait(false))
        {
            var absent = await _merged.AbsentAsync(target, keys, cancellationToken).ConfigureAwait(false);
            if (absent.Length == 0)
                continue;

            var found = await _target.FindAsync(target, absent, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < absent.Length; i++)
            {
                if (found[i])
                    verdicts.Different(databases[0], absent[i], new Difference(DifferenceKind.Extra, null));
            }
        }
    }

    private static async IAsyncEnumerable<byte[][]> Once(byte[][] names)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return names;
    }

    private static async Task CheckAsync(KeyspaceView view, int database, CancellationToken cancellationToken)
    {
        if (!await view.HasDatabaseAsync(database, cancellationToken).ConfigureAwait(false))
        {
            throw new RefusedException(
                $"{view.Uri} has no database {database}, or does not let us use it, and the other side holds keys there",
                "Raise databases there, or name one database on both sides, as in redis://host/0."
            );
        }
    }
}
