using Godwit.Live.State;
using Godwit.Migration;

namespace Godwit.Live.Status;

/// <summary>Finds out how the job of a state directory stands, whether it runs or not.</summary>
internal static class JobStatusReader
{
    /// <summary>A run that died without a word.</summary>
    public const string Killed = "killed";

    /// <summary>Asks its process, else reads what that has left; null if there is no job.</summary>
    /// <param name="path">The state directory.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="JobCallException">It runs, and cannot be asked.</exception>
    /// <exception cref="RefusedException">What is there is damaged, or cannot be read.</exception>
    public static async Task<JobStatus?> ReadAsync(
        string path,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var directory = Path.GetFullPath(path);
        var answer = await JobCalls.StatusAsync(directory, timeProvider, cancellationToken).ConfigureAwait(false);
        if (answer is not null)
            return answer;
        return JobDirectory.Find(directory) is { State: { } state } ? Of(directory, state) : null;
    }

    /// <summary>What the state of a job tells that does not run.</summary>
    public static JobStatus Of(string directory, JobState state) =>
        new()
        {
            Running = false,
            Phase = state.Ended ?? Killed,
            Job = state.Job,
            Directory = directory,
            Source = state.Source,
            Target = state.Target,
            LastSeen = state.Seen,
            Offset = state.Applied,
            LastError = state is { Error: { } error, Seen: { } at } ? new ErrorStatus(error, at) : null,
            ResumeCommand = state.ResumeCommand,
        };
}
