using System.Text;
using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Sources.Rdb;
using Godwit.Sources.Scan;
using Godwit.Verification.Differences;
using Godwit.Verification.Files;
using Godwit.Verification.Keyspaces;
using Godwit.Verification.Sampling;

namespace Godwit.Verification.Pairs;

/// <summary>
/// RDB files and a server, either of which may be the target. A file has its own order, so it is read from beginning to end and
/// the server is asked for what comes; then the server's keys are held against an index of the file's.
/// </summary>
internal sealed class FileServerPair : SidePair
{
    private readonly RdbFileEndpoint _files;
    private readonly FileKeys _file;
    private readonly KeyspaceView _server;
    private readonly ServerEndpoint _endpoint;
    private readonly bool _isFileTarget;
    private readonly VerificationOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly KeySample _sample;
    private readonly FileComparison _comparison;
    private readonly Dictionary<string, byte[]> _functions = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _databases = [];

    private FileServerPair(
        RdbFileEndpoint files,
        FileKeys file,
        KeyspaceView server,
        ServerEndpoint endpoint,
        bool isFileTarget,
        VerificationOptions options,
        SourcePace pace,
        TimeProvider timeProvider
    )
    {
        _files = files;
        _file = file;
        _server = server;
        _endpoint = endpoint;
        _isFileTarget = isFileTarget;
        _options = options;
        _timeProvider = timeProvider;
        _sample = new KeySample(options.SamplePercent);
        _comparison = new FileComparison(server, isFileTarget, options, pace, timeProvider);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Sources => _isFileTarget ? [ServerReport] : _file.Reports;

    /// <inheritdoc/>
    public override SourceReport Target => _isFileTarget ? _file.Reports[0] : ServerReport;

    /// <inheritdoc/>
    public override KeyspaceView? TargetView => _isFileTarget ? null : _server;

    /// <inheritdoc/>
    public override long BytesRead => _isFileTarget ? _server.BytesRead : _file.BytesRead;

    /// <inheritdoc/>
    public override long? ExpectedKeys => null;

    /// <inheritdoc/>
    public override bool MayChange => true;

    /// <summary>As many as can be held, since each time the whole file is read for their sake.</summary>
    public override int MostSuspects => 100_000;

    private SourceReport ServerReport => new(_server.Uri, _server.Server, "scan");

    /// <summary>Looks at the files, and connects to the server. Nothing is written.</summary>
    /// <exception cref="Protocol.GodwitException">A file or the server cannot be read.</exception>
    public static async Task<FileServerPair> OpenAsync(
        RdbFileEndpoint file,
        ServerEndpoint endpoint,
        bool isFileTarget,
        VerificationOptions options,
        SourcePace pace,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        // The pace is the source's.
        var keys = new FileKeys(file, options.MaxMemory, isFileTarget ? SourcePace.Unlimited : pace, timeProvider);
        await keys.CheckAsync(cancellationToken).ConfigureAwait(false);
        var server = await new KeyspaceOpener(options, ScanSource.DefaultRound, log, timeProvider)
            .OpenAsync([endpoint], isTarget: !isFileTarget, cancellationToken)
            .ConfigureAwait(false);
        return new FileServerPair(file, keys, server, endpoint, isFileTarget, options, pace, timeProvider);
    }

    /// <inheritdoc/>
    public override async Task CompareAllAsync(IVerdicts verdicts, CancellationToken cancellationToken)
    {
        var index = new KeyIndex(_options.MaxMemory / 4);
        await ReadFileAsync(
                (database, key) =>
                {
                    // Of several files the first that has it counts.
                    var isNew = index.Learn(KeyHash.Of(database, key));
                    return isNew && _sample.Includes(key) ? key.ToArray() : null;
                },
                verdicts,
                cancellationToken
            )
            .ConfigureAwait(false);
        var isWhole = index.EndLearning();
        for (var part = 0; part < index.Parts; part++)
        {
            if (!isWhole)
            {
                index.Begin(part);
                await ReadNamesAsync(index, cancellationToken).ConfigureAwait(false);
            }

            await FindAbsentAsync(index, verdicts, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override async Task CompareAsync(
        IReadOnlyList<Suspect> suspects,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        var databases = suspects[0].Databases;
        var wanted = new Dictionary<byte[], byte[]>(ByteNames.Instance);
        foreach (var suspect in suspects)
            wanted.TryAdd(suspect.Key, suspect.Key);
        var lookup = wanted.GetAlternateLookup<ReadOnlySpan<byte>>();
        await ReadFileAsync(
                (database, key) =>
                    database == (_isFileTarget ? databases.Target : databases.Source)
                    && lookup.Remove(key, out _, out var name)
                        ? name
                        : null,
                verdicts,
                cancellationToken
            )
            .ConfigureAwait(false);

        // The file does not hold the others.
        foreach (var names in wanted.Values.Chunk(ScanSource.DefaultRound))
        {
            await _comparison.CompareAbsentAsync(databases, names, verdicts, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<string?[]> OriginsAsync(
        IReadOnlyList<Suspect> suspects,
        CancellationToken cancellationToken
    )
    {
        var apart = RdbFiles.Apart(_files);
        if (apart.Paths.Count == 1)
            return new string?[suspects.Count];

        var database = suspects[0].Databases.Source;
        var wanted = suspects.Select(suspect => suspect.Key).ToHashSet(ByteNames.Instance);
        var lookup = wanted.GetAlternateLookup<ReadOnlySpan<byte>>();
        var origins = new Dictionary<byte[], string?>(ByteNames.Instance);
        await FileReading
            .ForEachAsync(
                new FileKeys(apart, _options.MaxMemory, SourcePace.Unlimited, _timeProvider),
                NoteAsync,
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. suspects.Select(suspect => origins.GetValueOrDefault(suspect.Key))];

        Task NoteAsync(EntryBatch batch)
        {
            foreach (ref readonly var entry in batch.Entries)
            {
                var isWanted = entry.Kind == EntryKind.Key && entry.Database == database;
                if (isWanted && lookup.TryGetValue(batch.Key(entry), out var key))
                    origins.TryAdd(key, batch.Account.Source);
            }

            return Task.CompletedTask;
        }
    }

    /// <summary>A file does not change, and is not to be read once more for each few keys.</summary>
    public override Task<bool> WatchAsync(IReadOnlyList<Suspect> suspects, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    /// <inheritdoc/>
    public override Task<bool> EndWatchAsync(DatabasePair databases, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, byte[]>> SourceFunctionsAsync(
        CancellationToken cancellationToken
    ) => _isFileTarget ? _server.FunctionsAsync(cancellationToken) : FileFunctionsAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, byte[]>> TargetFunctionsAsync(
        CancellationToken cancellationToken
    ) => _isFileTarget ? FileFunctionsAsync(cancellationToken) : _server.FunctionsAsync(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _comparison.Dispose();
        return _server.DisposeAsync();
    }

    private async Task<IReadOnlyDictionary<string, byte[]>> FileFunctionsAsync(CancellationToken cancellationToken)
    {
        if (!_file.WereRead)
        {
            await FileReading.ForEachAsync(_file, NoteAsync, cancellationToken).ConfigureAwait(false);
        }

        return _functions;

        Task NoteAsync(EntryBatch batch)
        {
            Note(batch);
            return Task.CompletedTask;
        }
    }

    private Task ReadFileAsync(FileComparison.Choose choose, IVerdicts verdicts, CancellationToken cancellationToken) =>
        FileReading.ForEachAsync(
            _file,
            batch =>
            {
                Note(batch);
                return _comparison.CompareAsync(batch, Pair, choose, verdicts, cancellationToken);
            },
            cancellationToken
        );

    private Task ReadNamesAsync(KeyIndex index, CancellationToken cancellationToken) =>
        FileReading.ForEachAsync(
            _file,
            batch =>
            {
                foreach (ref readonly var entry in batch.Entries)
                {
                    if (entry.Kind == EntryKind.Key)
                        index.Add(KeyHash.Of(entry.Database, batch.Key(entry)));
                }

                return Task.CompletedTask;
            },
            cancellationToken
        );

    private void Note(EntryBatch batch)
    {
        foreach (ref readonly var entry in batch.Entries)
        {
            if (entry.Kind == EntryKind.Key)
                _databases.Add(entry.Database);
            else if (entry.Kind == EntryKind.Function)
                _functions.TryAdd(Encoding.UTF8.GetString(batch.Key(entry)), batch.Value(entry).ToArray());
        }
    }

    // A file's database belongs to the server's of the same number, unless the server's URI names one.
    private DatabasePair Pair(int database)
    {
        if (_endpoint.Database is null)
            return new DatabasePair(database, database);
        if (_databases.Count > 1)
        {
            throw new RefusedException(
                $"The file holds keys in several databases, and {_endpoint} names one",
                "Leave the database out of the URI."
            );
        }

        return _isFileTarget
            ? new DatabasePair(_endpoint.Database.Value, database)
            : new DatabasePair(database, _endpoint.Database.Value);
    }

    private async Task FindAbsentAsync(KeyIndex index, IVerdicts verdicts, CancellationToken cancellationToken)
    {
        foreach (var keyspace in await _server.DatabasesAsync(cancellationToken).ConfigureAwait(false))
        {
            var ofFile =
                _endpoint.Database is null ? keyspace.Database
                : _databases.Count > 0 ? _databases.Min
                : keyspace.Database;
            var databases = _isFileTarget
                ? new DatabasePair(keyspace.Database, ofFile)
                : new DatabasePair(ofFile, keyspace.Database);
            var scanned = _sample.ChooseAsync(_server.ScanAsync(keyspace.Database, cancellationToken));
            await foreach (var keys in scanned.ConfigureAwait(false))
            {
                byte[][] absent = [.. keys.Where(key => index.Lacks(KeyHash.Of(ofFile, key)))];
                if (absent.Length > 0)
                {
                    await _comparison
                        .CompareAbsentAsync(databases, absent, verdicts, cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
    }
}
