using Godwit.Dynomite;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Sources.Scan;
using Godwit.Verification.Keyspaces.Shards;

namespace Godwit.Verification.Keyspaces;

/// <summary>Opens the servers of one side, whatever they are: one, a cluster, what Sentinels name, a Dynomite rack, or several of these.</summary>
internal sealed class KeyspaceOpener(
    VerificationOptions options,
    int round,
    IMigrationLog log,
    TimeProvider timeProvider
)
{
    /// <summary>Opens a side. Nothing is written.</summary>
    /// <param name="endpoints">All that belong to it: of a target one.</param>
    /// <param name="isTarget">It is what is compared with the other side.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="GodwitException">One cannot be reached, or not be read.</exception>
    public async Task<KeyspaceView> OpenAsync(
        IReadOnlyList<Endpoint> endpoints,
        bool isTarget,
        CancellationToken cancellationToken
    )
    {
        var views = new List<KeyspaceView>();
        try
        {
            foreach (var endpoint in endpoints.OfType<ServerEndpoint>())
                views.Add(await OpenAsync(endpoint, isTarget, cancellationToken).ConfigureAwait(false));
            if (endpoints.OfType<DynomiteEndpoint>().ToArray() is { Length: > 0 } dynomite)
                await OpenAsync(dynomite, views, cancellationToken).ConfigureAwait(false);
            return views.Count == 1 ? views[0] : new MergedView(views);
        }
        catch
        {
            foreach (var view in views)
                await view.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<KeyspaceView> OpenAsync(
        ServerEndpoint endpoint,
        bool isTarget,
        CancellationToken cancellationToken
    )
    {
        var end = await LiveEnd.ConnectAsync(endpoint, timeProvider, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!end.Topology.CanFailOver)
            {
                var server = await OpenAsync(end.Connection.Endpoint, isShard: false, log, cancellationToken)
                    .ConfigureAwait(false);
                await end.DisposeAsync().ConfigureAwait(false);
                return server;
            }

            var rights = await ScanRights.AskAsync(end.Connection, cancellationToken).ConfigureAwait(false);
            await end.Connection.DisposeAsync().ConfigureAwait(false);
            return new ShardedView(
                new ShardAccess(
                    end.Topology,
                    (node, token) => OpenAsync(node, end.Topology.IsCluster, log, token),
                    timeProvider
                ),
                end.Info,
                new ShardedViewSettings(
                    options.Mode,
                    rights.HasExpireTime,
                    options.Mode == VerifyMode.Full && rights.HasExpireTime && rights.HasGetRange,
                    isTarget,
                    round,
                    log,
                    timeProvider
                )
            );
        }
        catch
        {
            await end.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task OpenAsync(
        DynomiteEndpoint[] endpoints,
        List<KeyspaceView> views,
        CancellationToken cancellationToken
    )
    {
        var choice = new MigrationOptions
        {
            Sources = options.Sources,
            Target = options.Target,
            DynomiteDatacenter = options.DynomiteDatacenter,
            DynomiteRack = options.DynomiteRack,
        };
        var opened = new List<LiveEnd>();
        try
        {
            var rack = await DynomiteSources
                .OpenAsync(endpoints, choice, ConnectAsync, log, cancellationToken)
                .ConfigureAwait(false);
            foreach (var node in rack.Servers)
            {
                var view = await OpenAsync(node.Server.Connection.Endpoint, isShard: false, log, cancellationToken)
                    .ConfigureAwait(false);
                view.IsHidden = key => DynomiteMetadata.IsKey(key);
                views.Add(view);
            }
        }
        finally
        {
            foreach (var end in opened)
                await end.DisposeAsync().ConfigureAwait(false);
        }

        async Task<LiveEnd> ConnectAsync(RedisEndpoint node, CancellationToken token)
        {
            var end = await LiveEnd.ConnectAsync(node, timeProvider, token).ConfigureAwait(false);
            opened.Add(end);
            return end;
        }
    }

    private Task<ServerView> OpenAsync(
        RedisEndpoint node,
        bool isShard,
        IMigrationLog told,
        CancellationToken cancellationToken
    ) => ServerView.OpenAsync(node, isShard, options.Mode, round, told, timeProvider, cancellationToken);
}
