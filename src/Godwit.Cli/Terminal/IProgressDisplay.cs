using Godwit.Migration;

namespace Godwit.Cli.Terminal;

/// <summary>Shows how a run gets on.</summary>
internal interface IProgressDisplay
{
    /// <summary>Shows the progress that is told until the task has ended, however it ends. Leaves the terminal as it was.</summary>
    Task FollowAsync(Func<MigrationProgress> progress, Task ended);
}

/// <summary>Shows nothing.</summary>
internal sealed class NoProgress : IProgressDisplay
{
    /// <inheritdoc/>
    public Task FollowAsync(Func<MigrationProgress> progress, Task ended) => Task.CompletedTask;
}
