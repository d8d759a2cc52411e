using System.Globalization;
using Godwit.Configuration;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration.Checks;
using Godwit.Targets.Redis;

namespace Godwit.Migration;

/// <summary>
/// Runs the checks before the first write: the first that finds something which cannot work is a
/// <see cref="RefusedException"/>, what its user should look at is logged. <c>godwit plan</c> runs the same ones, and tells all.
/// </summary>
internal sealed class Preflight(MigrationOptions options, IMigrationLog log)
{
    /// <summary>Checks and describes the live sources.</summary>
    public void CheckSources(SourceEnds sources)
    {
        foreach (var source in sources.Live)
        {
            Heed(ServerChecks.Of(source, "source"));
            log.Info($"Source {source.Connection.Endpoint}: {Describe(source.Info)}.");
        }

        for (var i = 1; i < sources.Live.Count; i++)
            Heed(sources.Live.Take(i).Select(earlier => SameServerCheck.Twice(earlier, sources.Live[i])));
    }

    /// <summary>Checks and describes a live target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="sources">The sources.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public async Task CheckTargetAsync(LiveEnd target, SourceEnds sources, CancellationToken cancellationToken)
    {
        Heed(ServerChecks.Of(target, "target"));
        var shards = target.Topology.IsCluster ? $" in {target.Topology.Map.Shards.Count} shards" : "";
        log.Info($"Target {target.Topology.Named}: {Describe(target.Info)}{shards}.");
        Heed([ServerChecks.TakesWrites(target)]);
        Heed(sources.Live.Select(source => SameServerCheck.Of(source, target)));
        Heed(sources.Live.Select(source => ClockCheck.Of(source.Info, target.Info)));
        foreach (var source in target.Topology.IsCluster ? sources.Live : [])
        {
            var databases = DatabaseChecks.HasAllAsync(source, target, options.Databases, cancellationToken);
            Heed([await databases.ConfigureAwait(false)]);
        }

        if (EmptyTargetCheck.IsWanted(options))
            Heed(await EmptyTargetCheck.OfAsync(target, sources, options, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Checks what the target must be able to hold.</summary>
    public void CheckFit(SourceEnds sources, LiveEnd target, TargetProfile profile) =>
        Heed([
            DatabaseChecks.ManyIntoOne(sources, (ServerEndpoint)options.Target),
            RoomCheck.Of(sources, [target], options.FlushTarget),
            LossChecks.Functions(sources, profile, options.AllowLoss),
            LossChecks.FieldExpiries(sources, profile, options.AllowLoss),
            LossChecks.Modules(sources, target),
        ]);

    /// <summary>Heeds what was found: a stop is a refusal, a warning is told.</summary>
    public void Heed(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            if (finding.Severity == Severity.Stop)
                throw new RefusedException(finding.Message, finding.WayOut!);
            if (finding.Severity == Severity.Warning)
                log.Warn(finding.ToString());
        }
    }

    private static string Describe(ServerInfo info)
    {
        var parts = new List<string> { info.DisplayName };
        if (info.Mode != ServerMode.Unknown)
            parts.Add(info.Mode == ServerMode.Standalone ? "standalone" : $"{info.Mode}");
        if (info.Role != ServerRole.Unknown)
            parts.Add(info.Role == ServerRole.Primary ? "primary" : "replica");
        if (info.TotalKeys is { } keys)
        {
            parts.Add(
                info.Keyspaces.Count switch
                {
                    0 => "no keys",
                    1 => string.Create(
                        CultureInfo.InvariantCulture,
                        $"{keys:N0} {(keys == 1 ? "key" : "keys")} in database {info.Keyspaces[0].Database}"
                    ),
                    var count => string.Create(CultureInfo.InvariantCulture, $"{keys:N0} keys in {count} databases"),
                }
            );
        }

        if (info.UsedMemory is { } used)
            parts.Add($"{new ByteSize(used)} of memory in use");
        if (info.MaxMemory is > 0 and { } limit)
            parts.Add($"at most {new ByteSize(limit)} ({info.MaxMemoryPolicy})");
        return string.Join(", ", parts);
    }
}
