using Godwit.Cli.Output;
using Godwit.Cli.Terminal;
using Godwit.Endpoints;
using Godwit.Live.State;
using Godwit.Live.Status;
using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Cli.Jobs;

/// <summary>Asks live jobs, stops and forgets them, in front of a user.</summary>
/// <param name="surroundings">Where it runs.</param>
/// <param name="command">The command's name.</param>
/// <param name="isJson">Answer by one JSON object.</param>
internal sealed class JobSession(Surroundings surroundings, string command, bool isJson)
{
    private readonly StandardErrorLog _log = new(surroundings, LogFormat.Text, quiet: false);

    /// <summary>Says how the jobs stand.</summary>
    /// <returns>0 if all run, 1 if one does not, 3 if there is none or it cannot be asked.</returns>
    public Task<int> TellAsync(string? state) =>
        GuardAsync(async stop =>
        {
            var jobs = await JobFinder.FindAsync(state, surroundings.TimeProvider, stop).ConfigureAwait(false);
            Tell(jobs);
            return jobs.All(job => job.Running) ? ExitCode.Done : ExitCode.Partial;
        });

    /// <summary>Ends the one job that runs, and waits until it has ended.</summary>
    /// <returns>0 if it ended in order, 1 if none runs, 3 if it is not clear which, 4 if it broke off instead.</returns>
    public Task<int> StopAsync(string? state) =>
        GuardAsync(async stop =>
        {
            var jobs = await JobFinder.FindAsync(state, surroundings.TimeProvider, stop).ConfigureAwait(false);
            List<JobStatus> running = [.. jobs.Where(job => job.Running)];
            if (running.Count > 1)
            {
                throw new RefusedException(
                    $"{running.Count} jobs run: {string.Join(", ", running.Select(job => job.Directory))}",
                    "Name the one that is to end with --state DIR."
                );
            }

            var ended = running.Count == 0 ? null : await StopAsync(running[0], stop).ConfigureAwait(false);
            Tell(ended is null ? jobs : [ended]);
            return ended?.Phase switch
            {
                null => ExitCode.Partial,
                JobState.Failed => ExitCode.BrokeOff,
                _ => ExitCode.Done,
            };
        });

    /// <summary>Removes what a job has left at the target and here.</summary>
    /// <param name="state">Its state directory.</param>
    /// <param name="isConfirmed">The user said --yes.</param>
    /// <param name="targetOf">Makes of the target's URI an endpoint that can be entered.</param>
    /// <returns>0 if it is gone, 3 if it runs, or nothing could be removed.</returns>
    public Task<int> ForgetAsync(string state, bool isConfirmed, Func<string, ServerEndpoint> targetOf) =>
        GuardAsync(async stop =>
        {
            var jobs = await JobFinder.FindAsync(state, surroundings.TimeProvider, stop).ConfigureAwait(false);
            var job = jobs[0];
            var directory = job.Running ? null : JobDirectory.Find(job.Directory);
            if (directory is null)
            {
                throw new RefusedException($"The job in {state} runs", $"End it first: godwit stop --state {state}.");
            }

            if (!isConfirmed)
            {
                throw new RefusedException(
                    $"A job that is forgotten cannot go on: the target keeps what it has, of the time of the last change, "
                        + "and expiries that are held back stay 10^15 milliseconds late",
                    "Add --yes if that is meant."
                );
            }

            var isGone = await JobRemoval
                .RemoveAsync(directory, targetOf(job.Target), surroundings.TimeProvider, stop)
                .ConfigureAwait(false);
            if (isJson)
                surroundings.Output.WriteLine(JobJson.Forgotten(job, isGone));
            else
                surroundings.Output.WriteLine(
                    $"Forgotten: {job.Source} to {job.Target}. "
                        + (
                            isGone
                                ? $"{job.Directory} is gone."
                                : $"{job.Directory} holds files that are not the job's, and stays."
                        )
                );
            return ExitCode.Done;
        });

    private async Task<JobStatus?> StopAsync(JobStatus job, CancellationToken stop) =>
        await JobCalls
            .StopAsync(
                job.Directory,
                _ =>
                    _log.Info(
                        $"Stopping the job in {job.Directory}: what is on its way to the target is applied first."
                    ),
                surroundings.TimeProvider,
                stop
            )
            .ConfigureAwait(false);

    private void Tell(IReadOnlyList<JobStatus> jobs)
    {
        if (isJson)
        {
            surroundings.Output.WriteLine(jobs is [var only] ? JobJson.Of(command, only) : JobJson.Of(command, jobs));
            return;
        }

        var ink = Ink.For(surroundings.OutputIsTerminal, surroundings);
        var now = surroundings.TimeProvider.GetUtcNow();
        surroundings.Output.Write(jobs is [var one] ? JobScreen.Of(one, ink, now) : JobScreen.Of(jobs, ink, now));
    }

    private async Task<int> GuardAsync(Func<CancellationToken, Task<int>> work)
    {
        using var signals = new StopSignals(surroundings, _log);
        try
        {
            return await work(signals.Stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return signals.ExitCode;
        }
        catch (GodwitException exception)
        {
            if (isJson)
                surroundings.Output.WriteLine(JobJson.Error(command, exception.Message, exception.WhatToDo));
            _log.Error($"{exception.Message.TrimEnd('.')}.", exception.WhatToDo);
            return exception is JobCallException && command == "stop" ? ExitCode.BrokeOff : ExitCode.Refused;
        }
    }
}
