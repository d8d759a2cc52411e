using Godwit.Live.Positions;
using Godwit.Live.Servers;
using Godwit.Live.State;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Reversing;

/// <summary>
/// Begins a job that goes back on another one: it follows the other's target from exactly where that ended. Where the other one is still
/// at work, this one joins already, and lets pass what comes until then.
/// </summary>
/// <param name="path">The other job's directory.</param>
/// <param name="source">This job's source: the other's target.</param>
/// <param name="target">This job's target: the other's source.</param>
/// <param name="log">Hears what is waited for.</param>
internal sealed class ReverseStart(string path, string source, string target, IMigrationLog log)
{
    /// <summary>The other job is at work.</summary>
    public bool IsAwaited => JobLock.IsHeld(path);

    /// <summary>The other job is at work, and has not begun to end.</summary>
    public bool IsFarFromItsEnd => IsAwaited && !CutOver.IsAnnounced(path);

    /// <summary>Checks, before anybody is connected to, that the other job is there and between the same two ends.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public void Check()
    {
        var (from, to) =
            CutOver.Find(path) is { } cutOver ? (cutOver.Source, cutOver.Target)
            : IsAwaited && JobDirectory.Find(path)?.State is { } state ? (state.Source, state.Target)
            : throw NotCaughtUp();
        if (from != target || to != source)
        {
            throw new RefusedException(
                $"The job in {path} is from {from} to {to}, and the way back from it leads from {to} to {from}",
                "Name these two, in this order."
            );
        }
    }

    /// <summary>Where the other job ended. It cannot be gone on with any more: its changes would go round in a circle.</summary>
    /// <param name="records">The records of the other job, at this one's source: they go.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RefusedException">It ended without having caught up.</exception>
    public async Task<CutOver> TakeAsync(PositionBook records, CancellationToken cancellationToken)
    {
        using var held = JobLock.Take(path);
        var cutOver = CutOver.Find(path) ?? throw NotCaughtUp();
        if (JobDirectory.Find(path) is not { State: { } state } directory)
            return cutOver;

        try
        {
            foreach (var record in JobRecords.Known(state))
                await records.DeleteAsync(record.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException exception)
        {
            log.Warn(
                $"Records of the job that is gone back on are left at {source} (godwit:position:{state.Job}…): {exception.Message}."
            );
        }

        directory.Delete();
        return cutOver;
    }

    /// <summary>Tells how to be sure of a way back.</summary>
    public void TellIfUnsure(CutOver cutOver)
    {
        if (!cutOver.Places.All(place => place.KeepsChanges))
        {
            log.Warn(
                "The server kept no changes for replicas when the job ended, so that what has changed since may not be known any more. Begin the way back before the job ends, next time: it then waits for that."
            );
        }
    }

    /// <summary>The place of a server in the cut-over, as a record: null where it was not there, or is in another history now.</summary>
    public static PositionRecord? PlaceOf(CutOver cutOver, string job, FollowedServer server)
    {
        var place =
            cutOver.Places.FirstOrDefault(place => place.Node == server.Shard.Name)
            ?? cutOver.Places.FirstOrDefault(place => SlotSet.Parse(place.Slots).Equals(server.Slots));
        return place is null
            ? null
            : new PositionRecord
            {
                Job = job,
                Sequence = 0,
                ReplicationId = place.ReplicationId,
                Applied = place.Offset,
                Sent = place.Offset,
                Database = place.Database,
                HasSnapshot = true,
            };
    }

    /// <summary>Why nothing but another copy will do.</summary>
    public static RefusedException HistoryIsGone(string source, string target) =>
        new(
            $"{source} does not know any more what has changed there since the cut-over",
            $"With --yes everything is copied back from there, and what {target} holds is deleted first, if it held nothing but what was copied. "
                + "Next time begin the way back before the job ends: it then waits for that."
        );

    private RefusedException NotCaughtUp() =>
        new(
            $"The job in {path} has not ended with all that its source had done at the target",
            "Go on with it by --resume until it has caught up, or begin this one while it is at work."
        );
}
