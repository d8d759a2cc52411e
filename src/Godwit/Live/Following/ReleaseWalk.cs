using System.Threading.Channels;
using Godwit.Endpoints;
using Godwit.Live.Expiry;
using Godwit.Live.Lanes;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Following;

/// <summary>
/// Gives keys the expiries that were held back: at one of the target's servers after the other, in steps between the rounds of keys.
/// For one task, which takes the steps.
/// </summary>
/// <param name="ends">Both ends.</param>
/// <param name="copier">Takes the steps at the target.</param>
/// <param name="watch">Tells when servers of the target have changed meanwhile.</param>
internal sealed class ReleaseWalk(FollowingEnds ends, KeyCopier copier, TargetWatch watch)
{
    private readonly Channel<LaneWork> _steps = Channel.CreateBounded<LaneWork>(1);
    private RedisEndpoint? _server;
    private int _releasedMoves;

    /// <summary>The walk that goes on, or the last one.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>A step is to be taken.</summary>
    public bool HasStep => _steps.Reader.TryPeek(out _);

    /// <summary>Waits for the next step.</summary>
    public Task StepAsync(CancellationToken cancellationToken) =>
        _steps.Reader.WaitToReadAsync(cancellationToken).AsTask();

    /// <summary>Takes a step, if there is one to be taken.</summary>
    /// <exception cref="Protocol.GodwitException">The target refuses, or stays away.</exception>
    public async Task TryStepAsync(CancellationToken cancellationToken)
    {
        if (_steps.Reader.TryRead(out var step))
            await copier.RunAsync((LaneErrand)step, _server!, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The target has all: sets what is held, if there may be any. Those that expire soon stay held.</summary>
    public void BeginIfDue(CancellationToken cancellationToken)
    {
        if (!Running.IsCompleted || !(ends.Expiries.HoldsAll || _releasedMoves != watch.Moves))
            return;

        ends.Expiries.HoldsAll = false;
        _releasedMoves = watch.Moves;
        Running = WalkAsync(all: false, cancellationToken);
    }

    /// <summary>Sets all, and takes the steps for that. No more changes come.</summary>
    /// <exception cref="Protocol.GodwitException">The target refuses, or stays away.</exception>
    public async Task AllAsync()
    {
        // One that does not answer is waited for by the next walk: it may have been started anew.
        int moves;
        do
        {
            moves = watch.Moves;
            await AllOnceAsync().ConfigureAwait(false);
        } while (!await watch.LookNowAsync(CancellationToken.None).ConfigureAwait(false) || moves != watch.Moves);
    }

    private async Task AllOnceAsync()
    {
        while (_steps.Reader.TryRead(out var old))
            ((LaneErrand)old).Fail(new OperationCanceledException());
        using var broken = new CancellationTokenSource();
        var walking = WalkAsync(all: true, broken.Token);
        try
        {
            while (!walking.IsCompleted)
            {
                await Task.WhenAny(walking, StepAsync(broken.Token)).ConfigureAwait(false);
                await TryStepAsync(broken.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await broken.CancelAsync().ConfigureAwait(false);
        }

        await walking.ConfigureAwait(false);
    }

    private async Task WalkAsync(bool all, CancellationToken cancellationToken)
    {
        foreach (var shard in ends.Ends.Target.Topology.Map.Shards)
        {
            _server = shard.Primary;
            var release = new ExpiryRelease(
                _steps.Writer,
                ends.Expiries,
                ends.Ends.Target.Info.RedisVersion is { Major: >= 7 },
                ends.Ends.TargetEndpoint.Database,
                SlotSet.All
            );
            try
            {
                await release.RunAsync(all, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Another has taken its place. That is seen, and all is walked over again.
            }
        }
    }
}
