using System.Buffers.Text;
using Godwit.Endpoints;
using Godwit.Live.Expiry;
using Godwit.Live.Positions;
using Godwit.Live.State;
using Godwit.Live.Status;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Targets.Redis.Shards;
using Godwit.Verification.Differences;

namespace Godwit.Verification;

/// <summary>A place in what the source has done so far.</summary>
/// <param name="Positions">For each of its primaries, in its history: all that it had done is before this. Null if one did not tell.</param>
/// <param name="Timestamp">When they were asked.</param>
internal readonly record struct SourceMoment(IReadOnlyList<ReplicationPosition>? Positions, long Timestamp);

/// <summary>
/// The live migration between the two sides, which another process runs: a value of the target says something only once all that
/// the source had done when its own was read is there too.
/// </summary>
internal sealed class RunningMigration : IAsyncDisposable
{
    /// <summary>For so long it is waited for, each time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(50);

    // "Caught up" may be the answer to a question that was put to the source up to two seconds before.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(3);

    private readonly string _directory;
    private readonly SourcePositions _positions;
    private readonly long _tolerance;
    private readonly IMigrationLog _log;
    private readonly TimeProvider _timeProvider;
    private bool _hasEnded;
    private bool _isTooSlow;

    private RunningMigration(
        string directory,
        bool followsStream,
        ServerEndpoint source,
        VerificationOptions options,
        IMigrationLog log,
        TimeProvider timeProvider
    )
    {
        _directory = directory;
        FollowsStream = followsStream;
        _positions = new SourcePositions(source, timeProvider);
        _tolerance = options.TtlTolerance;
        _log = log;
        _timeProvider = timeProvider;
    }

    /// <summary>Looks where such a job has its state unless its user has named another place; null if none is at work there.</summary>
    public static async Task<RunningMigration?> FindAsync(
        VerificationOptions options,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        if (options is not { Sources: [ServerEndpoint source], Target: ServerEndpoint })
            return null;

        var directory = Path.GetFullPath(JobDirectory.DefaultPath($"{source}", $"{options.Target}"));
        try
        {
            var status = await JobCalls.StatusAsync(directory, timeProvider, cancellationToken).ConfigureAwait(false);
            if (status is null)
                return null;

            log.Info(
                $"A live migration between the two is at work ({directory}): what differs counts only once all is at the target "
                    + "that the source had done by then."
            );
            var followsStream = MayFollowStream(directory) ?? true;
            return new RunningMigration(directory, followsStream, source, options, log, timeProvider);
        }
        catch (JobCallException exception)
        {
            // It may be anywhere. To call different what it may yet pass on would be a guess.
            log.Warn($"{exception.Message}. Until it does, what differs counts as moving. {exception.WhatToDo}");
            return new RunningMigration(directory, followsStream: true, source, options, log, timeProvider);
        }
    }

    /// <summary>
    /// The state directory of such a job that follows a stream, does not run, and can be resumed: it applies then what the source has done
    /// since. Null if there is none.
    /// </summary>
    public static string? FindStopped(VerificationOptions options)
    {
        if (options is not { Sources: [ServerEndpoint source], Target: ServerEndpoint })
            return null;

        var directory = Path.GetFullPath(JobDirectory.DefaultPath($"{source}", $"{options.Target}"));
        return MayFollowStream(directory) == true ? directory : null;
    }

    /// <summary>The job's state directory.</summary>
    public string Directory => _directory;

    /// <summary>
    /// It applies each change once, as it comes: what is written beside it may hold changes already that it is yet to apply. False of a
    /// job that follows by names, which writes states.
    /// </summary>
    public bool FollowsStream { get; }

    /// <summary>It was waited for in vain: what still differs says nothing.</summary>
    public bool IsTooSlow => _isTooSlow;

    /// <summary>True of a key that only the target has, because the job keeps its own record there.</summary>
    public static bool IsRecord(byte[] key, Difference difference) =>
        difference.Kind == DifferenceKind.Extra && PositionKeys.IsOne(key);

