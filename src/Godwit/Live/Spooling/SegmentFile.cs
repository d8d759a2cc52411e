using Microsoft.Win32.SafeHandles;

namespace Godwit.Live.Spooling;

/// <summary>A file that only its owner may read: what is spooled is a user's data. It is deleted when it is disposed of.</summary>
internal sealed class SegmentFile : ISegmentFile
{
    private readonly string _path;
    private readonly FileStream _stream;

    private SegmentFile(string path, FileStream stream)
    {
        _path = path;
        _stream = stream;
    }

    private SafeFileHandle Handle => _stream.SafeFileHandle;

    /// <summary>Creates a file that is not there yet.</summary>
    /// <exception cref="IOException">It is there, or cannot be created.</exception>
    public static SegmentFile Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new SegmentFile(path, new FileStream(path, options));
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long position, CancellationToken cancellationToken) =>
        RandomAccess.WriteAsync(Handle, bytes, position, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, long position, CancellationToken cancellationToken) =>
        RandomAccess.ReadAsync(Handle, buffer, position, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        File.Delete(_path);
    }
}
