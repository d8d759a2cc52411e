using System.Collections.Concurrent;
using Godwit.IntegrationTests.Servers;

[assembly: AssemblyFixture(typeof(Godwit.IntegrationTests.Running.Fleet))]

namespace Godwit.IntegrationTests.Running;

/// <summary>
/// The servers that tests share, each lent to one test at a time: a source of every version, filled once with the data
/// set; targets of every version, emptied before each loan.
/// </summary>
public sealed class Fleet : IAsyncDisposable
{
    private readonly ConcurrentDictionary<ServerVersion, SourceSlot> _sources = new();
    private readonly ConcurrentDictionary<ServerVersion, ConcurrentBag<TargetServer>> _idleTargets = new();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var slot in _sources.Values)
            await slot.DisposeAsync();
        foreach (var target in _idleTargets.Values.SelectMany(targets => targets))
            await target.DisposeAsync();
    }

    /// <summary>The filled source, for the caller alone until it gives the loan back.</summary>
    internal Task<Loan<SourceServer>> BorrowSourceAsync(ServerVersion version) =>
        _sources.GetOrAdd(version, _ => new(version)).BorrowAsync();

    /// <summary>An empty target, for the caller alone until it gives the loan back.</summary>
    internal async Task<Loan<TargetServer>> BorrowTargetAsync(ServerVersion version)
    {
        var idle = _idleTargets.GetOrAdd(version, _ => []);
        if (!idle.TryTake(out var target))
            target = await TargetServer.StartAsync(version);
        target.Empty();
        return new(target, () => idle.Add(target));
    }

    private sealed class SourceSlot(ServerVersion version) : IAsyncDisposable
    {
        private readonly SemaphoreSlim _turn = new(1);
        private SourceServer? _server;

        public async Task<Loan<SourceServer>> BorrowAsync()
        {
            await _turn.WaitAsync(TestContext.Current.CancellationToken);
            try
            {
                _server ??= await SourceServer.StartAsync(version);
                return new(_server, () => _turn.Release());
            }
            catch
            {
                _turn.Release();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null)
                await _server.DisposeAsync();
            _turn.Dispose();
        }
    }
}
