using System.Text;
using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol.Rdb;
using Godwit.Verification.Content;
using Godwit.Verification.Differences;
using Godwit.Verification.Files;
using Godwit.Verification.Keyspaces;
using Godwit.Verification.Sampling;

namespace Godwit.Verification.Pairs;

/// <summary>
/// RDB files on both sides. Their keys are dealt out to parts by their hashes, so many that a part of the target fits into
/// memory; for each part both are read once. Neither changes, so once is enough. Where several files of a side have the same key it is
/// what the first of them has in which its time is not over.
/// </summary>
internal sealed class FilePair : SidePair
{
    private readonly FileKeys _source;
    private readonly FileKeys _target;
    private readonly VerificationOptions _options;
    private readonly KeySample _sample;
    private readonly ValueComparison _values;
    private readonly long _now;
    private readonly LargeFileValues _large;
    private readonly ValueDecoder _decoder = new();
    private readonly Dictionary<string, byte[]> _sourceFunctions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _targetFunctions = new(StringComparer.Ordinal);

    private FilePair(FileKeys source, FileKeys target, VerificationOptions options, TimeProvider timeProvider)
    {
        _source = source;
        _target = target;
        _options = options;
        _sample = new KeySample(options.SamplePercent);
        _values = new ValueComparison(options.Mode, options.TtlTolerance, timeProvider);
        _now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        _large = new LargeFileValues(options, _now);
    }

    private delegate bool Choose(int database, ReadOnlySpan<byte> key);

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Sources => _source.Reports;

    /// <inheritdoc/>
    public override SourceReport Target => _target.Reports[0];

    /// <inheritdoc/>
    public override KeyspaceView? TargetView => null;

    /// <inheritdoc/>
    public override long BytesRead => _source.BytesRead;

    /// <inheritdoc/>
    public override long? ExpectedKeys => null;

    /// <inheritdoc/>
    public override bool MayChange => false;

    /// <inheritdoc/>
    public override int MostSuspects => 100_000;

    /// <summary>Looks at the files.</summary>
    /// <exception cref="Protocol.GodwitException">One cannot be read.</exception>
    public static async Task<FilePair> OpenAsync(
        RdbFileEndpoint source,
        RdbFileEndpoint target,
        VerificationOptions options,
        SourcePace pace,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var pair = new FilePair(
            new FileKeys(source, options.MaxMemory, pace, timeProvider),
            new FileKeys(target, options.MaxMemory, SourcePace.Unlimited, timeProvider),
            options,
            timeProvider
        );
        await pair._source.CheckAsync(cancellationToken).ConfigureAwait(false);
        await pair._target.CheckAsync(cancellationToken).ConfigureAwait(false);
        return pair;
    }

    /// <inheritdoc/>
    public override Task CompareAllAsync(IVerdicts verdicts, CancellationToken cancellationToken) =>
        CompareAsync((_, key) => _sample.Includes(key), verdicts, cancellationToken);

