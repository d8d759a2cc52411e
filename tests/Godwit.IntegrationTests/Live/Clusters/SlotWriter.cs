using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Clusters;

/// <summary>
/// A client of a cluster that follows its slots wherever they go, and writes what would show if a change were applied twice, not at
/// all, or before another; keys come and go, too. It survives a primary that is lost.
/// </summary>
internal sealed class SlotWriter : IAsyncDisposable
{
    private const int Keys = 600;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(100);

    private readonly TestCluster _cluster;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private long _written;

    private SlotWriter(TestCluster cluster, int seed)
    {
        _cluster = cluster;
        _running = Task.Factory.StartNew(
            () => Run(new Random(seed)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    /// <summary>The slots that have keys.</summary>
    public static IReadOnlyList<int> Slots { get; } =
    [
        .. Enumerable
            .Range(0, Keys)
            .Select(number =>
                HashSlot.Of(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"slot {number}")))
            )
            .Distinct(),
    ];

    /// <summary>Changes that the cluster has taken. From any thread.</summary>
    public long Written => Volatile.Read(ref _written);

    public static SlotWriter Start(TestCluster cluster, int seed) => new(cluster, seed);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Run(Random random)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = _cluster.Connect();
                while (!_stop.IsCancellationRequested)
                {
                    for (var i = 0; i < 10; i++)
                    {
                        client.Call(Next(random));
                        Interlocked.Increment(ref _written);
                    }

                    _stop.Token.WaitHandle.WaitOne(Pause);
                }
            }
            catch (Exception exception)
                when (exception is SocketException or IOException or RespErrorException or InvalidOperationException)
            {
                // Its primary was lost. What it had taken may be lost as well: what counts is what the cluster has in the end.
                _stop.Token.WaitHandle.WaitOne(RetryEvery);
            }
        }
    }

    private static object[] Next(Random random)
    {
        var number = random.Next(Keys);
        var key = string.Create(CultureInfo.InvariantCulture, $"{{slot {number}}}:{number % 6}");
        return (number % 6) switch
        {
            0 => ["INCR", key],
            1 => ["APPEND", key, number.ToString(CultureInfo.InvariantCulture) + ";"],
            2 => random.Next(20) == 0 ? ["DEL", key] : ["LPUSH", key, random.Next(1000)],
            3 => ["XADD", key, "*", "field", random.Next(1000)],
            4 => random.Next(4) == 0 ? ["SREM", key, random.Next(50)] : ["SADD", key, random.Next(50)],
            _ => random.Next(8) == 0 ? ["DEL", key] : ["HINCRBY", key, random.Next(20), 1],
        };
    }
}
