namespace Godwit.IntegrationTests.Running;

/// <summary>An empty directory that is gone with this object.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("godwit-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
