using System.Globalization;
using System.Text;
using Godwit.Endpoints;

namespace Godwit.Cli;

/// <summary>
/// Takes the passwords of URIs out of what <c>ps</c> and <c>/proc/PID/cmdline</c> show. Linux keeps a process's arguments in
/// its own memory, where the process may overwrite them: proc(5), <c>arg_start</c> and <c>arg_end</c> of
/// <c>/proc/pid/stat</c>. The runtime has long made its own copies.
/// </summary>
internal static class ProcessTitle
{
    // Fields 48 and 49 of /proc/pid/stat, counted from field 3, the first behind the name in parentheses.
    private const int ArgumentsStart = 48 - 3;
    private const int ArgumentsEnd = 49 - 3;

    /// <summary>Hides them, where there are any.</summary>
    /// <returns>False where they still show: another system, or one that does not let us.</returns>
    public static bool TryHidePasswords(IReadOnlyList<string> arguments)
    {
        if (arguments.All(argument => UriSecrets.FindPassword(argument) is null))
            return true;
        if (!OperatingSystem.IsLinux())
            return false;

        try
        {
            var stat = File.ReadAllText("/proc/self/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var start = long.Parse(fields[ArgumentsStart], CultureInfo.InvariantCulture);
            var end = long.Parse(fields[ArgumentsEnd], CultureInfo.InvariantCulture);
            using var memory = new FileStream(
                "/proc/self/mem",
                FileMode.Open,
                FileAccess.ReadWrite,
                FileShare.ReadWrite,
                bufferSize: 0
            );
            var bytes = new byte[end - start];
            memory.Position = start;
            memory.ReadExactly(bytes);
            memory.Position = start;
            memory.Write(Hide(bytes));
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The same number of bytes, with stars for each password of the arguments, which NULs separate.</summary>
    internal static byte[] Hide(byte[] commandLine)
    {
        var result = (byte[])commandLine.Clone();
        var start = 0;
        while (start < commandLine.Length)
        {
            var end = Array.IndexOf(commandLine, (byte)0, start);
            end = end < 0 ? commandLine.Length : end;
            // Bytes and characters are one to one in Latin-1; all that matters to the search is ASCII.
            var argument = Encoding.Latin1.GetString(commandLine, start, end - start);
            if (UriSecrets.FindPassword(argument) is { } password)
                result.AsSpan(start, argument.Length)[password].Fill((byte)'*');
            start = end + 1;
        }

        return result;
    }
}
