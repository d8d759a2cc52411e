using Microsoft.Win32.SafeHandles;

namespace Godwit.Targets.Json;

/// <summary>Standard output as a place for data: what cannot be written there is an error.</summary>
/// <remarks>
/// The console's own stream keeps silent when the reader of a pipe has gone: the data would be lost, and reported as written.
/// </remarks>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    /// <summary>Opens it.</summary>
    /// <exception cref="IOException">It is closed.</exception>
    public static Stream Open()
    {
        // A terminal has no reader that could go.
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return Console.OpenStandardOutput();

        var pipe = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (!pipe.CanSeek)
            return pipe;

        // A file may have others that write to it, behind what each has written; nor has it a reader.
        pipe.Dispose();
        return Console.OpenStandardOutput();
    }
}
