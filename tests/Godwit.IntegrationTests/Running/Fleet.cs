using System.Collections.Concurrent;
using Godwit.IntegrationTests.Servers;

[assembly: AssemblyFixture(typeof(Godwit.IntegrationTests.Running.Fleet))]

namespace Godwit.IntegrationTests.Running;

/// <summary>
/// The servers that tests share, each lent to one test at a time: sources of every version, filled once with the data set,
/// and targets, emptied before each loan, as many as are needed at once; and clusters, of which there is one source a version.
/// </summary>
public sealed class Fleet : IAsyncDisposable
{
    /// <summary>Long enough that no load of the machine makes a shared cluster change its primaries.</summary>
    internal static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ServerVersion, SourceSlot<SourceCluster>> _sourceClusters = new();
    private readonly ConcurrentDictionary<ServerVersion, ConcurrentBag<SourceServer>> _idleSources = new();
    private readonly ConcurrentDictionary<ServerVersion, ConcurrentBag<TargetServer>> _idleTargets = new();
    private readonly ConcurrentDictionary<ServerVersion, ConcurrentBag<TargetCluster>> _idleTargetClusters = new();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        IEnumerable<IAsyncDisposable> all =
        [
            .. _sourceClusters.Values,
            .. _idleSources.Values.SelectMany(sources => sources),
            .. _idleTargets.Values.SelectMany(targets => targets),
            .. _idleTargetClusters.Values.SelectMany(targets => targets),
        ];
        foreach (var one in all)
            await one.DisposeAsync();
    }

    /// <summary>A filled source, for the caller alone until it gives the loan back.</summary>
    internal async Task<Loan<SourceServer>> BorrowSourceAsync(ServerVersion version)
    {
        var idle = _idleSources.GetOrAdd(version, _ => []);
        if (!idle.TryTake(out var source))
            source = await SourceServer.StartAsync(version);
        return new(source, () => idle.Add(source));
    }

    /// <inheritdoc cref="BorrowSourceAsync"/>
    internal Task<Loan<SourceCluster>> BorrowSourceClusterAsync(ServerVersion version) =>
        _sourceClusters.GetOrAdd(version, _ => new(() => SourceCluster.StartAsync(version))).BorrowAsync();

    /// <summary>An empty target, for the caller alone until it gives the loan back.</summary>
    internal async Task<Loan<TargetServer>> BorrowTargetAsync(ServerVersion version)
    {
        var idle = _idleTargets.GetOrAdd(version, _ => []);
        if (!idle.TryTake(out var target))
            target = await TargetServer.StartAsync(version);
        target.Empty();
        return new(target, () => idle.Add(target));
    }

    /// <inheritdoc cref="BorrowTargetAsync"/>
    internal async Task<Loan<TargetCluster>> BorrowTargetClusterAsync(ServerVersion version)
    {
        var idle = _idleTargetClusters.GetOrAdd(version, _ => []);
        if (!idle.TryTake(out var target))
            target = await TargetCluster.StartAsync(version);
        target.Empty();
        return new(target, () => idle.Add(target));
    }

    private sealed class SourceSlot<T>(Func<Task<T>> startAsync) : IAsyncDisposable
        where T : class, IAsyncDisposable
    {
        private readonly SemaphoreSlim _turn = new(1);
        private T? _source;

        public async Task<Loan<T>> BorrowAsync()
        {
            await _turn.WaitAsync(TestContext.Current.CancellationToken);
            try
            {
                _source ??= await startAsync();
                return new(_source, () => _turn.Release());
            }
            catch
            {
                _turn.Release();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_source is not null)
                await _source.DisposeAsync();
            _turn.Dispose();
        }
    }
}
