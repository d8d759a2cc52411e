using Godwit.Live.Links;
using Godwit.Live.Positions;
using Godwit.Live.Servers;
using Godwit.Protocol;

namespace Godwit.Live.Reversing;

/// <summary>Follows the servers of a source from exactly where another job, which had it as its target, has ended.</summary>
/// <param name="context">The job's that goes back.</param>
/// <param name="links">Its servers.</param>
internal sealed class WayBack(LiveContext context, ServerLinks links)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Joins all servers while another job is at work, and lets pass what comes until that has ended.</summary>
    /// <param name="reverse">Knows of the other job.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="GodwitException">One cannot be followed.</exception>
    public async Task WaitForCutOverAsync(ReverseStart reverse, CancellationToken cancellationToken)
    {
        foreach (var server in context.Servers.All)
            links.Start(server, record: null, omitsData: true);
        while (true)
        {
            await links.CatchUpAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                foreach (var link in links.All.Where(link => link.MustCopy))
                {
                    await link.DropSnapshotAsync(cancellationToken).ConfigureAwait(false);
                    link.Skip();
                }

                // All that has come before the other began to end came before its end. What comes later may have come behind it, though
                // the other is still at work: its users, and the server itself, write at once.
                var taken = links.All.Select(link => (link, link.Generation!.Bytes.Written)).ToArray();
                var isFar = reverse.IsFarFromItsEnd;
                if (!reverse.IsAwaited)
                    break;
                foreach (var (link, written) in isFar ? taken : [])
                {
                    link.Generation!.Bytes.Rewind(written);
                    link.Generation.Bytes.Release(written);
                }
            }
            catch (LinkSupersededException)
            {
                // It begins anew, and so does this.
            }

            await Task.Delay(Pause, context.TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        foreach (var link in links.All)
            link.Link.OmitsData = false;
    }

    /// <summary>Goes on from where another job ended, instead of from a snapshot.</summary>
    /// <param name="from">For each server where it was; null where nobody knows.</param>
    /// <param name="copies">Where a server does not know any more what has changed since, everything is copied.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>False if one does not know, and nothing is to be copied. Nothing was written then.</returns>
    public async Task<bool> BeginAsync(
        IReadOnlyDictionary<FollowedServer, PositionRecord?> from,
        bool copies,
        CancellationToken cancellationToken
    )
    {
        // A connection that was slow, or is just being made anew, may not have brought it that far yet.
        while (links.All.Any(link => !HasLost(link) && link.IsBefore(from[link.Server]!)))
        {
            await Task.Delay(Pause, context.TimeProvider, cancellationToken).ConfigureAwait(false);
            await links.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        }

        var lost = links.All.Where(HasLost).ToArray();
        if (lost.Length > 0 && !copies)
            return false;

        foreach (var link in links.All.Except(lost))
        {
            link.Skip();
            await context
                .Records.WriteAsync(
                    link.Server,
                    from[link.Server]!,
                    context.Ends.Target.Topology.Map,
                    cancellationToken
                )
                .ConfigureAwait(false);
        }

        foreach (var link in lost)
        {
            if (link.MustCopy)
                link.HasCopied = true;
            else
                await links.RejoinAsync(link, record: null, cancellationToken).ConfigureAwait(false);
        }

        return true;

        bool HasLost(ServerLink link) =>
            link.MustCopy
            || from.GetValueOrDefault(link.Server) is not { } record
            || record.ReplicationId != link.Generation!.ReplicationId
            || !link.Keeps(record);
    }
}
