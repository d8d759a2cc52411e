using System.Globalization;
using Godwit.Configuration;

namespace Godwit.Live.Spooling;

/// <summary>
/// Where spools keep what memory has no room for: one directory for one running job, and a bound in bytes for all of its
/// spools together. Safe for use from any thread.
/// </summary>
/// <remarks>
/// What an earlier run has left there, because it was killed, is of no use to a later one, which asks the source again; it is
/// deleted. Files that are not ours are left alone, whatever they are.
/// </remarks>
internal sealed class SpoolDirectory : IDisposable
{
    private const string LockName = "godwit-spool.lock";
    private const string Prefix = "godwit-spool-";
    private const string Suffix = ".segment";

    private readonly string _path;
    private readonly FileStream _lock;
    private readonly Func<string, ISegmentFile> _create;
    private readonly bool _created;
    private long _used;
    private int _spools;

    private SpoolDirectory(
        string path,
        long maxBytes,
        FileStream lockFile,
        bool created,
        Func<string, ISegmentFile> create
    )
    {
        _path = path;
        _lock = lockFile;
        _created = created;
        _create = create;
        MaxBytes = maxBytes;
    }

    /// <summary>The bound, in bytes.</summary>
    public long MaxBytes { get; }

    /// <summary>Bytes that all spools have on disk now.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Takes the directory for this process; creates it where it is not there, for its owner alone.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="maxBytes">The bound, in bytes: <c>--max-disk</c>.</param>
    /// <param name="create">Creates a segment file; null for real ones.</param>
    /// <exception cref="SpoolException">It cannot be used, or another process uses it.</exception>
    public static SpoolDirectory Open(string path, long maxBytes, Func<string, ISegmentFile>? create = null)
    {
        try
        {
            var full = Path.GetFullPath(path);
            var created = !Directory.Exists(full);
            if (created && !OperatingSystem.IsWindows())
                Directory.CreateDirectory(
                    full,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
            else
                Directory.CreateDirectory(full);

            var lockFile = Lock(full);
            try
            {
                foreach (var leftover in Directory.EnumerateFiles(full, Prefix + "*" + Suffix))
                    File.Delete(leftover);
            }
            catch
            {
                lockFile.Dispose();
                throw;
            }

            return new SpoolDirectory(full, maxBytes, lockFile, created, create ?? SegmentFile.Create);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SpoolException(
                $"The directory {path} cannot hold the spool: {exception.Message}",
                "Name another with --spool, or mend what the message says.",
                exception
            );
        }
    }

    /// <summary>A name for a spool's files that no other spool of this directory has.</summary>
    public string NextSpoolName() => Interlocked.Increment(ref _spools).ToString(CultureInfo.InvariantCulture);

    /// <summary>Creates a segment file, empty.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    public ISegmentFile CreateSegment(string spool, long number) =>
        _create(Path.Combine(_path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{spool}-{number}{Suffix}")));

    /// <summary>Sets bytes aside.</summary>
    /// <returns>False if that would be more than the bound.</returns>
    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= MaxBytes)
            return true;

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    public void GiveBack(long bytes) => Interlocked.Add(ref _used, -bytes);

    /// <summary>What is said where the bound is reached.</summary>
    public string FullMessage => $"the spool has reached --max-disk ({new ByteSize(MaxBytes)}) in {_path}";

    /// <summary>Gives the directory up; its spools have been disposed of. Deletes it if it was created here and is empty.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        try
        {
            File.Delete(Path.Combine(_path, LockName));
            if (_created && !Directory.EnumerateFileSystemEntries(_path).Any())
                Directory.Delete(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // An empty directory and an empty file do no harm, and the work is done.
        }
    }

    // The system gives it up when the process dies, however that happens.
    private static FileStream Lock(string directory)
    {
        try
        {
            return new FileStream(
                Path.Combine(directory, LockName),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            );
        }
        catch (IOException exception)
        {
            throw new SpoolException(
                $"The directory {directory} is used as a spool by another process: {exception.Message}",
                "Wait for that one to end, or name another directory with --spool.",
                exception
            );
        }
    }
}
