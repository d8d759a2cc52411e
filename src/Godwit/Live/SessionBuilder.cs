using System.Text;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Live.Changes;
using Godwit.Live.Expiry;
using Godwit.Live.Lanes;
using Godwit.Live.Positions;
using Godwit.Live.Rereading;
using Godwit.Live.Routing;
using Godwit.Live.Servers;
using Godwit.Live.State;
using Godwit.Migration;
using Godwit.Protocol.Cluster;
using LaneSettings = Godwit.Live.Lanes.LaneSettings;

namespace Godwit.Live;

/// <summary>Puts together a session: a stream for each server that is followed, with a lane to each server that is written to.</summary>
internal sealed class SessionBuilder
{
    private readonly LiveContext _context;
    private readonly IReadOnlyList<ServerLink> _links;
    private readonly ShardMap _map;
    private readonly LaneMap _lanes;
    private readonly IReadOnlyList<BufferBudget> _shares;
    private readonly List<StreamSession> _streams = [];
    private readonly List<IReadOnlyList<string>> _names = [];
    private readonly List<StreamSweeps> _sweeps = [];
    private readonly List<ExpiryRelease> _releases = [];
    private readonly ConfirmedPlaces _confirmed;
    private volatile bool _wasSentElsewhere;
    private bool _isUnsaved;

    /// <summary>Begins with no stream.</summary>
    /// <param name="context">The job's.</param>
    /// <param name="links">All that are followed, in the order in which they will be added.</param>
    /// <param name="map">Who holds what at the target: by it the records were written that the streams begin with.</param>
    public SessionBuilder(LiveContext context, IReadOnlyList<ServerLink> links, ShardMap map)
    {
        (_context, _links, _map) = (context, links, map);
        _lanes = context.Ends.Target.Topology.IsCluster ? LaneMap.Of(_map) : LaneMap.Single;
        _shares = links.Count == 1 ? [context.Budget] : context.Budget.Split(links.Count);
        _confirmed = new ConfirmedPlaces(context.Ends.Target.Topology.CanFailOver, context.TimeProvider);
    }

    private TimeProvider Clock => _context.TimeProvider;

    private bool TargetHasExpireTime => _context.Ends.Target.Info.RedisVersion is { Major: >= 7 };

    /// <summary>Adds the stream of a server.</summary>
    /// <param name="link">How far the job is with it.</param>
    /// <param name="record">What the target has of its changes.</param>
    public void Add(ServerLink link, PositionRecord record)
    {
        var server = link.Server;
        var names = _context.Records.NamesOf(server, _map);
        _names.Add(names);
        var lanes = names.Select((name, lane) => Lane(server, name, lane, record)).ToArray();
        var share = _shares[_streams.Count];
        var reader = new ChangeReader(link.Generation!, record.Applied, record.Database, share);
        var watch = new KeyRereader(server, Clock);
        var sweeps = new StreamSweeps(
            server,
            [.. names.Select((_, lane) => ConnectTo(lane))],
            _lanes,
            _context.Expiries,
            new StreamSweepOptions
            {
                Gained = link.Gained,
                Named = [.. link.Named],
                TargetIsOurs = _context.State.TargetWasEmpty,
                MissingFirst = link.MissingFirst,
                TargetHasExpireTime = TargetHasExpireTime,
                SourceDatabase = _context.Ends.SourceEndpoint.Database,
                DatabaseOf = _context.Ends.DatabaseOf,
            }
        );
        link.MissingFirst = false;
        var stream = new StreamSession(
            reader.ReadAsync(CancellationToken.None),
            link.Generation!,
            new ChangeRouter(Routing(server, record), _context.Expiries),
            [.. lanes.Select(lane => lane.Lane)],
            watch,
            sweeps,
            _context.Expiries,
            [watch, .. lanes.Select(lane => lane.Rereader), new Disposing(reader)],
            Clock
        );
        _sweeps.Add(sweeps);
        _streams.Add(stream);
        foreach (var works in stream.Works)
        {
            _releases.Add(
                new ExpiryRelease(
                    works,
                    _context.Expiries,
                    TargetHasExpireTime,
                    _context.Ends.TargetEndpoint.Database,
                    server.Slots
                )
            );
        }
    }

