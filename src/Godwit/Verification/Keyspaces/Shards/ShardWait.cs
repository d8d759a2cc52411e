using System.Runtime.ExceptionServices;
using Godwit.Protocol;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>Waits, from one attempt to the next, for whoever takes the place of a server that is lost.</summary>
/// <param name="access">Is asked for a newer map after each pause.</param>
/// <param name="patience">For so long in a row nothing may come off.</param>
/// <param name="pause">Between two attempts.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ShardWait(ShardAccess access, TimeSpan patience, TimeSpan pause, TimeProvider timeProvider)
{
    private long? _since;

    /// <summary>An attempt has come off, or come further.</summary>
    public void Progress() => _since = null;

    /// <summary>Waits for a moment, then has the map renewed.</summary>
    /// <exception cref="GodwitException">It was waited for too long: the failure itself.</exception>
    public async Task PauseAsync(GodwitException failure, CancellationToken cancellationToken)
    {
        if (!await TryPauseAsync(cancellationToken).ConfigureAwait(false))
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>As <see cref="PauseAsync"/>.</summary>
    /// <returns>False if it was waited for too long.</returns>
    public async Task<bool> TryPauseAsync(CancellationToken cancellationToken)
    {
        _since ??= timeProvider.GetTimestamp();
        if (timeProvider.GetElapsedTime(_since.Value) > patience)
            return false;

        await Task.Delay(pause, timeProvider, cancellationToken).ConfigureAwait(false);
        await access.RenewAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }
}
