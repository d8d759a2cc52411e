using Godwit.Live.Routing;
using Godwit.Migration;

namespace Godwit.Live.State;

/// <summary>Checks that a directory's job is the one that its user means.</summary>
internal static class JobChecks
{
    /// <summary>Checks it.</summary>
    /// <exception cref="RefusedException">It is another one, or there is none, or there should be none.</exception>
    public static void Check(JobDirectory directory, string source, string target, bool isResumed)
    {
        if (isResumed && directory.State is null)
        {
            throw new RefusedException(
                $"There is no job to resume in {directory.DirectoryPath}",
                "Name its directory with --state, or leave --resume out to begin anew."
            );
        }

        if (!isResumed && directory.State is not null)
        {
            throw new RefusedException(
                $"There is a job in {directory.DirectoryPath} that has not come to its end",
                "Go on with it by --resume, or begin another one beside it with --state DIR."
            );
        }

        if (directory.State is { } state && (state.Source != source || state.Target != target))
        {
            throw new RefusedException(
                $"The job in {directory.DirectoryPath} is from {state.Source} to {state.Target}",
                "Name these two, or another directory with --state."
            );
        }

        if (isResumed && directory.State?.Refusal is { } refusal)
            throw new RefusedException(refusal, ChangeRefusedException.WayOut);
    }
}
