using System.Diagnostics;

namespace Godwit.IntegrationTests.Running;

/// <summary>Waits for what another process brings about.</summary>
internal static class Wait
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    public static async Task UntilAsync(Func<bool> condition, string expectation)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > Patience)
                throw new TimeoutException($"Not within {Patience}: {expectation}");
            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }
}
