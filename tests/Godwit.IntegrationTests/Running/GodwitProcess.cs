using System.Diagnostics;
using System.Globalization;

namespace Godwit.IntegrationTests.Running;

/// <summary>The program as its users run it: a process, here in a directory of its own, which ends with this object.</summary>
internal sealed class GodwitProcess : IDisposable
{
    // A run takes a second or two; this only ends one that hangs, with what it said so far in the failure.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly TemporaryDirectory _directory = new();

    public string Directory => _directory.Path;

    /// <summary>Variables of the environment on top of the test's own.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public string PathOf(string fileName) => Path.Combine(Directory, fileName);

    public Task<GodwitResult> RunAsync(params string[] arguments) => RunAsync(null, null, arguments);

    public Task<GodwitResult> RunWithInputAsync(string inputFile, params string[] arguments) =>
        RunAsync(inputFile, null, arguments);

    /// <summary>Runs the program and hands its process to <paramref name="meanwhile"/>, which may send it a signal.</summary>
    public Task<GodwitResult> RunAsync(Func<Process, Task> meanwhile, params string[] arguments) =>
        RunAsync(null, meanwhile, arguments);

    /// <summary>Sends a signal, as <c>kill</c> does.</summary>
    public static async Task SignalAsync(Process process, string signal)
    {
        var processId = process.Id.ToString(CultureInfo.InvariantCulture);
        using var kill = Process.Start("kill", ["-s", signal, processId]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose() => _directory.Dispose();

    private async Task<GodwitResult> RunAsync(string? inputFile, Func<Process, Task>? meanwhile, string[] arguments)
    {
        using var process = Process.Start(StartInfo(arguments))!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await FeedAsync(process, inputFile, patience.Token);
            if (meanwhile is not null)
                await meanwhile(process);
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException exception)
            when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"godwit {string.Join(' ', arguments)} did not end within {Patience}\n{await output}\n{await error}",
                exception
            );
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        return new(process.ExitCode, await output, await error, ReadFailedKeys());
    }

    private string ReadFailedKeys()
    {
        const int Shown = 4000;
        var files = System.IO.Directory.EnumerateFiles(Directory, "*.ndjson").Order(StringComparer.Ordinal);
        var text = string.Concat(files.Select(path => $"{Path.GetFileName(path)}:\n{File.ReadAllText(path)}"));
        return text.Length <= Shown ? text : text[..Shown] + "…";
    }

    private ProcessStartInfo StartInfo(string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "godwit.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return start;
    }

    private static async Task FeedAsync(Process process, string? inputFile, CancellationToken cancellationToken)
    {
        await using var input = process.StandardInput;
        if (inputFile is null)
            return;

        await using var file = File.OpenRead(inputFile);
        try
        {
            await file.CopyToAsync(input.BaseStream, cancellationToken);
        }
        catch (IOException)
        {
            // The program closed its end before it had read all: its exit code and message tell the test why.
        }
    }
}
