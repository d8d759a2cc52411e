using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>
/// The program as it follows a source, through any number of runs of one job: each but the first goes on with what the last
/// one left. It ends with this object.
/// </summary>
/// <param name="source">The source's address.</param>
/// <param name="target">The target's.</param>
/// <param name="options">More of its options.</param>
internal sealed class FollowingProgram(string source, string target, params string[] options) : IAsyncDisposable
{
    // Enough for a server to come back; a refusal that stays is one.
    private const int MostTries = 40;
    private const int Killed = 137;

    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(250);

    private readonly GodwitProcess _godwit = new();
    private readonly StringBuilder _log = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Task<GodwitResult>? _run;
    private Process? _process;
    private bool _hasBegun;
    private bool _acceptsLoss;

    /// <summary>Where the job keeps its state.</summary>
    public string State => _godwit.PathOf("state");

    /// <summary>The process of the run; null before the first.</summary>
    public Process? Process => _process;

    /// <summary>Runs so far.</summary>
    public int Runs { get; private set; }

    /// <summary>What all runs that have ended said, and what was noted.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Adds a line to the log.</summary>
    public void Note(string line)
    {
        lock (_log)
            _log.AppendLine(CultureInfo.InvariantCulture, $"[{_clock.Elapsed.TotalSeconds:F2}] {line}");
    }

    /// <summary>Starts a run that goes on until it is stopped.</summary>
    public void Start() => Start("stopped");

    /// <summary>Waits until the target has the snapshot, and changes are passed on; a run that has ended is followed by another.</summary>
    /// <param name="target">A connection to each server of the target that has records.</param>
    public Task FollowAsync(params RespClient[] target) => AwaitRecordAsync(target, "\"snapshot\":true");

    /// <summary>Waits until something is being written, be it the snapshot.</summary>
    public Task WriteAsync(params RespClient[] target) => AwaitRecordAsync(target, "\"godwit\":");

    /// <summary>Waits until the target has changes that it did not have.</summary>
    public async Task AdvanceAsync(params RespClient[] target)
    {
        await FollowAsync(target);
        var before = string.Join('\n', Records(target));
        await Wait.UntilAsync(
            () => string.Join('\n', Records(target)) != before || _run!.IsCompleted,
            "changes arrive at the target",
            () => Log
        );
    }

    /// <summary>Waits until the run says that it is about something.</summary>
    public Task AwaitPhaseAsync(string phase) =>
        AwaitStatusAsync(status => status.GetProperty("phase").GetString() == phase, $"it is {phase}");

    /// <summary>Waits until the run says that it has caught up.</summary>
    public Task CaughtUpAsync() =>
        AwaitStatusAsync(
            status =>
                status.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
                && changes.GetProperty("caught_up").GetBoolean(),
            "it has caught up"
        );

    /// <summary>If the run has ended: looks at why, and starts another one.</summary>
    public async Task EnsureRunsAsync()
    {
        if (_run is null)
            Start();
        else if (_run.IsCompleted)
            await GoOnAsync(await _run);
    }

    /// <summary>Kills it as a crash would, if it still runs.</summary>
    public async Task KillAsync()
    {
        await SignalAsync("KILL");
        var result = await _run!;
        Add(result);
        if (result.ExitCode != Killed)
            ShouldBeClear(result);
        _run = null;
    }

    /// <summary>Stops it in order, and returns when it has ended.</summary>
    public async Task StopAsync(string signal = "INT")
    {
        await SignalAsync(signal);
        var result = await _run!;
        Add(result);
        if (result.ExitCode is not (130 or 143))
            ShouldBeClear(result);
        _run = null;
    }

    /// <summary>Waits until the run ends by itself.</summary>
    public async Task<GodwitResult> EndAsync()
    {
        var result = await _run!;
        Add(result);
        ShouldBeClear(result);
        _run = null;
        return result;
    }

    /// <summary>Sends a signal to the running program.</summary>
    public async Task SignalAsync(string signal)
    {
        try
        {
            if (_run is { IsCompleted: false } && _process is { } process)
                await GodwitProcess.SignalAsync(process, signal);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself just now; its exit code tells why.
        }
    }

