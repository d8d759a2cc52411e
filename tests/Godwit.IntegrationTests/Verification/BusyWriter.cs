using System.Diagnostics;
using System.Globalization;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Verification;

/// <summary>
/// Writes 10,000 changes a second, from its start to its stop: each hundredth of a second has its batch, and one that could not be written
/// in time is written as soon as it can be. What is written goes back and forth too: locks that come and go, and values of two states,
/// which look the same each time they are caught.
/// </summary>
internal sealed class BusyWriter : IAsyncDisposable
{
    private const int BatchesPerSecond = 100;
    private const int Batch = 10_000 / BatchesPerSecond;
    private const int Keys = 2_000;

    // The writer may be late when it is stopped: by a tenth of all that was due, and by what was due in the last second.
    private const double MostLate = 0.1;

    private readonly CancellationTokenSource _done = new();
    private readonly Task<(long Written, TimeSpan Elapsed)> _writing;

    private BusyWriter(IRespPipeline client, IDisposable owned, int seed) =>
        _writing = Task.Run(() => WriteAsync(client, owned, seed, _done.Token), TestContext.Current.CancellationToken);

    public static BusyWriter Start(RedisServer server, int seed)
    {
        var client = server.Connect();
        return new BusyWriter(client, client, seed);
    }

    public static BusyWriter Start(TestCluster cluster, int seed)
    {
        var client = cluster.Connect();
        return new BusyWriter(client, client, seed);
    }

    /// <summary>Ends the writing. As many changes must have been written as the time since its start asks for.</summary>
    public async Task StopAsync()
    {
        await _done.CancelAsync();
        var (written, elapsed) = await _writing;
        var due = (long)(elapsed.TotalSeconds * BatchesPerSecond) * Batch;
        var said = string.Create(
            CultureInfo.InvariantCulture,
            $"{written} changes in {elapsed.TotalSeconds:F1} s, {written / elapsed.TotalSeconds:F0} a second"
        );
        TestContext.Current.TestOutputHelper!.WriteLine(said);
        written.ShouldBeGreaterThanOrEqualTo((long)(due * (1 - MostLate)) - (BatchesPerSecond * Batch), said);
    }

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await ((Task)_writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _done.Dispose();
    }

    private static async Task<(long Written, TimeSpan Elapsed)> WriteAsync(
        IRespPipeline client,
        IDisposable owned,
        int seed,
        CancellationToken done
    )
    {
        using var closing = owned;
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        long batches = 0;
        while (!done.IsCancellationRequested)
        {
            client.Pipeline(Enumerable.Range(0, Batch).Select(_ => Write(random)));
            batches++;
            var ahead = TimeSpan.FromSeconds((double)batches / BatchesPerSecond) - clock.Elapsed;
            if (ahead > TimeSpan.Zero)
                await Task.Delay(ahead, CancellationToken.None);
        }

        return (batches * Batch, clock.Elapsed);
    }

    private static object[] Write(Random random)
    {
        // A few keys get most of the writes.
        var number = random.Next(2) == 0 ? random.Next(20) : random.Next(Keys);
        return random.Next(9) switch
        {
            0 => ["SET", $"busy:string:{number}", random.Next()],
            1 => ["SET", $"busy:toggle:{number}", random.Next(2)],
            2 => ["SET", $"busy:lock:{number}", "held", "PX", 30_000],
            3 => ["DEL", $"busy:lock:{number}"],
            4 => ["HINCRBY", $"busy:hash:{number}", $"field {random.Next(50)}", 1],
            5 => ["LPUSH", $"busy:list:{number}", random.Next()],
            6 => ["RPOP", $"busy:list:{number}"],
            7 => ["ZINCRBY", $"busy:zset:{number}", 1, $"member {random.Next(50)}"],
            _ => ["PEXPIRE", $"busy:string:{number}", 60_000 + random.Next(100_000)],
        };
    }
}
