using System.Net.Sockets;

namespace Godwit.IntegrationTests.Servers;

/// <summary>A real server, started for one test on a port and in a directory of its own.</summary>
/// <remarks>
/// It listens on 127.0.0.1 and on <see cref="UnixSocket"/>, saves nothing by itself, and permits DEBUG. It dies with the
/// test, however that ends.
/// </remarks>
public sealed class RedisServer : IAsyncDisposable
{
    private const string RdbName = "dump.rdb";
    private const string LogName = "log";
    private const string SocketName = "socket";
    private const int StartAttempts = 10;

    private readonly string[] _command;
    private ServerProcess _process;

    private RedisServer(
        ServerVersion version,
        ServerSettings settings,
        string directory,
        int port,
        string[] command,
        ServerProcess process
    )
    {
        Version = version;
        Access = settings.Access;
        Directory = directory;
        Port = port;
        _command = command;
        _process = process;
    }

    public ServerVersion Version { get; }

    public int Port { get; }

    /// <summary>The server's own process, for tests that stop or kill it.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The server's working directory, deleted with it.</summary>
    public string Directory { get; }

    public string UnixSocket => Path.Combine(Directory, SocketName);

    /// <summary>Where <see cref="SaveAsync"/> writes, and what a server that is started on this directory loads.</summary>
    public string RdbFile => Path.Combine(Directory, RdbName);

    /// <summary>The address that a user of the program writes, with the password where there is one.</summary>
    public string Uri => Access.UriOf(Port);

    internal ServerAccess Access { get; }

    /// <summary>
    /// Starts a server and waits until it answers. The running test is skipped, with the reason, where the version is not
    /// here.
    /// </summary>
    /// <param name="version">Which server.</param>
    /// <param name="arguments">More of its options, such as <c>--maxmemory 1mb</c> as two arguments; the last one wins.</param>
    /// <exception cref="ServerStartException">It ended, or did not answer for a minute.</exception>
    public static Task<RedisServer> StartAsync(ServerVersion version, params string[] arguments) =>
        StartAsync(version, new ServerSettings { Arguments = arguments });

    /// <summary>Starts a server that loads a copy of an RDB file first.</summary>
    public static Task<RedisServer> StartWithFileAsync(
        ServerVersion version,
        string? rdbFile,
        params string[] arguments
    ) => StartAsync(version, new ServerSettings { RdbFile = rdbFile, Arguments = arguments });

    /// <inheritdoc cref="StartAsync(ServerVersion, string[])"/>
    internal static async Task<RedisServer> StartAsync(ServerVersion version, ServerSettings settings)
    {
        var program = InstalledServers.ProgramOf(version);
        for (var attempt = 1; ; attempt++)
        {
            var server = await StartOnceAsync(version, program, settings);
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
    public static int FreePort() => FreePorts.Next();

    /// <summary>A connection of the default user.</summary>
    public RespClient Connect() => RespClient.Connect(Port, Access);

    /// <summary>A connection of another user.</summary>
    public RespClient Connect(AclUser user) =>
        RespClient.Connect(Port, Access with { User = user.Name, Password = user.Password });

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
    public Task KillAsync() => _process.KillAsync();

    /// <summary>Starts a killed server again, on the same port and with what is in its directory.</summary>
    public async Task StartAgainAsync()
    {
        await _process.DisposeAsync();
        _process = await ServerProcess.StartAsync(_command[0], _command[1..], Path.Combine(Directory, LogName));
        await WaitUntilReadyAsync();
    }

    /// <summary>Has the kernel stop the server where it stands: its connections stay open, and nothing answers.</summary>
    public Task SuspendAsync() => _process.SignalAsync("STOP");

    /// <summary>Lets a suspended server go on.</summary>
    public Task ResumeAsync() => _process.SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static async Task<RedisServer> StartOnceAsync(
        ServerVersion version,
        string program,
        ServerSettings settings
    )
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("godwit-").FullName;
        if (settings.RdbFile is not null)
        {
            File.Copy(settings.RdbFile, Path.Combine(directory, RdbName));
        }

        var port = FreePort();
        string[] command =
        [
            program,
            .. ServerArguments.Of(version, settings, port),
            .. (string[])["--dir", directory, "--unixsocket", Path.Combine(directory, SocketName)],
            .. settings.Arguments,
        ];
        var process = await ServerProcess.StartAsync(program, command[1..], Path.Combine(directory, LogName));
        return new RedisServer(version, settings, directory, port, command, process);
    }

    private Task WaitUntilReadyAsync() =>
        _process.WaitUntilReadyAsync(InstalledServers.NameOf(Version), "Ready to accept connections", Answers);

    private bool Answers()
    {
        try
        {
            using var client = RespClient.Connect(Port, Access with { Password = null });
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
