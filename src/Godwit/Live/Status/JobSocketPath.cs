using System.Net.Sockets;
using System.Text;

namespace Godwit.Live.Status;

/// <summary>
/// Where a job's socket is: in its state directory, or, where the path would be too long for a socket, in a directory of its
/// own among the temporary ones, which a file in the state directory then names.
/// </summary>
internal static class JobSocketPath
{
    private const string SocketName = "job.sock";
    private const string ElsewhereName = "job.sock.path";

    // unix(7): sun_path has 108 bytes on Linux, 104 on others, the NUL at its end among them.
    private const int LongestPath = 103;

    /// <summary>Chooses the path for a job that begins to listen; a killed run's socket is removed.</summary>
    /// <exception cref="IOException">The directory takes no files.</exception>
    public static string Choose(string directory)
    {
        Remove(directory);
        var path = Path.Combine(directory, SocketName);
        if (Encoding.UTF8.GetByteCount(path) <= LongestPath)
            return path;

        // Of a name that nobody can foresee, for its owner alone.
        var elsewhere = Path.Combine(Directory.CreateTempSubdirectory("godwit-").FullName, SocketName);
        File.WriteAllText(Path.Combine(directory, ElsewhereName), elsewhere);
        return elsewhere;
    }

    /// <summary>The path at which a job would listen; null if none does.</summary>
    public static string? Find(string directory)
    {
        var path = Path.Combine(directory, SocketName);
        if (File.Exists(path))
            return path;

        var named = Path.Combine(directory, ElsewhereName);
        return File.Exists(named) && File.ReadAllText(named) is { Length: > 0 and <= LongestPath } elsewhere
            ? elsewhere
            : null;
    }

    /// <summary>Removes the socket, and what leads to it.</summary>
    public static void Remove(string directory)
    {
        File.Delete(Path.Combine(directory, SocketName));
        var named = Path.Combine(directory, ElsewhereName);
        if (!File.Exists(named))
            return;

        // The file's word is not taken for more than it can be: a socket of ours, in a directory of ours.
        var elsewhere = File.ReadAllText(named);
        var parent = Path.GetDirectoryName(elsewhere);
        if (
            Path.GetFileName(elsewhere) == SocketName
            && Path.GetFileName(parent)?.StartsWith("godwit-", StringComparison.Ordinal) == true
            && Directory.Exists(parent)
        )
        {
            File.Delete(elsewhere);
            if (!Directory.EnumerateFileSystemEntries(parent).Any())
                Directory.Delete(parent);
        }

        File.Delete(named);
    }

    /// <summary>A stream socket of the Unix family.</summary>
    public static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
