using Godwit.Configuration;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Targets.Redis;

namespace Godwit.Planning;

/// <summary>Looks at what the sources have against what the target can hold.</summary>
internal sealed class PairExamination(ServerEnd target, TargetProfile? profile, MigrationOptions options)
{
    private readonly List<PlanFinding> _findings = [];

    /// <summary>Looks.</summary>
    public async Task<IReadOnlyList<PlanFinding>> RunAsync(
        IReadOnlyList<ExaminedSource> sources,
        CancellationToken cancellationToken
    )
    {
        var servers = sources.Where(source => source.End is not null).ToArray();
        var ends = ExaminedSource.Together(sources);
        foreach (var source in servers)
            await CompareAsync(source, source.End!, cancellationToken).ConfigureAwait(false);
        if (EmptyTargetCheck.IsWanted(options))
            await CheckEmptyAsync(ends, cancellationToken).ConfigureAwait(false);
        Add(null, DatabaseChecks.ManyIntoOne(ends, (ServerEndpoint)options.Target));
        if (servers.Length > 0)
            Add(null, RoomCheck.Of(ends, target.Servers, options.FlushTarget));
        CheckRoomForFiles(sources);
        if (profile is not null && servers.Length > 0)
        {
            Add(null, LossChecks.Functions(ends, profile, options.AllowLoss));
            Add(null, LossChecks.FieldExpiries(ends, profile, options.AllowLoss));
            Add(null, LossChecks.Modules(ends, target.First));
        }

        await CompareSourcesAsync(servers, cancellationToken).ConfigureAwait(false);
        return _findings;
    }

    private async Task CompareAsync(ExaminedSource examined, ServerEnd source, CancellationToken cancellationToken)
    {
        var uri = examined.Plan.End.Uri;
        Add(uri, source.Servers.SelectMany(from => target.Servers.Select(to => SameServerCheck.Of(from, to))));
        Add(uri, source.Servers.SelectMany(from => target.Servers.Select(to => ClockCheck.Of(from.Info, to.Info))));
        if (profile is null || examined.Plan.Sample is not { } sample)
            return;

        foreach (var from in source.Servers)
            Add(
                uri,
                await DatabaseChecks
                    .HasAllAsync(from, target.First, options.Databases, cancellationToken)
                    .ConfigureAwait(false)
            );
        Add(uri, SampleFindings.Types(sample, source.First, target.First));
        Add(uri, await SampleFindings.BothSidesAsync(sample, target, options, cancellationToken).ConfigureAwait(false));
        if (examined.Examination!.CheckReplicaBuffer(examined.Plan) is { } buffer)
            Add(uri, buffer);
    }

    private async Task CheckEmptyAsync(SourceEnds sources, CancellationToken cancellationToken)
    {
        foreach (var node in target.Servers)
        {
            var findings = await EmptyTargetCheck
                .OfAsync(node, sources, options, cancellationToken)
                .ConfigureAwait(false);
            foreach (var finding in findings)
                Add(null, finding);
        }
    }

    private async Task CompareSourcesAsync(ExaminedSource[] sources, CancellationToken cancellationToken)
    {
        for (var i = 0; i < sources.Length; i++)
        {
            for (var j = i + 1; j < sources.Length; j++)
            {
                var (one, other) = (sources[i].End!, sources[j].End!);
                Add(
                    null,
                    one.Servers.SelectMany(first =>
                        other.Servers.Select(second => SameServerCheck.Twice(first, second))
                    )
                );
                if (sources[i].Plan.Sample is not { } sample)
                    continue;
                Add(
                    sources[i].Plan.End.Uri,
                    await SampleFindings
                        .SeveralSourcesAsync(sample, sources[i].End!, sources[j].End!, options, cancellationToken)
                        .ConfigureAwait(false)
                );
            }
        }
    }

    // In memory a file's data takes more room than in the file: the file's length is the least that is needed.
    private void CheckRoomForFiles(IReadOnlyList<ExaminedSource> sources)
    {
        var bytes = sources
            .Where(source => source.Plan.End.Topology == "files")
            .Sum(source => source.Plan.End.DataBytes ?? 0);
        if (bytes == 0)
            return;

        var plan = target.Describe();
        if (plan is not { MaxMemory: > 0 and var limit, UsedMemory: { } used })
        {
            Add(null, Finding.Ok(CheckNames.Room, "The target has no maxmemory, or does not tell it"));
            return;
        }

        var room = new ByteSize(options.FlushTarget ? limit : Math.Max(0, limit - used));
        var found =
            $"the files take {new ByteSize(bytes)}, in memory mostly more, and the target has {room} left of its maxmemory";
        Add(
            null,
            bytes > room.Bytes
                ? Finding.Warning(
                    CheckNames.Room,
                    $"It will hardly fit: {found}",
                    "Raise the target's maxmemory, or choose a larger target."
                )
                : Finding.Ok(CheckNames.Room, $"It may fit: {found}")
        );
    }

    // Of many that say the same of servers that belong together, the worst one.
    private void Add(string? source, IEnumerable<Finding> findings) =>
        Add(source, findings.MaxBy(finding => finding.Severity)!);

    private void Add(string? source, Finding finding) => _findings.Add(new PlanFinding(source, finding));
}
