using System.Text;
using Godwit.Connections;
using Godwit.Live;
using Godwit.Migration.Checks;
using Godwit.Migration.Rights;
using Godwit.Protocol;
using Godwit.Targets.Redis;

namespace Godwit.Migration;

/// <summary>
/// Asks every server of both ends whether its user may run what the run will send there, before the first write: what is
/// refused is named, with the rule that grants it.
/// </summary>
internal sealed class RightsPreflight(MigrationOptions options, Preflight preflight, TimeProvider timeProvider)
{
    private byte[]? _sample;

    private SourceReading _reading;

    /// <summary>Asks the sources.</summary>
    /// <exception cref="RefusedException">Something is missing that cannot be done without.</exception>
    /// <exception cref="ConnectionException">A connection was lost.</exception>
    public async Task CheckSourcesAsync(SourceEnds sources, CancellationToken cancellationToken)
    {
        var asked = new List<(LiveEnd Source, SourceRights Rights, Way Sync)>();
        foreach (var source in sources.Live)
        {
            var rights = await SourceRights.AskAsync(source, timeProvider, cancellationToken).ConfigureAwait(false);
            asked.Add((source, rights, await SyncAsync(source, cancellationToken).ConfigureAwait(false)));
        }

        var following = SourceRightsCheck.FollowingOf(options, asked.Select(one => one.Sync));
        var scans = false;
        foreach (var (source, rights, sync) in asked)
        {
            var scan = ReadingWays.ByScan(source, rights);
            var readBy = following switch
            {
                Following.Names => scan.Name,
                // The job says itself why it cannot be a replica, and may go another way then.
                Following.Stream => sync.Name,
                _ => ReadBy(source, sync, scan),
            };
            preflight.Heed(SourceRightsCheck.Of(source, rights, readBy, following, options));
            scans |= readBy?.EndsWith("scan", StringComparison.Ordinal) == true;
            if (options.Live is { Fence: true })
                await CheckFenceAsync(source, cancellationToken).ConfigureAwait(false);
            _sample ??= rights.SomeName;
        }

        _reading = new SourceReading(following, scans);
    }

    /// <summary>Asks each server of the target that takes writes.</summary>
    /// <exception cref="RefusedException">Something is missing that cannot be done without.</exception>
    /// <exception cref="ConnectionException">A connection was lost.</exception>
    public async Task CheckTargetAsync(LiveEnd target, SourceEnds sources, CancellationToken cancellationToken)
    {
        var needs = TargetNeeds.Of(target, sources, _reading, options);
        var key = UnusedName(_sample, target);
        foreach (var shard in target.Topology.CanFailOver ? target.Topology.Map.Shards : [])
        {
            var connection = await RedisConnection
                .ConnectAsync(shard.Primary, new ConnectionOptions(), timeProvider, cancellationToken)
                .ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            await CheckAsync(target with { Connection = connection }, key, needs, cancellationToken)
                .ConfigureAwait(false);
        }

        if (!target.Topology.CanFailOver)
            await CheckAsync(target, key, needs, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A name that nobody has, but that lies within the key patterns of a user who may write the source's keys.</summary>
    /// <param name="sample">The name of a key of the source; null where none is known.</param>
    /// <param name="target">The target.</param>
    public static byte[] UnusedName(byte[]? sample, LiveEnd target) =>
        sample is null
            ? Encoding.ASCII.GetBytes(RestoreProbe.NewKey())
            : new GuardNames(target.Topology.IsCluster).Of(sample);

    private async Task CheckAsync(LiveEnd node, byte[] key, TargetNeeds needs, CancellationToken cancellationToken)
    {
        var rights = await TargetRights
            .AskAsync(node, key, needs, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        preflight.Heed(TargetRightsCheck.Of(node, rights, needs, options).Findings);
    }

    // The one thing that is ever written to a source. Asked about, not written here.
    private async Task CheckFenceAsync(LiveEnd source, CancellationToken cancellationToken)
    {
        var probe = new CommandProbe(source, timeProvider);
        await using var closing = probe.ConfigureAwait(false);
        NeededCommand[] commands =
        [
            new("the marker of --fence", false, "DEL", "godwit:probe"),
            new("the marker of --fence", false, "SET", "godwit:probe", "x"),
        ];
        var answers = await probe
            .AskAllAsync([.. commands.Select(command => command.Words)], cancellationToken)
            .ConfigureAwait(false);
        var refused = commands.Zip(answers).Where(asked => asked.Second.Permission == Permission.Refused).ToArray();
        var findings = new List<Finding>();
        TargetRightsCheck.Tell(source.Connection, CheckNames.SourceRights, refused, findings);
        preflight.Heed(findings);
    }

    private string? ReadBy(LiveEnd source, Way sync, Way scan)
    {
        var choice = ReadingCheck.Of(source.Connection.Endpoint.ToString(), sync, scan, options);
        preflight.Heed([choice.Finding]);
        return choice.ReadBy;
    }

    private async Task<Way> SyncAsync(LiveEnd source, CancellationToken cancellationToken)
    {
        // Nobody will ask to be a replica.
        if (options is { Read: ReadMode.Scan, Live: null } or { Live.Follow: FollowMode.Tracking or FollowMode.Notify })
            return new Way("sync", null, "it is not asked for");

        var probe = new CommandProbe(source, timeProvider);
        await using var closing = probe.ConfigureAwait(false);
        try
        {
            return await ReadingWays.SyncAsync(source, seen: null, probe, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException exception) when (exception is ConnectionException or ProtocolException)
        {
            // A server that will have none of the question is asked by the handshake itself, before the first write as well.
            return new Way("sync", null, exception.Message);
        }
    }
}
