namespace Godwit.Cli.Demo;

/// <summary>The one place where the demo puts files. It goes with all that is in it.</summary>
internal sealed class DemoDirectory : IDisposable
{
    private DemoDirectory(string path) => Path = path;

    public string Path { get; }

    /// <summary>Creates it, for the user's eyes alone.</summary>
    /// <exception cref="DemoException">The system's temporary directory cannot be written.</exception>
    public static DemoDirectory Create()
    {
        try
        {
            return new DemoDirectory(Directory.CreateTempSubdirectory("godwit-demo-").FullName);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DemoException(
                $"The temporary directory {System.IO.Path.GetTempPath()} cannot be written: {exception.Message}",
                "Name another one in TMPDIR.",
                exception
            );
        }
    }

    /// <summary>The path of a file or directory in it.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        // The last of the servers' shells removes it too, when it is empty.
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
