using System.Globalization;
using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Configuration;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol.Rdb;

namespace Godwit.Sources.Rdb;

/// <summary>RDB files, one after another: those of paths, directories and globs in their order, or standard input.</summary>
internal sealed class RdbFileSource : EntrySource
{
    private readonly IReadOnlyList<RdbFiles.Found> _files;
    private readonly Account[] _accounts;
    private readonly string?[] _versions;
    private readonly RetryList? _retry;
    private readonly SourcePace _pace;
    private BufferBudget? _budget;
    private LargeValueLimits? _limits;
    private long _read;

    private RdbFileSource(
        RdbFileEndpoint endpoint,
        IReadOnlyList<RdbFiles.Found> files,
        RetryList? retry,
        SourcePace pace,
        Ledger ledger
    )
    {
        Name = endpoint.ToString();
        _files = files;
        _accounts = [.. endpoint.Paths.Select(path => ledger.Open(path))];
        _versions = new string?[_accounts.Length];
        _retry = retry;
        _pace = pace;
        ExpectedBytes = endpoint.IsStandardInput ? null : TotalLength(files);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports =>
        [
            .. _accounts.Select(
                (account, i) => new SourceReport(account.Source!, _versions[i], "rdb") { Keys = account.Counts }
            ),
        ];

    /// <inheritdoc/>
    public override long BytesRead => Volatile.Read(ref _read);

    /// <inheritdoc/>
    public override long? ExpectedBytes { get; }

    /// <summary>Keys whose time is over by then are passed over, in Unix milliseconds. Null: they are not.</summary>
    public long? OverBy { get; set; }

    /// <summary>Says how the files are read; to be called before they are.</summary>
    /// <param name="budget">Gives the buffers.</param>
    /// <param name="limits">From which size on a value goes in pieces; null: never.</param>
    public void Prepare(BufferBudget budget, LargeValueLimits? limits) => (_budget, _limits) = (budget, limits);

    /// <summary>The path that its user named, or the first of several.</summary>
    public string Name { get; }

    /// <summary>How many files there are.</summary>
    public int Count => _files.Count;

    /// <summary>How many files there are, and how large, for people.</summary>
    public string Describe()
    {
        var files =
            _files.Count == 1 ? "1 RDB file" : string.Create(CultureInfo.InvariantCulture, $"{_files.Count} RDB files");
        return ExpectedBytes is { } bytes ? $"{files}, {new ByteSize(bytes)}" : files;
    }

    /// <summary>Finds the files, and sees that each can be read and begins as an RDB file does.</summary>
    /// <exception cref="RefusedException">There are none, or one cannot be read.</exception>
    /// <exception cref="RdbFormatException">One is no RDB file, or of a version that is not known.</exception>
    public static async Task<RdbFileSource> OpenAsync(
        RdbFileEndpoint endpoint,
        RetryList? retry,
        SourcePace pace,
        Ledger ledger,
        CancellationToken cancellationToken
    )
    {
        var source = new RdbFileSource(endpoint, RdbFiles.Find(endpoint), retry, pace, ledger);
        foreach (var (path, _) in source._files)
            await RdbFiles.CheckHeaderAsync(path, cancellationToken).ConfigureAwait(false);
        return source;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var budget = _budget ?? throw new InvalidOperationException("the files were not prepared for reading");
        foreach (var (path, named) in _files)
        {
            var stream = RdbFiles.Open(path);
            await using var closing = stream.ConfigureAwait(false);
            using var reader = new SnapshotReader(
                (buffer, token) => ReadAsync(stream, path, buffer, token),
                new EntryChoice(null, _retry, _accounts[named].Source) { OverBy = OverBy },
                _limits,
                budget,
                _pace
            );
            var batches = reader.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var ending = batches.ConfigureAwait(false);
            while (await MoveNextAsync(batches, path).ConfigureAwait(false))
            {
                SetVersion(named, reader);
                var batch = batches.Current;
                batch.Account = _accounts[named];
                yield return batch;
            }

            SetVersion(named, reader);
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<EntryBatch> batches, string path)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (RdbFormatException exception)
        {
            throw RdbFiles.Named(exception, path);
        }
    }

    private async ValueTask<int> ReadAsync(
        Stream stream,
        string path,
        Memory<byte> buffer,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _read, _read + count);
            return count;
        }
        catch (IOException exception)
        {
            throw new FileFailureException(
                $"{RdbFiles.Name(path)} cannot be read any further: {exception.Message}",
                "Check the disk or the line that it comes from, and try again.",
                exception
            );
        }
    }

    // The last one's where a directory's or a glob's files differ.
    private void SetVersion(int named, SnapshotReader reader)
    {
        if (reader.Version is { } version)
            _versions[named] = VersionName(version);
    }

    private static long? TotalLength(IReadOnlyList<RdbFiles.Found> files)
    {
        long total = 0;
        foreach (var (path, _) in files)
        {
            var file = new FileInfo(path);

            // A pipe or a device has no length.
            if (file.Length == 0)
                return null;
            total += file.Length;
        }

        return total;
    }

    private static string VersionName(RdbVersion version) =>
        version.Family == RdbFamily.Valkey ? $"valkey rdb {version.Number}" : $"rdb {version.Number}";
}
