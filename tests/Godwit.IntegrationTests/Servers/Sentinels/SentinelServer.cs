using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Godwit.IntegrationTests.Servers.Sentinels;

/// <summary>One Sentinel, which dies with the test.</summary>
internal sealed class SentinelServer : IAsyncDisposable
{
    private const int StartAttempts = 10;

    private readonly string _directory;
    private readonly ServerProcess _process;
    private RespClient? _client;

    private SentinelServer(string directory, int port, ServerAccess access, ServerProcess process)
    {
        _directory = directory;
        _process = process;
        Port = port;
        Access = access;
    }

    public int Port { get; }

    public ServerAccess Access { get; }

    /// <summary>For the test's thread alone.</summary>
    public RespClient Client => _client ??= Connect();

    public static async Task<SentinelServer> StartAsync(
        ServerVersion version,
        SentinelSettings settings,
        int primaryPort
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            var sentinel = await StartOnceAsync(version, settings, primaryPort);
            try
            {
                await sentinel._process.WaitUntilReadyAsync(
                    $"the Sentinel of {InstalledServers.NameOf(version)}",
                    "Sentinel ID is",
                    sentinel.Answers
                );
                return sentinel;
            }
            catch (ServerStartException exception)
                when (attempt < StartAttempts
                    && exception.Message.Contains("Address already in use", StringComparison.Ordinal)
                )
            {
                // Between choosing the port and listening on it somebody else took it.
                await sentinel.DisposeAsync();
            }
            catch
            {
                await sentinel.DisposeAsync();
                throw;
            }
        }
    }

    public RespClient Connect() => RespClient.Connect(Port, Access);

    /// <summary>A reply of names and values.</summary>
    public IReadOnlyDictionary<string, string> Ask(params ReadOnlySpan<object> command) => Pairs(Client.Call(command));

    /// <summary>A reply of many such.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> AskMany(params ReadOnlySpan<object> command) =>
        [.. ((object?[])Client.Call(command)!).Select(Pairs)];

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<SentinelServer> StartOnceAsync(
        ServerVersion version,
        SentinelSettings settings,
        int primaryPort
    )
    {
        var program = InstalledServers.ProgramOf(version);
        var directory = Directory.CreateTempSubdirectory("godwit-sentinel-").FullName;
        var port = FreePorts.Next();
        var file = Path.Combine(directory, "sentinel.conf");
        // A Sentinel writes what it learns into this file, and does not start without one.
        await File.WriteAllLinesAsync(file, Configuration(settings, primaryPort, directory));
        string[] arguments = [file, "--sentinel", .. ServerArguments.Listening(settings.Server, port)];
        var process = await ServerProcess.StartAsync(program, arguments, Path.Combine(directory, "log"));
        var access = new ServerAccess { Tls = settings.Tls, Password = settings.SentinelPassword };
        return new(directory, port, access, process);
    }

    private static IEnumerable<string> Configuration(SentinelSettings settings, int primaryPort, string directory)
    {
        var name = settings.ServiceName;
        var quorum = settings.Sentinels / 2 + 1;
        yield return $"dir {directory}";
        yield return Line($"sentinel monitor {name} 127.0.0.1 {primaryPort} {quorum}");
        yield return Line($"sentinel down-after-milliseconds {name} {settings.DownAfter.TotalMilliseconds:F0}");
        // How long after a failed try the next one begins, among others.
        yield return $"sentinel failover-timeout {name} 10000";
        yield return Line($"sentinel parallel-syncs {name} {settings.Replicas}");
        if (settings.Password is { } password)
            yield return $"sentinel auth-pass {name} \"{password}\"";
        // Sentinels log in at each other with it too.
        if (settings.SentinelPassword is { } own)
            yield return $"requirepass \"{own}\"";
    }

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);

    private bool Answers()
    {
        try
        {
            using var client = Connect();
            return client.Text("PING") == "PONG";
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
    }

    private static Dictionary<string, string> Pairs(object? reply)
    {
        var flat = Array.ConvertAll((object?[])reply!, text => Encoding.UTF8.GetString((byte[])text!));
        return flat.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
    }
}
