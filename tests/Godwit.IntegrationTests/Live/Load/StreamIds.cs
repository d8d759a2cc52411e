using System.Globalization;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>Growing ids, so that what one connection adds another can acknowledge, claim and delete.</summary>
internal sealed class StreamIds
{
    private long _last = 1_000;

    public string Next() => Text(Interlocked.Increment(ref _last));

    public string Late(int before) => Text(Volatile.Read(ref _last) - before);

    private static string Text(long number) => string.Create(CultureInfo.InvariantCulture, $"{number}-{number % 7}");
}
