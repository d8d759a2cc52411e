using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Godwit.SideBySide.Processes;

namespace Godwit.SideBySide.Servers;

/// <summary>A server of our own, on loopback, in a directory of its own.</summary>
/// <remarks>
/// Between it and this process stands a shell that waits for the end of its standard input, a pipe that the kernel closes
/// when this process ends in whatever way, and then kills the server. The shell is deaf to the terminal's Ctrl-C, so that
/// the order stays ours.
/// </remarks>
internal sealed class Server : IAsyncDisposable
{
    private const string Supervise = """
        trap '' INT
        log=$1; shift
        : >"$log"
        exec 3<&0
        "$@" </dev/null 3<&- >>"$log" 2>&1 &
        echo $!
        exec >/dev/null 2>&1
        cat <&3
        kill -KILL %1
        wait
        """;

    private const string Snapshot = "dump.rdb";

    // Loading the largest data set on a slow machine.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly WorkDirectory _directory;
    private readonly Process _supervisor;
    private readonly int _processId;

    private Server(WorkDirectory directory, int port, Process supervisor, int processId)
    {
        _directory = directory;
        _supervisor = supervisor;
        _processId = processId;
        Port = port;
    }

    public int Port { get; }

    public string Uri => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{Port}");

    /// <summary>What it keeps in memory at most, so far or since <see cref="ResetPeakMemory"/>. In bytes.</summary>
    public long PeakMemory => ProcessMemory.Peak(_processId);

    /// <summary>Where <c>SAVE</c> writes.</summary>
    public string SnapshotFile => Path.Combine(_directory.Path, Snapshot);

    /// <summary>
    /// Starts a server and waits until it has loaded <paramref name="rdbFile"/>, if there is one, and answers. The file
    /// itself is never written to.
    /// </summary>
    public static async Task<Server> StartAsync(
        ServerProgram program,
        string? rdbFile,
        WorkDirectories directories,
        CancellationToken cancellationToken
    )
    {
        var directory = directories.Create(rdbFile is null ? "target" : "source");
        // Should the server ever save, it puts a new file in the link's place.
        if (rdbFile is not null)
            File.CreateSymbolicLink(Path.Combine(directory.Path, Snapshot), rdbFile);

        var port = FreePort();
        var supervisor = Process.Start(
            new ProcessStartInfo(
                "bash",
                ["-c", Supervise, "supervise", LogOf(directory), program.Run, .. Options(directory, port)]
            )
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        var processId = await supervisor.StandardOutput.ReadLineAsync(CancellationToken.None);
        var server = new Server(directory, port, supervisor, int.Parse(processId!, CultureInfo.InvariantCulture));
        try
        {
            await server.WaitUntilReadyAsync(program, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public Task<ServerConnection> ConnectAsync(CancellationToken cancellationToken) =>
        ServerConnection.ConnectAsync(Port, cancellationToken);

    /// <summary>A section of <c>INFO</c>.</summary>
    public async Task<ServerInfo> InfoAsync(string section, CancellationToken cancellationToken)
    {
        using var connection = await ConnectAsync(cancellationToken);
        return await connection.InfoAsync(section, cancellationToken);
    }

    /// <summary>What it holds.</summary>
    public async Task<Keyspace> KeyspaceAsync(CancellationToken cancellationToken) =>
        (await InfoAsync("keyspace", cancellationToken)).Keyspace();

    /// <summary>Processor time so far, that of a child that has written a snapshot too, which is waited for.</summary>
    public async Task<TimeSpan> CpuAsync(CancellationToken cancellationToken)
    {
        using var connection = await ConnectAsync(cancellationToken);
        while ((await connection.InfoAsync("persistence", cancellationToken)).IsSaving)
            await Task.Delay(PollInterval, cancellationToken);
        return (await connection.InfoAsync("cpu", cancellationToken)).Cpu;
    }

    /// <summary>From here on <see cref="PeakMemory"/> counts anew.</summary>
    public void ResetPeakMemory() => ProcessMemory.ResetPeak(_processId);

    /// <summary>What it has logged so far.</summary>
    public async Task<string> LogAsync(CancellationToken cancellationToken)
    {
        await using var file = new FileStream(LogOf(_directory), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _supervisor.StandardInput.Close();
        await _supervisor.WaitForExitAsync();
        _supervisor.Dispose();
        _directory.Dispose();
    }

    private static string LogOf(WorkDirectory directory) => Path.Combine(directory.Path, "log");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string[] Options(WorkDirectory directory, int port) =>
        [
            .. (string[])["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1"],
            .. (string[])["--dir", directory.Path, "--dbfilename", Snapshot, "--save", "", "--appendonly", "no"],
            .. (string[])["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"],
        ];

    private async Task WaitUntilReadyAsync(ServerProgram program, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        // A port that answers could be another's; what stands in the log is this server's own.
        while (!(await LogAsync(cancellationToken)).Contains("Ready to accept connections", StringComparison.Ordinal))
        {
            if (!ProcessMemory.IsAlive(_processId) || clock.Elapsed > StartTimeout)
            {
                var log = await LogAsync(cancellationToken);
                throw new BenchException($"{program.Name} did not come up. Its log:\n{log}");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }
}
