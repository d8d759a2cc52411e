namespace Godwit.Connections;

/// <summary>
/// How far the clocks of one or more servers are ahead of this machine's; negative where they are behind. Keys expire by their server's
/// clock, whatever time it is here. Exact to the way there and back.
/// </summary>
/// <param name="Least">The one that is the most behind.</param>
/// <param name="Most">The one that is the most ahead.</param>
internal readonly record struct ServerClock(TimeSpan Least, TimeSpan Most)
{
    /// <summary>Of one server that was asked just now.</summary>
    /// <param name="microseconds">What it answered: Unix time.</param>
    /// <param name="timeProvider">This machine's clock.</param>
    public static ServerClock Of(long microseconds, TimeProvider timeProvider)
    {
        var ahead =
            DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond) - timeProvider.GetUtcNow();
        return new ServerClock(ahead, ahead);
    }

    /// <summary>Of all servers of both.</summary>
    public ServerClock And(ServerClock other) =>
        new(Least < other.Least ? Least : other.Least, Most > other.Most ? Most : other.Most);

    /// <summary>What is over by then is over at each of them. In Unix milliseconds.</summary>
    public long Earliest(TimeProvider timeProvider) => timeProvider.GetUtcNow().Add(Least).ToUnixTimeMilliseconds();

    /// <summary>What lies behind it is over at none of them. In Unix milliseconds.</summary>
    public long Latest(TimeProvider timeProvider) => timeProvider.GetUtcNow().Add(Most).ToUnixTimeMilliseconds();
}
