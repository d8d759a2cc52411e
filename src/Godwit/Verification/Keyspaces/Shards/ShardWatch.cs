using Godwit.Protocol;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>Has the servers that have some keys note whether these change. What is not known to hold still counts as changed.</summary>
internal sealed class ShardWatch(ShardAccess access)
{
    private readonly List<ServerView> _watching = [];
    private bool _isBroken;

    /// <summary>Begins, or goes on with keys of another database.</summary>
    public async ValueTask BeginAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var wait = access.NewWait();
        while (!await TryBeginAsync(database, keys, cancellationToken).ConfigureAwait(false))
        {
            // Nobody came in time: then nothing is known to hold still.
            if (await wait.TryPauseAsync(cancellationToken).ConfigureAwait(false))
                continue;
            _isBroken = true;
            return;
        }
    }

    /// <summary>Ends it, for the keys of all databases.</summary>
    /// <returns>True if none has changed.</returns>
    public async ValueTask<bool> EndAsync(int database, CancellationToken cancellationToken)
    {
        var heldStill = !_isBroken;
        foreach (var view in _watching)
        {
            // What its keys did after it was lost is not known.
            if (access.IsLost(view))
            {
                heldStill = false;
                continue;
            }

            try
            {
                heldStill &= await view.EndWatchAsync(database, cancellationToken).ConfigureAwait(false);
            }
            catch (GodwitException exception) when (ShardAccess.IsPassing(exception))
            {
                heldStill = false;
                await access.LoseAsync(view).ConfigureAwait(false);
            }
        }

        _watching.Clear();
        _isBroken = false;
        return heldStill;
    }

    // False if a server is lost: those that are watched by then are so still, and end with the others.
    private async Task<bool> TryBeginAsync(int database, byte[][] keys, CancellationToken cancellationToken)
    {
        var isBroken = false;
        foreach (var part in KeyDivision.Of(access.Map, keys))
        {
            if (part.Node is null)
            {
                isBroken = true;
                continue;
            }

            // One whose slot is not there is not known to hold still.
            var watched = await access
                .TryAskAsync(
                    part.Node,
                    async view =>
                        (
                            View: view,
                            AreWatched: await view.WatchAsync(database, part.Of(keys), cancellationToken)
                                .ConfigureAwait(false)
                        ),
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (watched.View is null)
                return false;
            isBroken |= !watched.AreWatched;
            if (!_watching.Contains(watched.View))
                _watching.Add(watched.View);
        }

        _isBroken |= isBroken;
        return true;
    }
}
