using System.Diagnostics;
using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Processes;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Following;

/// <summary>Godwit, with <c>--live</c>.</summary>
internal sealed class GodwitFollower : IFollower
{
    private readonly Process _process;
    private readonly WorkDirectory _directory;
    private readonly Task<string> _error;

    private GodwitFollower(Process process, WorkDirectory directory)
    {
        (_process, _directory) = (process, directory);
        _error = process.StandardError.ReadToEndAsync();
    }

    public Usage? Usage
    {
        get
        {
            if (_process.HasExited)
                throw new BenchException($"it ended with {_process.ExitCode}: {_error.GetAwaiter().GetResult()}");
            _process.Refresh();
            return new Usage(_process.TotalProcessorTime, ProcessMemory.Peak(_process.Id));
        }
    }

    public static IFollower Start(string program, Server source, Server target, WorkDirectories directories)
    {
        var directory = directories.Create("godwit");
        string[] arguments = ["migrate", "--live", source.Uri, target.Uri, "--quiet", "--progress", "never"];
        var process = Process.Start(
            new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                WorkingDirectory = directory.Path,
            }
        )!;
        return new GodwitFollower(process, directory);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _error;
        _process.Dispose();
        _directory.Dispose();
    }
}