    /// <inheritdoc/>
    public override Task CompareAsync(
        IReadOnlyList<Suspect> suspects,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        var database = suspects[0].Databases.Source;
        var wanted = suspects.Select(suspect => suspect.Key).ToHashSet(ByteNames.Instance);
        var lookup = wanted.GetAlternateLookup<ReadOnlySpan<byte>>();
        return CompareAsync((number, key) => number == database && lookup.Contains(key), verdicts, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<bool> WatchAsync(IReadOnlyList<Suspect> suspects, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    /// <inheritdoc/>
    public override Task<bool> EndWatchAsync(DatabasePair databases, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, byte[]>> SourceFunctionsAsync(
        CancellationToken cancellationToken
    ) => FunctionsAsync(_source, _sourceFunctions, cancellationToken);

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, byte[]>> TargetFunctionsAsync(
        CancellationToken cancellationToken
    ) => FunctionsAsync(_target, _targetFunctions, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _values.Dispose();
        _large.Dispose();
        _decoder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<IReadOnlyDictionary<string, byte[]>> FunctionsAsync(
        FileKeys file,
        Dictionary<string, byte[]> functions,
        CancellationToken cancellationToken
    )
    {
        if (!file.WereRead)
            await FileReading.ForEachAsync(file, NoteAsync, cancellationToken).ConfigureAwait(false);
        return functions;

        Task NoteAsync(EntryBatch batch)
        {
            foreach (ref readonly var entry in batch.Entries)
            {
                if (entry.Kind == EntryKind.Function)
                    Note(functions, batch, entry);
            }

            return Task.CompletedTask;
        }
    }

    private async Task CompareAsync(Choose choose, IVerdicts verdicts, CancellationToken cancellationToken)
    {
        var parts = await CountPartsAsync(choose, cancellationToken).ConfigureAwait(false);
        for (UInt128 part = 0; part < parts; part++)
        {
            var held = new Dictionary<UInt128, HeldKey?>();
            await FileReading
                .ForEachAsync(_target, batch => HoldAsync(batch, IsWanted, held, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            await FileReading
                .ForEachAsync(
                    _source,
                    batch => CompareAsync(batch, IsWanted, held, verdicts, cancellationToken),
                    cancellationToken
                )
                .ConfigureAwait(false);
            foreach (var extra in held.Values.OfType<HeldKey>())
            {
                var reading = Alone(extra.Type, extra.Version, extra.ExpireAt, extra.Value);
                var verdict = _values.Compare(source: default, reading, out var difference);
                if (verdict == Verdict.Different && extra.Summary is not { Length: 0 })
                    verdicts.Different(new DatabasePair(extra.Database, extra.Database), extra.Key, difference!);
            }

            bool IsWanted(int database, ReadOnlySpan<byte> key, out UInt128 hash)
            {
                hash = KeyHash.Of(database, key);
                return choose(database, key) && hash % parts == part;
            }
        }
    }

    private async Task<UInt128> CountPartsAsync(Choose choose, CancellationToken cancellationToken)
    {
        long bytes = 0;
        await FileReading
            .ForEachAsync(
                _target,
                batch =>
                {
                    foreach (ref readonly var entry in batch.Entries)
                    {
                        if (entry.Kind == EntryKind.Key && choose(entry.Database, batch.Key(entry)))
                            bytes += HeldKey.SizeOf(batch, entry);
                        else if (entry.Kind == EntryKind.Function)
                            Note(_targetFunctions, batch, entry);
                    }

                    return Task.CompletedTask;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        return (UInt128)(1 + (bytes / (_options.MaxMemory / 4)));
    }

    private static void Note(Dictionary<string, byte[]> functions, EntryBatch batch, in Entry entry) =>
        functions.TryAdd(Encoding.UTF8.GetString(batch.Key(entry)), batch.Value(entry).ToArray());

    private async Task HoldAsync(
        EntryBatch batch,
        Want want,
        Dictionary<UInt128, HeldKey?> held,
        CancellationToken cancellationToken
    )
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var entry = batch.Entries[i];
            if (
                entry.Kind != EntryKind.Key
                || !want(entry.Database, batch.Key(entry), out var hash)
                || held.ContainsKey(hash)
            )
            {
                continue;
            }

            ContentSummary? summary = batch.Large is { } large
                ? await _large.SummaryAsync(large, entry.Type, batch.Version, cancellationToken).ConfigureAwait(false)
                : null;
            held[hash] = new HeldKey(
                entry.Database,
                batch.Key(entry).ToArray(),
                entry.Type,
                batch.Version,
                entry.ExpireAt,
                batch.Large is null ? batch.Value(entry).ToArray() : null,
                summary
            );
        }
    }

    private async Task CompareAsync(
        EntryBatch batch,
        Want want,
        Dictionary<UInt128, HeldKey?> held,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var entry = batch.Entries[i];
            if (entry.Kind == EntryKind.Function)
                Note(_sourceFunctions, batch, entry);
            if (entry.Kind != EntryKind.Key || !want(entry.Database, batch.Key(entry), out var hash))
                continue;

            var key = batch.Key(entry).ToArray();
            Difference? difference;
            if (!held.TryGetValue(hash, out var theirs))
            {
                difference = await FindMissingAsync(batch, entry, cancellationToken).ConfigureAwait(false);
                if (difference is null)
                {
                    verdicts.Gone(key);
                    continue;
                }
            }
            else if (theirs is null)
                continue;
            else if (batch.Large is not null || theirs.Value is null)
                difference = await _large.CompareAsync(batch, entry, theirs, cancellationToken).ConfigureAwait(false);
            else
                difference = Compare(batch, entry, theirs);

            // Of several files the first that has it counts: what comes of the others is passed over.
            if (theirs is not null)
                held[hash] = null;
            if (difference is null)
                verdicts.Equal(key);
            else
                verdicts.Different(new DatabasePair(entry.Database, entry.Database), key, difference);
        }
    }

    private delegate bool Want(int database, ReadOnlySpan<byte> key, out UInt128 hash);

    private Difference? Compare(EntryBatch batch, in Entry entry, HeldKey theirs)
    {
        var ours = Reading(entry.Type, batch.Version, entry.ExpireAt, batch.Value(entry));
        var held = Reading(theirs.Type, theirs.Version, theirs.ExpireAt, theirs.Value);
        _values.Compare(ours, held, out var difference);
        return difference;
    }

    // Null of one whose time, or that of all of its fields, is over: it goes by itself, here as there.
    private async Task<Difference?> FindMissingAsync(EntryBatch batch, Entry entry, CancellationToken cancellationToken)
    {
        if (batch.Large is { } large && LengthSink.MayExpire(entry.Type))
        {
            var ours = await _large
                .SummaryAsync(large, entry.Type, batch.Version, cancellationToken)
                .ConfigureAwait(false);
            if (ours.Length == 0)
                return null;
        }

        var value = batch.Large is null ? batch.Value(entry) : [];
        _values.Compare(Alone(entry.Type, batch.Version, entry.ExpireAt, value), target: default, out var difference);
        return difference;
    }

    // Of a key that the other side lacks.
    private static KeyReading Alone(RdbType type, RdbVersion version, long expireAt, ReadOnlySpan<byte> value) =>
        new()
        {
            Presence = KeyPresence.Present,
            ExpireAt = expireAt,
            Type = type,
            Version = version,
            Value = value,
            TypeName = type.Describe(),
        };

    private KeyReading Reading(RdbType type, RdbVersion version, long expireAt, ReadOnlySpan<byte> value)
    {
        var reading = new KeyReading
        {
            Presence = KeyPresence.Present,
            ExpireAt = expireAt,
            Type = type,
            Version = version,
            Value = value,
        };
        if (_options.Mode != VerifyMode.Type)
            return reading;

        var length = new LengthSink(_now);
        _decoder.Decode(type, version, value, length);
        return reading with { TypeName = type.Describe(), Length = length.Length };
    }
}
