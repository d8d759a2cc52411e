using System.Diagnostics;

namespace Godwit.IntegrationTests.Running;

/// <summary>Waits for what another process brings about.</summary>
internal static class Wait
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    /// <param name="condition">Asked again and again.</param>
    /// <param name="expectation">What is waited for, in words.</param>
    /// <param name="found">Tells what is there instead, for the failure.</param>
    public static async Task UntilAsync(Func<bool> condition, string expectation, Func<string>? found = null)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > Patience)
                throw new TimeoutException($"Not within {Patience}: {expectation}\n{found?.Invoke()}");
            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }
}
