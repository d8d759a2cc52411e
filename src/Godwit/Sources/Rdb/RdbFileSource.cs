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
    private readonly SourceReport[] _reports;
    private readonly EntryChoice _choice;
    private readonly BufferBudget _budget;
    private readonly SourcePace _pace;
    private readonly Ledger _ledger;
    private long _read;

    private RdbFileSource(
        RdbFileEndpoint endpoint,
        IReadOnlyList<RdbFiles.Found> files,
        EntryChoice choice,
        BufferBudget budget,
        SourcePace pace,
        Ledger ledger
    )
    {
        _ledger = ledger;
        _files = files;
        _reports = [.. endpoint.Paths.Select(path => new SourceReport(path, Server: null, "rdb"))];
        _choice = choice;
        _budget = budget;
        _pace = pace;
        ExpectedBytes = endpoint.IsStandardInput ? null : TotalLength(files);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports => _reports;

    /// <inheritdoc/>
    public override long BytesRead => Volatile.Read(ref _read);

    /// <inheritdoc/>
    public override long? ExpectedBytes { get; }

    /// <summary>From which size on a value goes in pieces; null: never. To be set before the reading.</summary>
    public LargeValueLimits? LargeValues { get; set; }

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
        EntryChoice choice,
        BufferBudget budget,
        SourcePace pace,
        Ledger ledger,
        CancellationToken cancellationToken
    )
    {
        var source = new RdbFileSource(endpoint, RdbFiles.Find(endpoint), choice, budget, pace, ledger);
        foreach (var (path, _) in source._files)
            await RdbFiles.CheckHeaderAsync(path, cancellationToken).ConfigureAwait(false);
        return source;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var (path, named) in _files)
        {
            var stream = RdbFiles.Open(path);
            await using var closing = stream.ConfigureAwait(false);
            using var reader = new SnapshotReader(
                (buffer, token) => ReadAsync(stream, path, buffer, token),
                _choice,
                LargeValues,
                _budget,
                _pace
            );
            var batches = reader.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var ending = batches.ConfigureAwait(false);
            while (await MoveNextAsync(batches, path).ConfigureAwait(false))
            {
                SetVersion(named, reader);
                yield return batches.Current;
            }

            SetVersion(named, reader);
        }

        _choice.SettleMissing(_ledger);
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
            _reports[named] = _reports[named] with { Server = Name(version) };
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

    private static string Name(RdbVersion version) =>
        version.Family == RdbFamily.Valkey ? $"valkey rdb {version.Number}" : $"rdb {version.Number}";
}
