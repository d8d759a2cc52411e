using Godwit.Connections;
using Godwit.Protocol;

namespace Godwit.Live.Expiry;

/// <summary>
/// Goes round the keys of all that are followed, again and again, and holds those at the target that would expire before it has come
/// round once more: so none dies there by itself, however long it had to live when it was written. As a replica does, the target waits to
/// be told that a key has expired. One after the other, from one task.
/// </summary>
/// <remarks>
/// Where no key expires nobody is asked. Else neither end is asked for more than <see cref="KeysPerSecond"/>: the more keys there are, the longer a round takes and the sooner before
/// its end a key is held; no list of keys is kept.
/// </remarks>
/// <param name="streams">A stream for each server.</param>
/// <param name="expiries">Holds the expiries.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class HoldRounds(IReadOnlyList<StreamSession> streams, ExpiryHold expiries, TimeProvider timeProvider)
{
    // Of each server: about a hundredth of what it can do, and of what its target can.
    private const int KeysPerSecond = 10_000;

    // A key that was looked at first in one round may be the last in the next; and a round may take somewhat longer than it should.
    private const int RoundsInWindow = 3;

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private (long Keys, long Expire)?[] _counts = [];
    private TimeSpan _planned = Shortest;
    private TimeSpan _late;

    /// <summary>How long before its end an expiry is to be held: two rounds at least.</summary>
    public TimeSpan Window => ExpiryHold.Near + (RoundsInWindow * _planned);

    /// <summary>Asks how many keys there are, and plans how long the next round will take.</summary>
    /// <returns>False if a server could not be asked.</returns>
    public async Task<bool> PlanAsync(CancellationToken cancellationToken)
    {
        try
        {
            _counts = await Task.WhenAll(streams.Select(stream => stream.CountKeysAsync(cancellationToken)))
                .ConfigureAwait(false);
        }
        catch (GodwitException exception) when (IsAway(exception))
        {
            return false;
        }

        var planned = TimeSpan.FromSeconds((double)_counts.Max(count => count?.Keys ?? 0) / KeysPerSecond);
        _planned = new[] { planned, _late, Shortest }.Max();
        return true;
    }

    /// <summary>Goes round, as it was planned, until all expiries are held again, or a server is away.</summary>
    /// <exception cref="GodwitException">An end refuses for good.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!expiries.IsRunningOut)
        {
            var began = timeProvider.GetTimestamp();
            var moment = expiries.BeginRound(Window);
            try
            {
                await Task.WhenAll(
                        streams
                            .Zip(_counts)
                            .Where(one => one.Second is not { Expire: 0 })
                            .Select(one => one.First.HoldNearAsync(Pace(began, one.Second), cancellationToken))
                    )
                    .ConfigureAwait(false);
            }
            catch (GodwitException exception) when (IsAway(exception))
            {
                return;
            }

            // One that took too long says nothing of what may have come to its end meanwhile.
            if (expiries.HoldsAll || expiries.IsRunningOut)
                return;

            expiries.EndRound(moment);
            var took = timeProvider.GetElapsedTime(began);
            _late = took > _planned + LookEvery ? took : TimeSpan.Zero;
            await WaitAsync(began, _planned, cancellationToken).ConfigureAwait(false);
            if (expiries.HoldsAll || !await PlanAsync(cancellationToken).ConfigureAwait(false))
                return;
        }
    }

    private static bool IsAway(GodwitException exception) =>
        exception is ConnectionException { IsTransient: true } or ServerErrorException { IsTransient: true };

    // Ends early where all are held.
    private async Task WaitAsync(long since, TimeSpan time, CancellationToken cancellationToken)
    {
        while (!expiries.HoldsAll && time - timeProvider.GetElapsedTime(since) is var rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest < LookEvery ? rest : LookEvery, timeProvider, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    // Spreads the keys of one server over the round.
    private Func<int, CancellationToken, Task<bool>> Pace(long began, (long Keys, long Expire)? count)
    {
        long seen = 0;
        return async (more, cancellationToken) =>
        {
            seen += more;
            var due = count is { Keys: > 0 and var keys }
                ? _planned * Math.Min(1, (double)seen / keys)
                : TimeSpan.FromSeconds((double)seen / KeysPerSecond);
            await WaitAsync(began, due, cancellationToken).ConfigureAwait(false);
            return !expiries.HoldsAll;
        };
    }
}
