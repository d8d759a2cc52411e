using System.Diagnostics;
using System.Globalization;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>
/// INCR, APPEND, LPUSH and XADD, at a thousand keys, and what these are to hold afterwards. The keys are in several databases,
/// and some commands in transactions: a stream that is taken up again at the wrong place shows.
/// </summary>
internal sealed class CounterLoad : IAsyncDisposable
{
    public const int Keys = 1_000;

    private const int AtOnce = 50;
    private const int CommandsPerSecond = 5_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(4);

    private readonly CancellationTokenSource _stop = new();
    private readonly int[] _counts = new int[Keys];
    private readonly Task _running;

    private CounterLoad(int port, int seed) =>
        _running = Task.Factory.StartNew(
            () => Run(port, new Random(seed)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    public static CounterLoad Start(int port, int seed) => new(port, seed);

    /// <summary>Stops, and gives what each key is to hold.</summary>
    public async Task<CounterState> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        return new(_counts);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Run(int port, Random random)
    {
        using var client = RespClient.Connect(port);

        // Each key is there before anybody looks.
        for (var number = 0; number < Keys; number++)
            client.Pipeline([Select(number), Next(number)]);
        var clock = Stopwatch.StartNew();
        for (var sent = 0L; !_stop.IsCancellationRequested; )
        {
            if (sent > clock.Elapsed.TotalSeconds * CommandsPerSecond)
            {
                _stop.Token.WaitHandle.WaitOne(Pause);
                continue;
            }

            client.Pipeline(Some(random));
            sent += AtOnce;
        }
    }

    // The database is chosen once, as clients do, and then again within a transaction.
    private IEnumerable<object[]> Some(Random random)
    {
        var inTransaction = random.Next(3) == 0;
        var number = random.Next(Keys);
        yield return Select(number);
        if (inTransaction)
            yield return ["MULTI"];
        for (var sent = 0; sent < AtOnce; sent++)
        {
            if (random.Next(10) == 0)
                yield return Select(number = random.Next(Keys));
            yield return Next(number);
            number = (number + CounterState.Databases.Count) % (Keys - (Keys % CounterState.Databases.Count));
        }

        if (inTransaction)
            yield return ["EXEC"];
    }

    private static object[] Select(int number) => ["SELECT", CounterState.DatabaseOf(number)];

    private object[] Next(int number)
    {
        var change = ++_counts[number];
        var key = CounterState.KeyOf(number);
        return (number % 4) switch
        {
            0 => ["INCR", key],
            1 => ["APPEND", key, string.Create(CultureInfo.InvariantCulture, $"{change};")],
            2 => ["LPUSH", key, change],
            _ => ["XADD", key, "*", "change", change],
        };
    }
}
