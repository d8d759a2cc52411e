namespace Godwit.Cli;

/// <summary>A file that goes with its test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string text) => File.WriteAllText(Path, text);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"godwit-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(Path);
}
