namespace Godwit.Verification.Differences;

/// <summary>A temporary file that nobody else can read: names of keys are nobody else's business.</summary>
internal static class PrivateFile
{
    /// <summary>Creates one of a new name in the directory for temporary files.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static FileStream Create(FileOptions options)
    {
        var choices = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = options,
            BufferSize = 64 * 1024,
        };

        // Elsewhere the directory for temporary files is the user's own.
        if (!OperatingSystem.IsWindows())
            choices.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(Path.Combine(Path.GetTempPath(), $"godwit-{Guid.NewGuid():N}"), choices);
    }
}
