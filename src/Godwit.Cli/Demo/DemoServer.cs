using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Godwit.Connections;
using Godwit.Endpoints;

namespace Godwit.Cli.Demo;

/// <summary>
/// A server of the demo's own: on a Unix socket in a directory that nobody else may enter, without a port, saving nothing.
/// </summary>
/// <remarks>
/// It ends with this process, however that ends. Between the two stands a shell that waits for the end of its standard input,
/// a pipe which the kernel closes with this process; then it kills the server and removes the server's directory.
/// </remarks>
internal sealed class DemoServer : IAsyncDisposable
{
    // An interrupt from the terminal reaches the whole process group: the shell and cat ignore it, and setsid, where there is
    // one, takes the server out of the group. What it says on standard output ends with the server, which holds the pipe open
    // as its descriptor 4.
    private const string Supervise = """
        trap '' HUP INT QUIT TERM
        dir=$1; shift
        setsid=$(command -v setsid)
        exec 3<&0
        ${setsid:+"$setsid"} "$@" </dev/null 3<&- 4>&1 >"$dir/log" 2>&1 &
        exec >/dev/null 2>&1
        cat <&3
        kill -KILL $!
        wait
        rm -rf -- "$dir"
        rmdir -- "$(dirname -- "$dir")"
        """;

    // sockaddr_un.sun_path is 104 bytes on macOS and 108 on Linux, with the NUL behind it.
    private const int LongestSocketPath = 103;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly ServerProgram _program;
    private readonly string _directory;
    private readonly Process _shell;
    private readonly Task<string> _ended;

    private DemoServer(ServerProgram program, string directory, string socket, Process shell)
    {
        _program = program;
        _directory = directory;
        _shell = shell;
        _ended = shell.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Endpoint = new RedisEndpoint { SocketPath = socket };
    }

    /// <summary>Where it listens.</summary>
    public RedisEndpoint Endpoint { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="program">What to start.</param>
    /// <param name="directory">A path at which the server's directory is created; it goes with the server.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the wait, and the server.</param>
    /// <exception cref="DemoException">It does not start.</exception>
    public static async Task<DemoServer> StartAsync(
        ServerProgram program,
        string directory,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var socket = Path.Combine(directory, "socket");
        if (Encoding.UTF8.GetByteCount(socket) > LongestSocketPath)
        {
            throw new DemoException(
                $"The temporary directory's name is too long for a Unix socket: {directory}",
                "Name a shorter one in TMPDIR."
            );
        }

        Directory.CreateDirectory(directory);
        var server = new DemoServer(program, directory, socket, Spawn(program, directory, socket));
        try
        {
            await server.WaitUntilReadyAsync(timeProvider, cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A connection of its own to the server, which the caller disposes of.</summary>
    public Task<RedisConnection> ConnectAsync(TimeProvider timeProvider, CancellationToken cancellationToken) =>
        RedisConnection.ConnectAsync(Endpoint, new ConnectionOptions(), timeProvider, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        _shell.Dispose();
    }

    private static Process Spawn(ServerProgram program, string directory, string socket)
    {
        string[] options =
        [
            .. (string[])["--port", "0", "--unixsocket", socket, "--dir", directory],
            .. (string[])["--save", "", "--appendonly", "no", "--daemonize", "no"],
            // A replica gets its snapshot now, not after waiting for others to share it.
            .. (string[])["--repl-diskless-sync-delay", "0"],
        ];
        try
        {
            return Process.Start(
                new ProcessStartInfo("sh", ["-c", Supervise, "sh", directory, program.Path, .. options])
                {
                    UseShellExecute = false,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                }
            )!;
        }
        catch (Win32Exception exception)
        {
            throw new DemoException($"There is no shell to start {program.Path} with", null, exception);
        }
    }

    private async Task WaitUntilReadyAsync(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                var connection = await ConnectAsync(timeProvider, cancellationToken).ConfigureAwait(false);
                await connection.DisposeAsync().ConfigureAwait(false);
                return;
            }
            catch (ConnectionException exception)
            {
                if (_ended.IsCompleted)
                    throw NotStarted("it ended", exception);
                if (timeProvider.GetElapsedTime(start) > StartLimit)
                    throw NotStarted($"it does not answer after {StartLimit.TotalSeconds} s", exception);
            }

            await Task.Delay(PollInterval, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private DemoException NotStarted(string how, Exception cause)
    {
        var log = Path.Combine(_directory, "log");
        var last = File.Exists(log) ? File.ReadLines(log).LastOrDefault() : null;
        return new DemoException(
            $"{_program.Path} ({_program.DisplayName}) does not start: {how}{(last is null ? "" : $"; its last words: {last}")}",
            "Start it by hand to see what it needs, or take it off PATH.",
            cause
        );
    }
}
