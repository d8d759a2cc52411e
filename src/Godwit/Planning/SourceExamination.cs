using Godwit.Connections;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Migration.Rights;
using Godwit.Planning.Replication;
using Godwit.Planning.Sampling;
using Godwit.Planning.Ways;

namespace Godwit.Planning;

/// <summary>Looks at one source that is a server or a cluster.</summary>
internal sealed class SourceExamination(
    ServerEnd source,
    MigrationOptions options,
    PlanSettings settings,
    TimeProvider timeProvider
)
{
    // REPLCONF rdb-only: the primary then keeps no stream of changes for us.
    private static readonly Version Version70 = new(7, 0);

    private readonly List<Finding> _findings = [];

    /// <summary>What was found.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Looks.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<SourcePlan> RunAsync(CancellationToken cancellationToken)
    {
        var plan = new SourcePlan { End = source.Describe() };
        _findings.AddRange(ServerChecks.Of(source.First, "source"));
        _findings.AddRange(
            source.Servers.Skip(1).SelectMany(node => ServerChecks.Of(node, "source")).Where(IsStillLoading)
        );
        if (source.First.Info.Mode == ServerMode.Sentinel || _findings.Any(IsStillLoading))
            return plan;

        var sample = await SampleAsync(cancellationToken).ConfigureAwait(false);
        var (reading, following, rights) = await AskWaysAsync(sample, cancellationToken).ConfigureAwait(false);
        var choice = ReadingCheck.Of(source.Endpoint.ToString(), reading[0], reading[1], options);
        _findings.Add(choice.Finding);
        CheckRights(choice.ReadBy, reading[0], sample, rights);
        return plan with
        {
            Sample = sample,
            Reading = reading,
            Following = following,
            ReadBy = choice.ReadBy,
            Replication = await new ReplicationQuestions(timeProvider, settings.RateInterval)
                .AskAsync(source.Servers, cancellationToken)
                .ConfigureAwait(false),
        };
    }

    /// <summary>Whether what waits for a replica stays within bounds while the copy is under way.</summary>
    public Finding? CheckReplicaBuffer(SourcePlan plan)
    {
        if (plan.ReadBy?.StartsWith("sync", StringComparison.Ordinal) != true || plan.Replication is not { } facts)
            return null;
        if (source.First.Info.RedisVersion is not { } version || version >= Version70)
        {
            return Finding.Ok(
                CheckNames.ReplicaBuffer,
                "The snapshot alone is asked for, so that no changes wait for us at the source"
            );
        }

        var time = Estimate.Of([plan], options)?.Duration;
        if (time is null || facts.BytesPerSecond is null || facts.BufferLimit is null)
        {
            return Finding.Ok(
                CheckNames.ReplicaBuffer,
                "Cannot tell whether the changes that wait for us during the copy stay below client-output-buffer-limit"
            );
        }

        return facts.BufferLasts is { } lasts && lasts < time
            ? Finding.Warning(
                CheckNames.ReplicaBuffer,
                $"The source would cut a replica off before the copy is done: at its rate of changes client-output-buffer-limit lets them wait for {lasts.TotalSeconds:N0} s, and the copy takes up to {time.Value.TotalSeconds:N0} s",
                "Raise client-output-buffer-limit replica at the source for the time, or use --read scan."
            )
            : Finding.Ok(
                CheckNames.ReplicaBuffer,
                "The changes that wait for us during the copy stay below client-output-buffer-limit"
            );
    }

    private static bool IsStillLoading(Finding finding) =>
        finding is { Check: CheckNames.Loading, Severity: Severity.Stop };

    private async Task<KeySample> SampleAsync(CancellationToken cancellationToken)
    {
        var total = source.Servers.Sum(node => (double)(node.Info.KeysIn(node.Connection.Endpoint.Database) ?? 0));
        KeySample? all = null;
        foreach (var node in source.Servers)
        {
            var keys = node.Info.KeysIn(node.Connection.Endpoint.Database) ?? 0;
            var part = total > 0 ? keys / total : 1.0 / source.Nodes.Count;
            if (part == 0)
                continue;
            var sample = await new KeySampler(node, settings.Sample.Share(part), timeProvider)
                .RunAsync(cancellationToken)
                .ConfigureAwait(false);
            all = all?.Add(sample) ?? sample;
        }

        return all ?? new KeySample { HasMemory = true };
    }

    private async Task<(IReadOnlyList<Way> Reading, IReadOnlyList<Way> Following, SourceRights Rights)> AskWaysAsync(
        KeySample sample,
        CancellationToken cancellationToken
    )
    {
        var seen = sample.Keys.Select(key => key.Serialized?.Version).FirstOrDefault(version => version is not null);
        var (sync, scan, tracking, notify) = (new List<Way>(), new List<Way>(), new List<Way>(), new List<Way>());
        SourceRights? worst = null;
        foreach (var node in source.Servers)
        {
            var probe = new CommandProbe(node, timeProvider);
            await using var closing = probe.ConfigureAwait(false);
            var rights = await SourceRights.AskAsync(node, timeProvider, cancellationToken).ConfigureAwait(false);
            if (worst is null || rights.MissingForScan.Count > worst.MissingForScan.Count)
                worst = rights;
            sync.Add(await ReadingWays.SyncAsync(node, seen, probe, cancellationToken).ConfigureAwait(false));
            scan.Add(ReadingWays.ByScan(node, rights));
            tracking.Add(await FollowingWays.TrackingAsync(node, scan[^1], cancellationToken).ConfigureAwait(false));
            notify.Add(await FollowingWays.NotifyAsync(node, scan[^1], probe, cancellationToken).ConfigureAwait(false));
        }

        return ([Worst(sync), Worst(scan)], [Worst(sync), Worst(tracking), Worst(notify)], worst!);
    }

    // A way is as open as it is at the shard where it is most closed.
    private static Way Worst(List<Way> ways) =>
        ways.MinBy(way =>
            way.IsOpen switch
            {
                false => 0,
                null => 1,
                true => 2,
            }
        )!;

    private void CheckRights(string? readBy, Way sync, KeySample sample, SourceRights rights)
    {
        var before = _findings.Count;
        if (readBy?.EndsWith("scan", StringComparison.Ordinal) == true && sample.Forbidden > 0)
        {
            _findings.Add(
                Finding.Warning(
                    CheckNames.SourceRights,
                    $"{sample.Forbidden} of {sample.Forbidden + sample.Keys.Count} sampled keys may not be read: they would fail",
                    "Let the user read all keys: ACL SETUSER name ~*."
                )
            );
        }

        _findings.AddRange(
            SourceRightsCheck.Of(source.First, rights, readBy, SourceRightsCheck.FollowingOf(options, [sync]), options)
        );
        if (_findings.Count == before && readBy is not null)
            _findings.Add(Finding.Ok(CheckNames.SourceRights, "The user may run all that reading takes"));
    }
}
