using System.Diagnostics;
using System.Globalization;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Following;

/// <summary>
/// Measures how long a write takes from the source to the target: it writes a number every 10 ms, from a connection of its own, and
/// looks every millisecond which number the target has. The time runs from before the writing until after the reading.
/// </summary>
internal sealed class LagWatch : IAsyncDisposable
{
    private const string Key = "lag:marker";

    private static readonly TimeSpan WriteEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();

    // When each number was written; those that have arrived are at the beginning.
    private readonly List<long> _written = [];
    private readonly List<TimeSpan> _lags = [];
    private Task _watching = Task.CompletedTask;

    /// <summary>How long the oldest number is on its way that has not arrived; zero where all have.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (_lock)
                return _lags.Count == _written.Count ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_written[_lags.Count]);
        }
    }

    /// <summary>How many numbers have been written.</summary>
    public int Written
    {
        get
        {
            lock (_lock)
                return _written.Count;
        }
    }

    public static LagWatch Start(int source, int target)
    {
        var watch = new LagWatch();
        watch._watching = Task.WhenAll(watch.WriteAsync(source), watch.LookAsync(target));
        return watch;
    }

    /// <summary>The lags of the numbers written from one to another; it waits until all of them have arrived.</summary>
    /// <exception cref="BenchException">They do not arrive.</exception>
    public async Task<IReadOnlyList<TimeSpan>> LagsAsync(
        int from,
        int to,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            lock (_lock)
            {
                if (_lags.Count >= to)
                    return [.. _lags.Skip(from).Take(to - from)];
            }

            if (_watching.IsCompleted)
                await _watching;
            if (clock.Elapsed > patience)
                throw new BenchException("it does not catch up");
            await Task.Delay(WriteEvery, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WriteAsync(int port)
    {
        using var source = await ServerConnection.ConnectAsync(port, _stop.Token);
        while (true)
        {
            int number;
            lock (_lock)
            {
                _written.Add(Stopwatch.GetTimestamp());
                number = _written.Count;
            }

            await source.AskAsync(["SET", Key, number], _stop.Token);
            await Task.Delay(WriteEvery, _stop.Token);
        }
    }

    private async Task LookAsync(int port)
    {
        using var target = await ServerConnection.ConnectAsync(port, _stop.Token);
        while (true)
        {
            // An answer that is no number: the target is loading, or has none yet.
            var reply = await target.TryAsync(["GET", Key], _stop.Token);
            if (int.TryParse(reply.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                Arrived(number);
            await Task.Delay(LookEvery, _stop.Token);
        }
    }

    private void Arrived(int number)
    {
        lock (_lock)
        {
            while (_lags.Count < number)
                _lags.Add(Stopwatch.GetElapsedTime(_written[_lags.Count]));
        }
    }
}