    /// <summary>The session, of all that was added.</summary>
    public LiveSession Build() =>
        new(
            _streams,
            _releases,
            _context.Expiries,
            new LiveSessionOptions
            {
                Until = _context.Live.Until,
                Fences = _context.Live.Fence ? [.. _links.Select(link => FenceOf(link.Server))] : [],
                Confirmed = Confirm,
                ReleaseSpools = ReleaseSpools,
                LookAtMap =
                    _context.Servers.Topology.IsCluster || _context.Ends.Target.Topology.IsCluster
                        ? LookAtMapAsync
                        : null,
            },
            Clock
        );

    /// <summary>Keeps the names of keys that servers have changed in slots that were not theirs. To be called when the session has ended.</summary>
    public void NoteForeignKeys()
    {
        for (var i = 0; i < _streams.Count; i++)
        {
            var foreign = _streams[i].Foreign;
            foreach (var link in _links)
                link.Named.UnionWith(foreign.Keys);
            if (foreign.AreTooMany && !_context.State.TargetWasEmpty)
            {
                _context.Log.Warn(
                    "So many keys were changed while their slots moved that not all are remembered: of those that the source has deleted meanwhile some may be left at the target. 'godwit verify' names them."
                );
            }
        }
    }

    private (ChangeLane Lane, KeyRereader Rereader) Lane(
        FollowedServer server,
        string name,
        int lane,
        PositionRecord record
    )
    {
        var rereader = new KeyRereader(server, Clock);
        var settings = new LaneSettings
        {
            ConnectAsync = ConnectTo(lane),
            Profile = _context.Ends.Profile,
            PositionKey = Encoding.ASCII.GetBytes(name),
            PositionDatabase = _context.Ends.TargetEndpoint.Database ?? 0,
            Job = _context.State.Job,
            DatabaseOf = _context.Ends.DatabaseOf,
            Slots = server.Slots,
            MayRefuse =
                server.Info.Product != _context.Ends.Target.Info.Product
                || server.Info.Version != _context.Ends.Target.Info.Version,
            Rereader = rereader,
            Expiries = _context.Expiries,
            Account = new Ledger(_context.DeadLetters, _context.Options.AllowLoss).Open(source: null),
            Log = _context.Log,
            TimeProvider = Clock,
        };
        if (!_lanes.IsOfCluster)
            return (new TransactionLane(settings, record), rereader);

        var writer = new ClusterKeyWriter(
            _context.Targets.OpenShards(OnExisting.Replace),
            _context.Targets.Errand(settings.Patience),
            settings,
            () => _wasSentElsewhere = true
        );
        return (new ClusterLane(settings, record, writer), rereader);
    }

    private Func<CancellationToken, Task<RedisConnection>> ConnectTo(int lane) =>
        _lanes.IsOfCluster
            ? token => _context.Targets.ConnectAsync(_map.Shards[lane].Primary, token)
            : _context.Targets.ConnectToPrimaryAsync;

    private RoutingOptions Routing(FollowedServer server, PositionRecord record)
    {
        var ends = _context.Ends;
        return new RoutingOptions
        {
            SourceDatabase = ends.SourceEndpoint.Database,
            DatabaseOf = ends.DatabaseOf,
            MayFlush = _context.State.TargetWasEmpty,
            KnownDatabases = [.. ends.Sources.SelectMany(one => one.Info.Keyspaces).Select(held => held.Database)],
            IsWhole = ends.AreWhole,
            MaySwap = ends.KeepDatabases && !_lanes.IsOfCluster,
            PassesMessages = _context.Live.PassesMessages,
            TakesFunctions = server.IsFirst,
            Slots = server.Slots,
            UncertainThrough = record.Sent,
            Lanes = _lanes,
        };
    }