    /// <summary>Runs it until the target has all that the source has, whatever it takes.</summary>
    public async Task<GodwitResult> CatchUpAsync()
    {
        if (_run is not null)
            await StopAsync();
        for (var tries = 1; ; tries++)
        {
            Start("caught-up");
            var result = await _run!;
            Add(result);
            _run = null;
            if (result.ExitCode == 0)
                return result;

            ShouldBeClear(result);
            tries.ShouldBeLessThan(MostTries, $"It never catches up.\n{Log}");
            Learn(result);
            await Task.Delay(RetryEvery, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>After the end nothing of the job is to remain.</summary>
    public void ShouldHaveLeftNothing(params RespClient[] target)
    {
        Records(target).ShouldBeEmpty();
        File.Exists(Path.Combine(State, "job.json")).ShouldBeFalse();
    }

    public async ValueTask DisposeAsync()
    {
        if (_run is not null)
        {
            await SignalAsync("KILL");
            await ((Task)_run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _godwit.Dispose();
    }

    private void Start(string until)
    {
        string[] arguments =
        [
            "migrate",
            source,
            target,
            .. (string[])["--live", "--until", until, "--state", "state", "--json"],
            .. options,
            .. _hasBegun ? (string[])["--resume"] : [],
            .. _acceptsLoss ? (string[])["--yes"] : [],
        ];
        Note($"godwit {string.Join(' ', arguments)}");
        Runs++;
        _hasBegun = true;
        _run = _godwit.RunAsync(
            process =>
            {
                _process = process;
                return Task.CompletedTask;
            },
            arguments
        );
    }

    private Task AwaitStatusAsync(Func<JsonElement, bool> condition, string what) =>
        Wait.UntilAsync(
            () =>
            {
                if (_run is { IsCompleted: true } ended)
                    Assert.Fail($"It has ended, before {what}.\n{ended.Result.Everything}\n{Log}");
                var result = _godwit.RunAsync("status", "--state", "state", "--json").GetAwaiter().GetResult();
                return result.ExitCode == 0 && condition(result.Json);
            },
            what,
            () => Log
        );

    private Task AwaitRecordAsync(RespClient[] target, string text) =>
        Wait.UntilAsync(
            () =>
            {
                if (_run is null or { IsCompleted: true })
                    EnsureRunsAsync().GetAwaiter().GetResult();
                var records = Records(target);
                return records.Count > 0 && records.All(record => record.Contains(text, StringComparison.Ordinal));
            },
            $"the job's records at the target have {text}",
            () => Log
        );

    private async Task GoOnAsync(GodwitResult result)
    {
        Add(result);
        ShouldBeClear(result);
        Learn(result);
        Runs.ShouldBeLessThan(MostTries * 10, Log);
        await Task.Delay(RetryEvery, TestContext.Current.CancellationToken);
        Start();
    }

    // What a user would make of the message.
    private void Learn(GodwitResult result)
    {
        if (result.Error.Contains("There is no job to resume", StringComparison.Ordinal))
            _hasBegun = false;
        _acceptsLoss |= result.Error.Contains("--yes", StringComparison.Ordinal);
    }

    // Refused, or broke off: in words that say what to do, not with a trace of the stack.
    private void ShouldBeClear(GodwitResult result)
    {
        result.ExitCode.ShouldBeOneOf([3, 4], $"{result.Everything}\n{Log}");
        result.Error.ShouldNotBeNullOrWhiteSpace();
        foreach (var mistake in (string[])["   at Godwit.", "a mistake of its own"])
            result.Error.Contains(mistake, StringComparison.Ordinal).ShouldBeFalse($"{result.Everything}\n{Log}");
    }

    private void Add(GodwitResult result) => Note(result.Everything);

    // The program names them; tests only know how the names begin.
    private static List<string> Records(RespClient[] target) =>
        [
            .. target.SelectMany(client =>
                ((object?[])client.Call("KEYS", "godwit:position:*")!)
                    .Select(name => client.Try("GET", name!) is byte[] text ? Bytes.Text(text) : "")
                    .Where(record => record.Length > 0)
            ),
        ];
}
