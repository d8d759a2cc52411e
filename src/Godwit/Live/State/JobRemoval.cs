using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Live.Positions;
using Godwit.Live.Reversing;
using Godwit.Live.Spooling;
using Godwit.Live.Status;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.State;

/// <summary>Removes all that a job has left which will not be resumed: its record at the target, its spool, its state, the way back.</summary>
internal static class JobRemoval
{
    /// <summary>Removes it. What is at the target of the source's data stays.</summary>
    /// <param name="directory">The job's.</param>
    /// <param name="target">The job's target, with what it takes to enter it.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt. It can be made again.</param>
    /// <returns>False if the directory still is there, because it holds files that are not the job's.</returns>
    /// <exception cref="RefusedException">The job runs, or its directory cannot be written to.</exception>
    /// <exception cref="GodwitException">The target cannot be reached, or refused. Nothing was removed here.</exception>
    public static async Task<bool> RemoveAsync(
        JobDirectory directory,
        ServerEndpoint target,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        using (JobLock.Take(directory.DirectoryPath))
        {
            var state = directory.State!;
            await RemoveAtTargetAsync(state, target, timeProvider, cancellationToken).ConfigureAwait(false);
            // Whoever opens a spool removes what a killed run has left there.
            foreach (var path in (string?[])[directory.SpoolPath, state.Spool])
            {
                if (Directory.Exists(path))
                    RemoveSpool(path);
            }

            JobSocketPath.Remove(directory.DirectoryPath);
            CutOver.Forget(directory.DirectoryPath);
            directory.Delete();
        }

        return !Directory.Exists(directory.DirectoryPath);
    }

    private static async Task RemoveAtTargetAsync(
        JobState state,
        ServerEndpoint target,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var end = await LiveEnd.ConnectAsync(target, timeProvider, cancellationToken).ConfigureAwait(false);
        await using var closing = end.ConfigureAwait(false);
        var records = new PositionBook(end.Topology, target.Database ?? 0, new ConnectionOptions(), timeProvider);
        foreach (var record in JobRecords.Known(state))
            await records.DeleteAsync(record.Name, cancellationToken).ConfigureAwait(false);

        var source = (ServerEndpoint)EndpointParser.Parse(state.Source, EndpointRole.Source, new EndpointAccess());
        var markers = new PositionBook(
            end.Topology,
            target.Database ?? source.Database ?? 0,
            new ConnectionOptions(),
            timeProvider
        );
        await markers.DeleteAsync(Fence.KeyOf(state.Job, slot: null), cancellationToken).ConfigureAwait(false);
        foreach (var server in state.Servers ?? [])
        {
            if (SlotSet.Parse(server.Slots).Slots().FirstOrDefault(-1) is var slot and >= 0)
                await markers.DeleteAsync(Fence.KeyOf(state.Job, slot), cancellationToken).ConfigureAwait(false);
        }
    }

    private static void RemoveSpool(string path)
    {
        SpoolDirectory.Open(path, maxBytes: 0).Dispose();
        if (!Directory.EnumerateFileSystemEntries(path).Any())
            Directory.Delete(path);
    }
}
