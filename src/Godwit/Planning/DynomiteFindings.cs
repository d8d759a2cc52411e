using Godwit.Connections;
using Godwit.Dynomite;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Protocol;

namespace Godwit.Planning;

/// <summary>Finds the servers behind a Dynomite cluster, and tells which rack they belong to.</summary>
internal sealed class DynomiteFindings(TimeProvider timeProvider) : IMigrationLog, IAsyncDisposable
{
    private readonly List<Finding> _findings = [];
    private readonly List<RedisConnection> _opened = [];

    /// <summary>What was found.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>The servers of the rack that would be read; none where no rack can be.</summary>
    public async Task<IReadOnlyList<RedisEndpoint>> FindAsync(
        IReadOnlyList<DynomiteEndpoint> endpoints,
        MigrationOptions options,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var sources = await DynomiteSources
                .OpenAsync(endpoints, options, ConnectAsync, this, cancellationToken)
                .ConfigureAwait(false);
            return [.. sources.Servers.Select(server => server.Server.Connection.Endpoint)];
        }
        catch (GodwitException exception)
        {
            _findings.Add(PlanJob.Failure(CheckNames.Topology, exception));
            return [];
        }
    }

    /// <inheritdoc/>
    public void Info(string message) => _findings.Add(Finding.Ok(CheckNames.Topology, message.TrimEnd('.')));

    /// <inheritdoc/>
    public void Warn(string message) => _findings.Add(Finding.Warning(CheckNames.Topology, message.TrimEnd('.')));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _opened)
            await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<LiveEnd> ConnectAsync(RedisEndpoint endpoint, CancellationToken cancellationToken)
    {
        var end = await LiveEnd.ConnectAsync(endpoint, timeProvider, cancellationToken).ConfigureAwait(false);
        _opened.Add(end.Connection);
        return end;
    }
}
