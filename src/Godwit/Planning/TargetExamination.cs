using Godwit.Connections;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Migration.Rights;
using Godwit.Planning.Sampling;
using Godwit.Targets.Redis;

namespace Godwit.Planning;

/// <summary>Looks at a target that is a server or a cluster: what it is, what it lets us do, which payloads it takes.</summary>
internal sealed class TargetExamination(ServerEnd target, MigrationOptions options, TimeProvider timeProvider)
{
    private readonly List<Finding> _findings = [];

    /// <summary>What was found.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>What it can do; null where it cannot be asked now.</summary>
    public TargetProfile? Profile { get; private set; }

    /// <summary>Looks.</summary>
    /// <param name="samples">The sources' keys.</param>
    /// <param name="sources">The sources.</param>
    /// <param name="reading">How those are read.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<TargetPlan> RunAsync(
        IReadOnlyList<KeySample> samples,
        SourceEnds sources,
        SourceReading reading,
        CancellationToken cancellationToken
    )
    {
        var plan = new TargetPlan { End = target.Describe() };
        _findings.AddRange(ServerChecks.Of(target.First, "target"));
        foreach (var node in target.Servers)
        {
            var role = ServerChecks.TakesWrites(node);
            if (node == target.First || role.Severity == Severity.Stop)
                _findings.Add(role);
        }

        CheckEviction();
        if (
            target.First.Info.Mode == ServerMode.Sentinel
            || _findings.Any(finding => finding is { Check: CheckNames.Loading, Severity: Severity.Stop })
        )
        {
            return plan;
        }

        Profile = await TargetQuestions
            .AskWithoutWritingAsync(target.First.Connection, target.First.Info, cancellationToken)
            .ConfigureAwait(false);
        var needs = TargetNeeds.Of(target.First, sources, reading, options);
        var key = RightsPreflight.UnusedName(SampleName(samples), target.First);
        string? writeBy = null;
        foreach (var node in target.Servers)
        {
            var rights = await TargetRights
                .AskAsync(node, key, needs, timeProvider, cancellationToken)
                .ConfigureAwait(false);
            var check = TargetRightsCheck.Of(node, rights, needs, options);
            _findings.AddRange(check.Findings);
            writeBy = check.WriteBy;
            if (writeBy is null)
                return plan;
        }

        if (writeBy != "commands" && AddRestoreFinding(samples, Profile))
            writeBy = "restore+commands";
        if (_findings.All(finding => finding.Check != CheckNames.TargetRights))
            _findings.Add(Finding.Ok(CheckNames.TargetRights, "The user may run all that writing takes"));
        return plan with { WriteBy = writeBy };
    }

    private static byte[]? SampleName(IEnumerable<KeySample> samples) =>
        samples.SelectMany(sample => sample.Keys).Select(key => key.Name).FirstOrDefault(name => name.Length < 512);

    private void CheckEviction()
    {
        var info = target.First.Info;
        _findings.Add(
            info.MaxMemory is null ? Finding.Ok(CheckNames.Eviction, "The target does not tell whether it evicts keys")
            : info.MaxMemory == 0 || info.MaxMemoryPolicy is null or "noeviction"
                ? Finding.Ok(CheckNames.Eviction, "The target drops no keys on its own")
            : Finding.Warning(
                CheckNames.Eviction,
                $"The target drops keys on its own when it is full (maxmemory-policy {info.MaxMemoryPolicy})",
                "If no key may go, set its maxmemory-policy to noeviction, until all has been compared at least."
            )
        );
    }

    /// <returns>True if some of the sampled keys go by commands.</returns>
    private bool AddRestoreFinding(IReadOnlyList<KeySample> samples, TargetProfile profile)
    {
        var finding = SampleFindings.Restore(samples, profile, out var byCommands);
        _findings.Add(finding);
        return byCommands > 0;
    }
}
