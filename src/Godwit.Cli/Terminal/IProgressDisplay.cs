using Godwit.Migration;

namespace Godwit.Cli.Terminal;

/// <summary>Shows how a run gets on.</summary>
internal interface IProgressDisplay
{
    /// <summary>Shows the run's progress until the task has ended, however it ends. Leaves the terminal as it was.</summary>
    Task FollowAsync(IMigrationRun run, Task ended);
}

/// <summary>Shows nothing.</summary>
internal sealed class NoProgress : IProgressDisplay
{
    /// <inheritdoc/>
    public Task FollowAsync(IMigrationRun run, Task ended) => Task.CompletedTask;
}
