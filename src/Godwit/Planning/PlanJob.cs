using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Migration.Rights;
using Godwit.Planning.Sampling;
using Godwit.Protocol;

namespace Godwit.Planning;

/// <summary>One plan.</summary>
internal interface IPlanRun
{
    /// <summary>Looks at both ends. What goes wrong there is a finding, never thrown; only a mistake of the program is.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    Task<PlanReport> RunAsync(CancellationToken stop);
}

/// <summary>
/// Says what a migration would meet, and touches nothing at either end: it only asks, reads some keys, and lets servers say
/// what they would do.
/// </summary>
internal sealed class PlanJob(MigrationOptions options, PlanSettings settings, TimeProvider timeProvider) : IPlanRun
{
    private readonly Lock _lock = new();
    private readonly List<PlanFinding> _findings = [];
    private readonly List<ServerEnd> _opened = [];

    /// <inheritdoc/>
    public async Task<PlanReport> RunAsync(CancellationToken stop)
    {
        var started = timeProvider.GetTimestamp();
        try
        {
            var target = options.Target is ServerEndpoint endpoint
                ? await OpenAsync(endpoint, isSource: false, stop).ConfigureAwait(false)
                : null;
            var endpoints = await EndpointsAsync(stop).ConfigureAwait(false);
            var examined = await Task.WhenAll(endpoints.Select(source => ExamineAsync(source, stop)))
                .ConfigureAwait(false);
            foreach (var source in examined)
                Add(source.Plan.End.Uri, source.Findings);
            var targetPlan = await ExamineTargetAsync(target, examined, stop).ConfigureAwait(false);
            return Report(
                [.. examined.Select(source => source.Plan)],
                targetPlan,
                timeProvider.GetElapsedTime(started)
            );
        }
        finally
        {
            foreach (var end in _opened)
                await end.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What went wrong, as a finding.</summary>
    public static Finding Failure(string check, GodwitException exception) =>
        Finding.Stop(
            check,
            exception.Message.TrimEnd('.'),
            exception.WhatToDo ?? "See the server's log for the cause."
        );

    private PlanReport Report(IReadOnlyList<SourcePlan> sources, TargetPlan target, TimeSpan duration) =>
        new()
        {
            Sources = sources,
            Target = target,
            Findings =
            [
                .. _findings.Distinct().OrderBy(finding => CheckNames.InOrder.ToList().IndexOf(finding.Finding.Check)),
            ],
            Estimate = sources.Any(source => source.End.Topology == "files") ? null : Estimate.Of(sources, options),
            BiggestKeys =
            [
                .. sources
                    .SelectMany(source => (source.Sample?.Keys ?? []).Select(key => new BigKey(source.End.Uri, key)))
                    .Where(key => key.Key.Memory is not null)
                    .OrderByDescending(key => key.Key.Memory)
                    .Take(settings.BiggestKeys),
            ],
            Duration = duration,
        };

    // Behind Dynomite stand plain servers: each is looked at as a source of its own.
    private async Task<IReadOnlyList<Endpoint>> EndpointsAsync(CancellationToken stop)
    {
        var endpoints = new List<Endpoint>(SourceEndpoints.Combine(options.Sources));
        var dynomite = endpoints.OfType<DynomiteEndpoint>().ToArray();
        if (dynomite.Length == 0)
            return endpoints;

        endpoints.RemoveAll(endpoint => endpoint is DynomiteEndpoint);
        var found = new DynomiteFindings(timeProvider);
        await using var closing = found.ConfigureAwait(false);
        endpoints.AddRange(await found.FindAsync(dynomite, options, stop).ConfigureAwait(false));
        Add(dynomite[0].ToString(), found.Findings);
        return endpoints;
    }

    private async Task<ServerEnd?> OpenAsync(ServerEndpoint endpoint, bool isSource, CancellationToken stop)
    {
        try
        {
            var end = await ServerEnd.OpenAsync(endpoint, timeProvider, stop).ConfigureAwait(false);
            lock (_lock)
                _opened.Add(end);
            return end;
        }
        catch (GodwitException exception)
        {
            var uri = isSource ? endpoint.ToString() : null;
            lock (_lock)
                _findings.Add(new PlanFinding(uri, Failure(CheckNames.Connection, exception)));
            return null;
        }
    }

    private async Task<ExaminedSource> ExamineAsync(Endpoint endpoint, CancellationToken stop)
    {
        if (endpoint is RdbFileEndpoint files)
        {
            var looking = new FileExamination(files);
            var plan = await looking.RunAsync(stop).ConfigureAwait(false);
            return new ExaminedSource(plan, null, null, looking.Findings);
        }

        var end = await OpenAsync((ServerEndpoint)endpoint, isSource: true, stop).ConfigureAwait(false);
        var unknown = new SourcePlan { End = new EndPlan { Uri = endpoint.ToString()! } };
        if (end is null)
            return new ExaminedSource(unknown, null, null, []);

        var examination = new SourceExamination(end, options, settings, timeProvider);
        try
        {
            var plan = await examination.RunAsync(stop).ConfigureAwait(false);
            return new ExaminedSource(plan, end, examination, examination.Findings);
        }
        catch (GodwitException exception)
        {
            Finding[] findings = [.. examination.Findings, Failure(CheckNames.Connection, exception)];
            return new ExaminedSource(unknown with { End = end.Describe() }, null, null, findings);
        }
    }

    private async Task<TargetPlan> ExamineTargetAsync(
        ServerEnd? target,
        IReadOnlyList<ExaminedSource> sources,
        CancellationToken stop
    )
    {
        if (options.Target is JsonEndpoint json)
        {
            _findings.Add(new PlanFinding(null, FileTargetCheck.Of(json)));
            return new TargetPlan
            {
                End = new EndPlan { Uri = json.ToString(), Topology = "json" },
                WriteBy = "json",
            };
        }

        if (target is null)
            return new TargetPlan { End = new EndPlan { Uri = options.Target.ToString()! } };

        var examination = new TargetExamination(target, options, timeProvider);
        try
        {
            var samples = sources.Select(source => source.Plan.Sample).OfType<KeySample>().ToArray();
            var following = SourceRightsCheck.FollowingOf(
                options,
                sources.SelectMany(source => source.Plan.Reading.Where(way => way.Name == "sync"))
            );
            var scans = sources.Any(source => source.Plan.ReadBy?.EndsWith("scan", StringComparison.Ordinal) == true);
            var plan = await examination
                .RunAsync(samples, ExaminedSource.Together(sources), new SourceReading(following, scans), stop)
                .ConfigureAwait(false);
            Add(null, examination.Findings);
            var pairs = new PairExamination(target, examination.Profile, options);
            foreach (var finding in await pairs.RunAsync(sources, stop).ConfigureAwait(false))
                _findings.Add(finding);
            return plan;
        }
        catch (GodwitException exception)
        {
            Add(null, [.. examination.Findings, Failure(CheckNames.Connection, exception)]);
            return new TargetPlan { End = target.Describe() };
        }
    }

    private void Add(string? source, IEnumerable<Finding> findings) =>
        _findings.AddRange(findings.Select(finding => new PlanFinding(source, finding)));
}

/// <summary>A source that was looked at.</summary>
/// <param name="Plan">What it is.</param>
/// <param name="End">Its servers, still connected; null where there are none.</param>
/// <param name="Examination">Who looked at them; null where nobody did.</param>
/// <param name="Findings">What was found.</param>
internal sealed record ExaminedSource(
    SourcePlan Plan,
    ServerEnd? End,
    SourceExamination? Examination,
    IReadOnlyList<Finding> Findings
)
{
    /// <summary>Several, as the checks see them.</summary>
    public static SourceEnds Together(IReadOnlyList<ExaminedSource> sources) =>
        new(
            [.. sources.Where(source => source.End is not null).SelectMany(source => source.End!.Servers)],
            sources.Any(source => source.End is null),
            sources.Count
        );
}
