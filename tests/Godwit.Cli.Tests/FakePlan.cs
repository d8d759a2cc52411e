using Godwit.Planning;

namespace Godwit.Cli;

/// <summary>A plan that a test plays.</summary>
internal sealed class FakePlan(Func<CancellationToken, Task<PlanReport>> run) : IPlanRun
{
    public Task<PlanReport> RunAsync(CancellationToken stop) => run(stop);
}