    private Fence FenceOf(FollowedServer server)
    {
        var database = _context.Ends.SourceEndpoint.Database ?? 0;
        var isTagged = server.IsOfCluster || _lanes.IsOfCluster;
        var slot = server.Slots.Slots().First();
        return new Fence(
            server.ConnectAsync,
            _lanes.IsOfCluster
                ? token => _context.Targets.ConnectAsync(slot, token)
                : _context.Targets.ConnectToPrimaryAsync,
            database,
            _context.Ends.DatabaseOf(database),
            Fence.KeyOf(_context.State.Job, isTagged ? slot : null),
            _context.Log,
            Clock
        );
    }

    private void Confirm()
    {
        var state = _context.State;
        var records = JobRecords.Known(state).ToDictionary(record => record.Name, StringComparer.Ordinal);
        long applied = 0;
        for (var i = 0; i < _streams.Count; i++)
        {
            var link = _links[i];
            var names = _names[i];
            for (var lane = 0; lane < names.Count; lane++)
            {
                if (records.TryGetValue(names[lane], out var known))
                    records[names[lane]] = known with { Sequence = _streams[i].Lanes[lane].Record.Sequence };
            }

            applied += ConfirmedBy(i);
        }

        var areSettled = _sweeps.TrueForAll(sweeps => sweeps.IsDone);
        if (areSettled)
        {
            foreach (var link in _links.Where(link => link.Gained.Count > 0))
                link.Settled();
        }

        Save(
            state with
            {
                Records = [.. records.Values],
                Servers = areSettled ? _context.Servers.States : state.Servers,
                Applied = applied,
                Sequence = records.Values.Max(record => record.Sequence),
                Seen = Clock.GetUtcNow(),
            }
        );
    }

    // An older one will do: what counts for the data is at the target. The disk may be full of what waits for that.
    private void Save(JobState state)
    {
        try
        {
            _context.Directory.Save(state);
            _isUnsaved = false;
        }
        catch (FileFailureException exception)
        {
            if (!_isUnsaved)
                _context.Log.Warn($"{exception.Message}. It is tried again.");
            _isUnsaved = true;
        }
    }

    private long ConfirmedBy(int stream) => _streams[stream].Lanes.Min(lane => lane.Record.Applied);

    private void ReleaseSpools()
    {
        for (var i = 0; i < _streams.Count; i++)
        {
            var generation = _links[i].Generation!;
            if (_confirmed.Note(i, ConfirmedBy(i)) is { } safe && safe > generation.StartOffset)
                generation.Bytes.Release(safe - generation.StartOffset);
        }
    }

    private async Task<MapState> LookAtMapAsync(CancellationToken cancellationToken)
    {
        var source = _context.Servers.Topology;
        var state = source.IsCluster
            ? _context.Servers.LookAt(
                await source.RenewAsync(source.Map.Version, cancellationToken).ConfigureAwait(false)
            )
            : MapState.Same;
        var target = _context.Ends.Target.Topology;
        if (state == MapState.Changed || !target.IsCluster || !(_wasSentElsewhere || _sinceLook++ % 5 == 0))
            return state;

        var map = await target.RenewAsync(target.Map.Version, cancellationToken).ConfigureAwait(false);
        _wasSentElsewhere = false;
        return HasChanged(map) ? MapState.Changed : state;
    }

    private int _sinceLook;

    private bool HasChanged(ShardMap map)
    {
        for (var slot = 0; slot < HashSlot.Count; slot++)
        {
            if (map.OwnerOf(slot) is { } owner && map.Shards[owner].Primary != _map.Shards[_lanes.LaneOf(slot)].Primary)
                return true;
        }

        return false;
    }

    private sealed class Disposing(IDisposable disposable) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            disposable.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