    /// <summary>
    /// True of an expiry that the job holds back, so that it does not strike before a change that renews the key: it is set to
    /// what it is meant to be before long.
    /// </summary>
    public bool HoldsBack(Difference difference) =>
        difference is { Kind: DifferenceKind.Ttl, Source: { } source, Target: { } target }
        && Utf8Parser.TryParse(source, out long ours, out _)
        && Utf8Parser.TryParse(target, out long theirs, out _)
        && Math.Abs(Meant(difference, theirs) - ours) <= _tolerance;

    /// <summary>False if it has ended, so that nobody sets what it holds back any more. One that does not answer may be at work.</summary>
    public async Task<bool> IsAtWorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await JobCalls.StatusAsync(_directory, _timeProvider, cancellationToken).ConfigureAwait(false)
                is not null;
        }
        catch (JobCallException)
        {
            return true;
        }
    }

    /// <summary>How far the source is now.</summary>
    /// <exception cref="GodwitException">It cannot be asked.</exception>
    public async Task<SourceMoment> NowAsync(CancellationToken cancellationToken)
    {
        var positions = await _positions.AskAsync(cancellationToken).ConfigureAwait(false);
        return new SourceMoment(positions, _timeProvider.GetTimestamp());
    }

    /// <summary>Waits until all that the source had done at a moment is at the target.</summary>
    /// <returns>False if that takes longer than <see cref="Patience"/>, this time or an earlier one.</returns>
    public async Task<bool> PassAsync(SourceMoment moment, CancellationToken cancellationToken)
    {
        var begin = _timeProvider.GetTimestamp();
        while (!_hasEnded && !_isTooSlow)
        {
            if (await HasPassedAsync(moment, cancellationToken).ConfigureAwait(false))
                return true;

            if (_timeProvider.GetElapsedTime(begin) > Patience)
            {
                _isTooSlow = true;
                _log.Warn(
                    $"The live migration has not passed on within {Patience.TotalSeconds:0} s what the source had done, so what "
                        + "still differs counts as moving. See how it is doing with godwit status, and verify again when it "
                        + "has caught up."
                );
            }

            await Task.Delay(AskEvery, _timeProvider, cancellationToken).ConfigureAwait(false);
        }

        return !_isTooSlow;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _positions.DisposeAsync();

    // What its state says, which is written before the target is; null where there is none yet. One that cannot be read may.
    private static bool? MayFollowStream(string directory)
    {
        try
        {
            return JobDirectory.Find(directory) is { State: { } state }
                ? state.Follow is not ("tracking" or "notify")
                : null;
        }
        catch (RefusedException)
        {
            return true;
        }
    }

    // Fields of a hash are held in a way of their own.
    private static long Meant(Difference difference, long expireAt) =>
        difference.Place is not null
            ? FieldExpiryHold.IsHeld(expireAt)
                ? FieldExpiryHold.Release(expireAt)
                : expireAt
            : ExpiryHold.IsHeld(expireAt)
                ? ExpiryHold.Release(expireAt)
                : expireAt;

    private async Task<bool> HasPassedAsync(SourceMoment moment, CancellationToken cancellationToken)
    {
        JobStatus? status;
        try
        {
            status = await JobCalls.StatusAsync(_directory, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (JobCallException)
        {
            // It may have much to do; for how long it is asked has a bound.
            return false;
        }

        if (status is null)
        {
            // Nobody passes on what is not at the target yet: it is different, and stays so.
            _hasEnded = true;
            _log.Warn(
                "The live migration has ended meanwhile. What the source has done since differs, unless the job is resumed."
            );
            return true;
        }

        var isCaughtUp = status.Changes is { CaughtUp: true };
        if (moment.Positions is { } positions && positions.All(position => OffsetOf(position) is not null))
        {
            // Of several some keys may have come from one to another with their slots: they are read anew before it is caught up.
            return positions.All(position => OffsetOf(position) >= position.Offset)
                && (positions.Count == 1 || isCaughtUp);
        }

        // Of whoever is not followed by a stream, or not any more, nothing else is told.
        return isCaughtUp && _timeProvider.GetElapsedTime(moment.Timestamp) > LongestSilence;

        long? OffsetOf(ReplicationPosition position) =>
            status.Servers?.FirstOrDefault(server => server.ReplicationId == position.History)?.Offset;
    }
}
