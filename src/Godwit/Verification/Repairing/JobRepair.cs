using Godwit.Json;
using Godwit.Live.Status;
using Godwit.Migration;
using Godwit.Verification.Differences;

namespace Godwit.Verification.Repairing;

/// <summary>
/// Has the live migration that follows the source's stream write keys as they are at the source, in order with that stream. Whoever wrote
/// them beside it would write changes that the migration has not applied yet, and then applies a second time.
/// </summary>
/// <param name="directory">The job's state directory.</param>
/// <param name="log">Is told of keys that it cannot be asked for.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class JobRepair(string directory, IMigrationLog log, TimeProvider timeProvider)
{
    private const int KeysAtOnce = 128;

    // The job reads what it is asked for at once, each value as a whole. A larger one would hold up its changes, and is refused by servers
    // from 512 MiB on.
    private const long LargestValue = 64 * 1024 * 1024;
    private const long BytesAtOnce = 16 * 1024 * 1024;

    // A request is a line of 64 KiB at most, in which a character takes six bytes at the worst.
    private const int LongestRequest = 60_000;
    private const int BytesOfCharacter = 6;
    private const int BytesBesideName = 64;

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>Has keys written, or deleted where the source lacks them. Ends when they are.</summary>
    /// <param name="suspects">The keys.</param>
    /// <param name="sizes">Of each, what it takes at the source.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="RepairException">The job does not do it.</exception>
    public async Task WriteAsync(IReadOnlyList<Suspect> suspects, IReadOnlyList<long> sizes, CancellationToken stop)
    {
        var keys = new List<JobKey>();
        var length = 0;
        long values = 0;
        var leftOut = 0;
        foreach (var (suspect, size) in suspects.Zip(sizes))
        {
            var key = new JobKey(suspect.Databases.Source, BinaryText.Encode(suspect.Key));
            var ofKey = (key.Key.Length * BytesOfCharacter) + BytesBesideName;
            if (ofKey > LongestRequest || size > LargestValue)
            {
                leftOut++;
                continue;
            }

            var isFull = keys.Count == KeysAtOnce || length + ofKey > LongestRequest || values + size > BytesAtOnce;
            if (isFull && keys.Count > 0)
            {
                await AskAsync(keys, stop).ConfigureAwait(false);
                keys.Clear();
                (length, values) = (0, 0);
            }

            keys.Add(key);
            length += ofKey;
            values += size;
        }

        if (keys.Count > 0)
            await AskAsync(keys, stop).ConfigureAwait(false);
        if (leftOut > 0)
        {
            log.Warn(
                $"{leftOut} keys are not repaired while the live migration runs: they are too large, or their names too long, for it to read them at once."
            );
        }
    }

    // Between two sessions it follows nothing for a moment. To write a key once more does no harm.
    private async Task AskAsync(List<JobKey> keys, CancellationToken stop)
    {
        var begin = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                var isDone = await JobCalls
                    .RereadAsync(directory, keys, RunningMigration.Patience, timeProvider, stop)
                    .ConfigureAwait(false);
                if (isDone)
                    return;
            }
            catch (JobCallException exception)
            {
                if (timeProvider.GetElapsedTime(begin) + AskAgainAfter < RunningMigration.Patience)
                {
                    await Task.Delay(AskAgainAfter, timeProvider, stop).ConfigureAwait(false);
                    continue;
                }

                throw Refused(exception);
            }

            throw Refused(new JobCallException($"The job in {directory} has ended", "Repair without it."));
        }
    }

    private static RepairException Refused(JobCallException exception) =>
        new(
            new MigrationFailure(
                $"the live migration between the two does not write the keys anew ({exception.Message})",
                "Repair when it has caught up, and with its own version; or when it is at its end, and not to be resumed.",
                BeforeFirstWrite: false,
                exception
            )
        );
}
