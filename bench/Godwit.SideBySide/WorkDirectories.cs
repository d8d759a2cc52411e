using System.Globalization;

namespace Godwit.SideBySide;

/// <summary>Directories for servers and programs, deleted when they are done with, unless they are to be kept.</summary>
/// <param name="keep">Leaves them behind, for whoever wants to read the logs.</param>
internal sealed class WorkDirectories(bool keep) : IDisposable
{
    // Beside the data sets, so that a snapshot can be moved there without being copied.
    private readonly string _root = Path.Combine(
        Repository.Workspace,
        "tmp",
        Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
    );

    private int _count;

    public WorkDirectory Create(string name)
    {
        var path = Path.Combine(_root, string.Create(CultureInfo.InvariantCulture, $"{++_count:d3}-{name}"));
        Directory.CreateDirectory(path);
        return new WorkDirectory(path, keep);
    }

    public void Dispose()
    {
        if (!keep && Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }
}

/// <summary>One of <see cref="WorkDirectories"/>.</summary>
internal sealed class WorkDirectory(string path, bool keep) : IDisposable
{
    public string Path => path;

    public void Dispose()
    {
        if (!keep)
            Directory.Delete(path, recursive: true);
    }
}
