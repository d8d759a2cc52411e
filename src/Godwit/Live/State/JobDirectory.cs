using System.Security.Cryptography;
using System.Text.Json;
using Godwit.Migration;

namespace Godwit.Live.State;

/// <summary>The directory of one job, for its owner's eyes alone.</summary>
/// <remarks>The state is written to a second file that then takes the first one's name: whatever dies meanwhile, one of the two is whole.</remarks>
internal sealed class JobDirectory
{
    private const string StateName = "job.json";
    private const string NewSuffix = ".new";
    private const string DefaultParent = ".godwit";

    private readonly string _path;

    private JobDirectory(string path) => _path = path;

    /// <summary>Where spooled changes go, unless their user names another place.</summary>
    public string SpoolPath => Path.Combine(_path, "spool");

    /// <summary>The directory.</summary>
    public string DirectoryPath => _path;

    /// <summary>The state as it was last written; null for a job that begins.</summary>
    public JobState? State { get; private set; }

    /// <summary>The directory that a job between two ends has where its user names none.</summary>
    public static string DefaultPath(string source, string target) =>
        Path.Combine(DefaultParent, $"{NameOf(source)}-to-{NameOf(target)}");

    /// <summary>Opens it, and reads the state that is there.</summary>
    /// <exception cref="RefusedException">What is there is damaged or of another job, or the directory cannot be used.</exception>
    public static JobDirectory Open(string path)
    {
        try
        {
            if (!Directory.Exists(path))
                Create(path);
            var directory = new JobDirectory(Path.GetFullPath(path));
            directory.State = directory.Read();
            return directory;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(
                $"The directory {path} cannot hold the job's state: {exception.Message}",
                "Name another one with --state, or mend what the message says.",
                exception
            );
        }
    }

    /// <summary>Opens the directory of a job that was begun; null if there is none.</summary>
    /// <exception cref="RefusedException">What is there is damaged, or cannot be read.</exception>
    public static JobDirectory? Find(string path) =>
        File.Exists(Path.Combine(path, StateName)) && Open(path) is { State: not null } directory ? directory : null;

    /// <summary>The directories of jobs beneath the one where jobs are by default, of those too that have just begun.</summary>
    public static IReadOnlyList<string> FindAll() =>
        Directory.Exists(DefaultParent)
            ?
            [
                .. Directory
                    .EnumerateDirectories(DefaultParent)
                    .Where(path => File.Exists(Path.Combine(path, StateName)) || JobLock.IsThere(path))
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    /// <summary>A name for a new job.</summary>
    public static string NewJob() => RandomNumberGenerator.GetHexString(12, lowercase: true);

    /// <summary>Writes the state, so that it is whole on disk when this returns.</summary>
    /// <exception cref="FileFailureException">It could not be written.</exception>
    public void Save(JobState state)
    {
        var path = Path.Combine(_path, StateName);
        try
        {
            using (var file = new FileStream(path + NewSuffix, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                JsonSerializer.Serialize(file, state, JobStateFormat.Default.JobState);
                file.Flush(flushToDisk: true);
            }

            File.Move(path + NewSuffix, path, overwrite: true);
            State = state;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FileFailureException(
                $"The job's state cannot be written to {path}: {exception.Message}",
                "Make room there, or mend what the message says, then go on with --resume.",
                exception
            );
        }
    }

    /// <summary>Forgets the job: there is nothing left to resume. The directory itself goes with its <see cref="JobLock"/>.</summary>
    public void Delete()
    {
        File.Delete(Path.Combine(_path, StateName));
        File.Delete(Path.Combine(_path, StateName + NewSuffix));
        State = null;
    }

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private JobState? Read()
    {
        var path = Path.Combine(_path, StateName);
        if (!File.Exists(path))
            return null;

        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, JobStateFormat.Default.JobState);
        }
        catch (JsonException exception)
        {
            throw new RefusedException(
                $"The job's state in {path} is damaged: {exception.Message}",
                "Begin anew with another --state, and --on-existing replace.",
                exception
            );
        }
    }

    private static string NameOf(string uri) =>
        string.Concat(
            uri[(uri.IndexOf("//", StringComparison.Ordinal) + 2)..]
                .Select(c => char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '-')
        );
}
