using Godwit.Live.State;
using Godwit.Live.Status;
using Godwit.Migration;

namespace Godwit.Cli.Jobs;

/// <summary>Finds the jobs that a user means: that of a state directory, or all beneath <c>./.godwit</c>.</summary>
internal static class JobFinder
{
    /// <summary>How they stand: one or more.</summary>
    /// <param name="state">The state directory; null: all of <c>./.godwit</c>.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RefusedException">There is none, or what is there is damaged.</exception>
    /// <exception cref="JobCallException">One runs, and cannot be asked.</exception>
    public static async Task<IReadOnlyList<JobStatus>> FindAsync(
        string? state,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var found = new List<JobStatus>();
        foreach (var path in state is null ? JobDirectory.FindAll() : [state])
        {
            var job = await JobStatusReader.ReadAsync(path, timeProvider, cancellationToken).ConfigureAwait(false);
            if (job is not null)
                found.Add(job);
        }

        if (found.Count > 0)
            return found;
        throw state is null
            ? new RefusedException(
                "There is no job in ./.godwit",
                "Go to the directory in which it was begun, or name its own with --state DIR."
            )
            : new RefusedException(
                $"There is no job in {state}",
                "Name the directory that it was given with --state. A job that came to its end leaves none."
            );
    }
}
