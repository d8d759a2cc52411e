using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Godwit.IntegrationTests.Servers;

/// <summary>A real server, started for one test on a port and in a directory of its own.</summary>
/// <remarks>
/// <para>It listens on 127.0.0.1 and on <see cref="UnixSocket"/>, saves nothing by itself, and permits DEBUG.</para>
/// <para>
/// It dies with the test, however that ends. Between the two stands a shell that waits for the end of its standard input,
/// a pipe which the kernel closes when the test process dies, killed or not. Should that shell be killed, the kernel
/// kills the server (PR_SET_PDEATHSIG). The signal alone would not do: it is tied to the thread that starts a process,
/// and .NET's pool ends its threads as it likes.
/// </para>
/// </remarks>
public sealed class RedisServer : IAsyncDisposable
{
    // The shell goes on as soon as one of the two ends, the server or the pipe, and ends the other. It collects both, as
    // the first process of a container often does not. With job control (set -m) each of the two is a process group of
    // its own, so that a server's saving child dies with it, and %1 is never a process id that is somebody else's by now.
    // The server holds the shell's standard output open as its descriptor 4, so that the end of that output is the end
    // of the server.
    private const string Supervise = """
        set -m
        log=$1; shift
        exec 3<&0
        setpriv --pdeathsig KILL "$@" </dev/null 3<&- 4>&1 >"$log" 2>&1 &
        echo $!
        setpriv --pdeathsig KILL cat <&3 >/dev/null &
        # The shell would report what it killed.
        exec 2>/dev/null
        wait -n
        kill -KILL %1 %2
        wait
        """;

    private const string RdbName = "dump.rdb";
    private const string LogName = "log";
    private const string SocketName = "socket";
    private const int StartAttempts = 10;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Process _supervisor;

    private RedisServer(ServerVersion version, string directory, int port, Process supervisor, int processId)
    {
        Version = version;
        Directory = directory;
        Port = port;
        _supervisor = supervisor;
        ProcessId = processId;
    }

    public ServerVersion Version { get; }

    public int Port { get; }

    /// <summary>The server's own process, for tests that stop or kill it.</summary>
    public int ProcessId { get; }

    /// <summary>The server's working directory, deleted with it.</summary>
    public string Directory { get; }

    public string UnixSocket => Path.Combine(Directory, SocketName);

    /// <summary>Where <see cref="SaveAsync"/> writes, and what a server that is started on this directory loads.</summary>
    public string RdbFile => Path.Combine(Directory, RdbName);

    /// <summary>
    /// Starts a server and waits until it answers. The running test is skipped, with the reason, where the version is not
    /// here.
    /// </summary>
    /// <param name="version">Which server.</param>
    /// <param name="arguments">More of its options, such as <c>--maxmemory 1mb</c> as two arguments; the last one wins.</param>
    /// <exception cref="ServerStartException">It ended, or did not answer for a minute.</exception>
    public static Task<RedisServer> StartAsync(ServerVersion version, params string[] arguments) =>
        StartWithFileAsync(version, rdbFile: null, arguments);

    /// <summary>Starts a server that loads a copy of an RDB file first.</summary>
    public static async Task<RedisServer> StartWithFileAsync(
        ServerVersion version,
        string? rdbFile,
        params string[] arguments
    )
    {
        var program = InstalledServers.ProgramOf(version);
        for (var attempt = 1; ; attempt++)
        {
            var server = await StartOnceAsync(version, program, rdbFile, arguments);
            try
            {
                await server.WaitUntilReadyAsync();
                return server;
            }
            catch (ServerStartException exception)
                when (attempt < StartAttempts
                    && exception.Message.Contains("Address already in use", StringComparison.Ordinal)
                )
            {
                // Between choosing the port and listening on it somebody else took it.
                await server.DisposeAsync();
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>A port that nobody listens on at this moment.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public RespClient Connect() => RespClient.Connect(Port);

    /// <summary>Has the server write all it holds to <see cref="RdbFile"/>.</summary>
    public async Task<string> SaveAsync()
    {
        await Task.Run(() =>
        {
            using var client = Connect();
            client.Call("SAVE");
        });
        return RdbFile;
    }

    /// <summary>Kills the server, as a crash would. Its directory stays until it is disposed.</summary>
    public async Task KillAsync()
    {
        _supervisor.StandardInput.Close();
        await _supervisor.StandardOutput.ReadToEndAsync();
        await _supervisor.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _supervisor.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static async Task<RedisServer> StartOnceAsync(
        ServerVersion version,
        string program,
        string? rdbFile,
        string[] arguments
    )
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("godwit-").FullName;
        if (rdbFile is not null)
        {
            File.Copy(rdbFile, Path.Combine(directory, RdbName));
        }

        var port = FreePort();
        string[] options = [.. Options(version, directory, port), .. arguments];
        string[] command = ["-c", Supervise, "supervise", Path.Combine(directory, LogName), program, .. options];
        var supervisor = Process.Start(
            new ProcessStartInfo("bash", command)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        var processId = await supervisor.StandardOutput.ReadLineAsync();
        return new RedisServer(
            version,
            directory,
            port,
            supervisor,
            int.Parse(processId!, CultureInfo.InvariantCulture)
        );
    }

    private static string[] Options(ServerVersion version, string directory, int port) =>
        [
            .. (string[])["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1"],
            .. (string[])["--unixsocket", Path.Combine(directory, SocketName)],
            .. (string[])["--dir", directory, "--save", ""],
            // A replica that asks for a snapshot gets it now, not after waiting for others to share it.
            .. (string[])["--repl-diskless-sync-delay", "0"],
            // Before 7.0 DEBUG was always there.
            .. version == ServerVersion.Redis60 ? (string[])[] : ["--enable-debug-command", "yes"],
        ];

    private async Task WaitUntilReadyAsync()
    {
        var clock = Stopwatch.StartNew();
        // A port that answers could be another's; what stands in the log is this server's own.
        while (!Log().Contains("Ready to accept connections", StringComparison.Ordinal) || !Answers())
        {
            if (_supervisor.HasExited)
            {
                throw new ServerStartException($"{InstalledServers.NameOf(Version)} ended at its start:\n{Log()}");
            }

            if (clock.Elapsed > StartTimeout)
            {
                throw new ServerStartException(
                    $"{InstalledServers.NameOf(Version)} does not answer after {StartTimeout.TotalSeconds} s:\n{Log()}"
                );
            }

            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }

    private string Log()
    {
        var file = Path.Combine(Directory, LogName);
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }

    private bool Answers()
    {
        try
        {
            using var client = Connect();
            // Any answer but one: a server that wants a password is up as well.
            return client.Try("PING") is not RespError error
                || !error.Message.StartsWith("LOADING", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
    }
}
