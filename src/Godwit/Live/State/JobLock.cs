using Godwit.Migration;

namespace Godwit.Live.State;

/// <summary>One process at a time is at work on a job. The system gives the lock up when that dies, however it happens.</summary>
internal sealed class JobLock : IDisposable
{
    private const string Name = "job.lock";

    private readonly string _directory;
    private readonly FileStream _file;

    private JobLock(string directory, FileStream file) => (_directory, _file) = (directory, file);

    /// <summary>Takes it.</summary>
    /// <param name="directory">The state directory, which is there.</param>
    /// <exception cref="RefusedException">Another process has it, or the directory takes no files.</exception>
    public static JobLock Take(string directory)
    {
        try
        {
            var file = new FileStream(
                Path.Combine(directory, Name),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            );
            return new JobLock(directory, file);
        }
        catch (IOException exception) when (File.Exists(Path.Combine(directory, Name)))
        {
            throw new RefusedException(
                $"Another process is at work on the job in {directory}",
                $"'godwit status --state {directory}' says how it stands, 'godwit stop' ends it.",
                exception
            );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(
                $"The directory {directory} cannot hold the job's state: {exception.Message}",
                "Name another one with --state, or mend what the message says.",
                exception
            );
        }
    }

    /// <summary>True if a process has taken it, or has died with it.</summary>
    public static bool IsThere(string directory) => File.Exists(Path.Combine(directory, Name));

    /// <summary>True if a process is at work on the job.</summary>
    public static bool IsHeld(string directory)
    {
        try
        {
            using var file = new FileStream(
                Path.Combine(directory, Name),
                FileMode.Open,
                FileAccess.ReadWrite,
                FileShare.None
            );
            return false;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Gives it up. A directory in which nothing is left goes too.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(Path.Combine(_directory, Name));
            if (!Directory.EnumerateFileSystemEntries(_directory).Any())
                Directory.Delete(_directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // An empty file does no harm, and the next run takes the lock all the same.
        }
        finally
        {
            _file.Dispose();
        }
    }
}
