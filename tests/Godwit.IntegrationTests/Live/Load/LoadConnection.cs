using System.Diagnostics;
using System.Net.Sockets;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>One client of the load. It sends at its rate, in pipelines, and reads every reply.</summary>
internal sealed class LoadConnection(
    LoadNode node,
    LoadSettings settings,
    StreamIds ids,
    int seed,
    double stepsPerSecond
)
{
    private const int StepsAtOnce = 100;
    private const string Script =
        "redis.call('INCRBY', KEYS[1], ARGV[1]) return redis.call('LPUSH', KEYS[2], tostring(math.random()))";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(50);

    // What the connection is behind by more than this is not made up for.
    private static readonly TimeSpan LongestDebt = TimeSpan.FromSeconds(1);

    private readonly LoadChoices _choices = new(settings, node.Tags, ids, seed);
    private long _sent;

    /// <summary>The script that EVALSHA runs, by its digest.</summary>
    // The protocol's choice, not ours.
#pragma warning disable CA5350
    public static string ScriptSha { get; } =
        Convert.ToHexStringLower(
            System.Security.Cryptography.SHA1.HashData(System.Text.Encoding.ASCII.GetBytes(Script))
        );
#pragma warning restore CA5350

    /// <summary>Commands whose replies were read. From any thread.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Sends until it is told to stop; all replies are read then.</summary>
    /// <exception cref="LoadException">The server refused what it should take.</exception>
    public void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var client = RespClient.Connect(node.Port);
                Send(client, stop);
            }
            catch (Exception exception)
                when (settings.SurvivesTheServer && exception is SocketException or IOException or ServerGoneException)
            {
                stop.WaitHandle.WaitOne(RetryEvery);
            }
        }
    }

    private void Send(RespClient client, CancellationToken stop)
    {
        var steps = Prepare(client);
        var clock = Stopwatch.StartNew();
        var done = 0d;
        while (!stop.IsCancellationRequested)
        {
            var due = clock.Elapsed.TotalSeconds * stepsPerSecond;
            done = Math.Max(done, due - (LongestDebt.TotalSeconds * stepsPerSecond));
            var count = Math.Min(StepsAtOnce, (int)(due - done));
            if (count == 0)
            {
                stop.WaitHandle.WaitOne(Pause);
                continue;
            }

            done += count;
            SendOnce(client, [.. Enumerable.Range(0, count).SelectMany(_ => steps.Next())]);
        }
    }

    private LoadSteps Prepare(RespClient client)
    {
        var commands = (object?[])ReplyCheck.Up(client.Try("COMMAND"))!;
        var known = commands
            .Select(command => ((byte[])((object?[])command!)[0]!))
            .Select(name => System.Text.Encoding.ASCII.GetString(name).ToUpperInvariant())
            .ToHashSet(StringComparer.Ordinal);
        _choices.BeginStep();
        _choices.Database = settings.Databases[0];
        var key = _choices.Key(Kind.List) + ":payload";
        SendOnce(
            client,
            [
                ["SELECT", _choices.Database],
                ["SCRIPT", "LOAD", Script],
            ]
        );

        // Another connection may flush the database in between.
        while (_choices.Payload.Length == 0)
        {
            SendOnce(
                client,
                [
                    ["RPUSH", key, "a", "1", "c"],
                ]
            );
            _choices.Payload = ReplyCheck.Up(client.Try("DUMP", key)) as byte[] ?? [];
        }

        SendOnce(
            client,
            [
                ["DEL", key],
            ]
        );
        return new(settings, known, _choices, node.IsOfCluster);
    }

    private void SendOnce(RespClient client, object[][] commands)
    {
        foreach (var command in commands)
            client.Send(command);
        foreach (var command in commands)
            ReplyCheck.Check(command, client.Read(), settings.SurvivesTheServer, node.IsOfCluster);
        Interlocked.Add(ref _sent, commands.Length);
    }
}
