using System.Diagnostics;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live.Following;

/// <summary>The program as it follows a source by the names of changed keys, until it is stopped or killed. It ends with this object.</summary>
internal sealed class FollowedRun(string source, RedisServer target, params string[] options) : IAsyncDisposable
{
    private readonly GodwitProcess _godwit = new();
    private Task<GodwitResult>? _run;
    private Process? _process;

    /// <summary>How the program is told the target. Default: as it is.</summary>
    public string TargetUri { get; init; } = target.Uri;

    /// <summary>Starts a run, and returns when it has written <paramref name="keys"/> keys.</summary>
    public async Task StartAsync(int keys, params string[] more)
    {
        _run = _godwit.RunAsync(
            process =>
            {
                _process = process;
                return Task.CompletedTask;
            },
            ["migrate", source, TargetUri, "--live", "--state", "state", "--json", .. options, .. more]
        );
        using var client = target.Connect();
        await Wait.UntilAsync(
            () => _run.IsCompleted || Keys(client) >= keys,
            "the first copy is at the target",
            () => $"{Keys(client)} keys are"
        );
        if (_run.IsCompleted)
            Assert.Fail((await _run).Everything);
    }

    /// <summary>Runs it to its end.</summary>
    public Task<GodwitResult> RunAsync(params string[] more) =>
        _godwit.RunAsync(["migrate", source, TargetUri, "--live", "--state", "state", "--json", .. options, .. more]);

    /// <summary>Runs another command, where the job's state is <c>state</c>.</summary>
    public Task<GodwitResult> CallAsync(params string[] arguments) => _godwit.RunAsync(arguments);

    /// <summary>Stops it in order; it must have caught up by then.</summary>
    public async Task<GodwitResult> StopAsync()
    {
        await GodwitProcess.SignalAsync(_process!, "INT");
        var result = await _run!;
        _run = null;
        result.ShouldHaveEnded(130);
        result.Keys.Failed.ShouldBe(0, result.Everything);
        var changes = result.Json.GetProperty("changes");
        changes.GetProperty("caught_up").GetBoolean().ShouldBeTrue(result.Everything);
        return result;
    }

    /// <summary>Changes one key at the source, and waits until the target has it so.</summary>
    public async Task WriteUntilFollowedAsync(RespClient writer, int database = 0)
    {
        using var client = target.Connect();
        client.Call("SELECT", database);
        writer.Call("SET", "followed", 1);
        await Wait.UntilAsync(() => client.Call("EXISTS", "followed") is 1L, "a change is at the target");
    }

    /// <summary>Waits until it ends by itself.</summary>
    public async Task<GodwitResult> EndAsync()
    {
        var result = await _run!;
        _run = null;
        return result;
    }

    /// <summary>Kills it as a crash would.</summary>
    public async Task KillAsync()
    {
        await GodwitProcess.SignalAsync(_process!, "KILL");
        await _run!;
        _run = null;
    }

    /// <summary>The connections that a server tells which keys change, by their numbers: they have a "t" among their flags.</summary>
    public static string[] Listeners(RespClient client) =>
        [
            .. client
                .Text("CLIENT", "LIST")
                .Split('\n')
                .Select(line => line.Split(' '))
                .Where(fields =>
                    fields.Any(field =>
                        field.StartsWith("flags=", StringComparison.Ordinal)
                        && field["flags=".Length..].Contains('t', StringComparison.Ordinal)
                    )
                )
                .Select(fields => fields[0]["id=".Length..]),
        ];

    /// <summary>Fails where the two servers differ.</summary>
    public static void ShouldBeEqual(
        RespClient source,
        RespClient target,
        string more,
        Func<int, int>? databaseOf = null
    )
    {
        var state = ServerStateReader.Read(source);
        if (databaseOf is not null)
        {
            state = state with
            {
                Keys = state.Keys.ToDictionary(
                    key => key.Key with { Database = databaseOf(key.Key.Database) },
                    key => key.Value
                ),
            };
        }

        var differences = ServerComparison.Compare(
            state,
            ServerStateReader.Read(target),
            LiveComparison.Options(ServerFeatures.Ask(target)) with
            {
                IgnoreEntriesRead = false,
            }
        );
        LiveComparison.ShouldBeNone(differences, more);
    }

    public async ValueTask DisposeAsync()
    {
        if (_run is { IsCompleted: false })
        {
            await GodwitProcess.SignalAsync(_process!, "KILL");
            await ((Task)_run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _godwit.Dispose();
    }

    private static long Keys(RespClient client) =>
        client
            .Text("INFO", "keyspace")
            .Split("\r\n")
            .Where(line => line.StartsWith("db", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split('=', ',')[1], System.Globalization.CultureInfo.InvariantCulture));
}
