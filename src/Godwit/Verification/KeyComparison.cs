using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Migration.Throttle;
using Godwit.Verification.Content;
using Godwit.Verification.Differences;
using Godwit.Verification.Keyspaces;
using Godwit.Verification.Large;

namespace Godwit.Verification;

/// <summary>
/// Compares named keys of both sides. While one group is compared the next one is on its way, and the one after that is
/// being measured.
/// </summary>
internal sealed class KeyComparison : IDisposable
{
    private readonly KeyspaceView _source;
    private readonly KeyspaceView _target;
    private readonly long _tolerance;
    private readonly SourcePace _pace;
    private readonly GroupSizes _sizes;
    private readonly ValueComparison _values;
    private readonly SourceMeter _meter;
    private readonly LargeComparison _large;
    private readonly StringGuess _guess;
    private readonly KeyReadings _sourceReadings = new();
    private readonly KeyReadings _targetReadings = new();

    /// <summary>Compares two sides.</summary>
    public KeyComparison(
        KeyspaceView source,
        KeyspaceView target,
        VerificationOptions options,
        SourcePace pace,
        TimeProvider timeProvider
    )
    {
        _source = source;
        _target = target;
        _tolerance = options.TtlTolerance;
        _pace = pace;
        _guess = new StringGuess(source.GivesStrings && target.GivesStrings);
        _sizes = new GroupSizes(source, target, options, pace);
        _values = new ValueComparison(options.Mode, options.TtlTolerance, timeProvider);
        _meter = new SourceMeter(source, pace);
        _large = new LargeComparison(source, target, options.TtlTolerance, _meter);
    }

    /// <summary>Compares keys of one database.</summary>
    /// <param name="databases">Which.</param>
    /// <param name="names">The keys.</param>
    /// <param name="verdicts">Is told of each.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(
        DatabasePair databases,
        IAsyncEnumerable<byte[][]> names,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        await RunOnceAsync(databases, names, verdicts, cancellationToken).ConfigureAwait(false);

        // Of the last groups it was found out when no more names came.
        while (_guess.HasWrong)
            await RunOnceAsync(databases, NoNames, verdicts, cancellationToken).ConfigureAwait(false);
    }

    private async Task RunOnceAsync(
        DatabasePair databases,
        IAsyncEnumerable<byte[][]> names,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var groups = Channel.CreateBounded<KeyGroup>(
            new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true }
        );
        var gathering = GatherAsync(databases, names, groups.Writer, both.Token);
        try
        {
            await CompareAsync(databases, groups.Reader, verdicts, both.Token).ConfigureAwait(false);
        }
        catch
        {
            // Nobody takes what is still gathered, and what went wrong here is what is told.
            await both.CancelAsync().ConfigureAwait(false);
            await gathering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await gathering.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _values.Dispose();

    private async Task GatherAsync(
        DatabasePair databases,
        IAsyncEnumerable<byte[][]> names,
        ChannelWriter<KeyGroup> groups,
        CancellationToken cancellationToken
    )
    {
        Exception? failure = null;
        try
        {
            var measured = _sizes.GroupAsync(databases, names, _guess, cancellationToken);
            await foreach (var group in measured.ConfigureAwait(false))
                await groups.WriteAsync(group, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            groups.TryComplete(failure);
        }
    }

    private async Task CompareAsync(
        DatabasePair databases,
        ChannelReader<KeyGroup> groups,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        KeyGroup? asked = null;
        await foreach (var group in groups.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (group.Small.Length > 0)
            {
                if (_pace.Keys is { } keys)
                    await keys.TakeAsync(group.Small.Length, cancellationToken).ConfigureAwait(false);
                await AskAsync(_source, databases.Source, group, cancellationToken).ConfigureAwait(false);
                await AskAsync(_target, databases.Target, group, cancellationToken).ConfigureAwait(false);
            }

            if (asked is not null)
                await SettleAsync(databases, asked, verdicts, cancellationToken).ConfigureAwait(false);
            asked = group;
        }

        if (asked is not null)
            await SettleAsync(databases, asked, verdicts, cancellationToken).ConfigureAwait(false);
    }

    private async Task SettleAsync(
        DatabasePair databases,
        KeyGroup group,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        if (group.Small.Length > 0)
        {
            await _source.ReadAsync(_sourceReadings, cancellationToken).ConfigureAwait(false);
            await _target.ReadAsync(_targetReadings, cancellationToken).ConfigureAwait(false);
            await _meter.KeepAsync(cancellationToken).ConfigureAwait(false);
            if (group.AreStrings)
                CompareStrings(group.Small, verdicts);
            else
                await CompareAsync(databases, group.Small, verdicts, cancellationToken).ConfigureAwait(false);
        }

        foreach (var key in group.Large)
        {
            var (verdict, difference) = await _large
                .CompareAsync(databases, key, cancellationToken)
                .ConfigureAwait(false);
            if (verdict == Verdict.Gone)
                verdicts.Gone(key);
            else
                Tell(databases, key, difference, verdicts);
        }
    }

    private async Task CompareAsync(
        DatabasePair databases,
        byte[][] keys,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        foreach (var (index, type) in Compare(databases, keys, verdicts))
        {
            var difference = await CompareExpiriesAsync(databases, keys[index], type, cancellationToken)
                .ConfigureAwait(false);
            Tell(databases, keys[index], difference, verdicts);
        }
    }

    private static ValueTask AskAsync(
        KeyspaceView view,
        int database,
        KeyGroup group,
        CancellationToken cancellationToken
    ) =>
        group.AreStrings
            ? view.AskStringsAsync(database, group.Small, cancellationToken)
            : view.AskAsync(database, group.Small, cancellationToken);

    // What is not plainly equal is asked for once more, like any other key.
    private void CompareStrings(byte[][] keys, IVerdicts verdicts)
    {
        var others = new List<byte[]>();
        for (var i = 0; i < keys.Length; i++)
        {
            var ours = _sourceReadings[i];
            var theirs = _targetReadings[i];
            _guess.LearnOfGuess(ours);
            if (
                ours.Presence == KeyPresence.Present
                && theirs.Presence == KeyPresence.Present
                && ours.Value.SequenceEqual(theirs.Value)
                && AreNear(ours.ExpireAt, theirs.ExpireAt)
            )
                verdicts.Equal(keys[i]);
            else
                others.Add(keys[i]);
        }

        if (others.Count > 0)
            _guess.GiveWrong([.. others]);
    }

    // Gives those whose expiries are to be asked again, exactly.
    private List<(int Index, string? Type)> Compare(DatabasePair databases, byte[][] keys, IVerdicts verdicts)
    {
        var unclear = new List<(int, string?)>();
        for (var i = 0; i < keys.Length; i++)
        {
            var ours = _sourceReadings[i];
            var theirs = _targetReadings[i];
            _guess.Learn(ours);
            switch (_values.Compare(ours, theirs, out var difference))
            {
                case Verdict.Gone:
                    verdicts.Gone(keys[i]);
                    break;
                case Verdict.Different
                    when difference is { Kind: DifferenceKind.Ttl, Place: null }
                        && ours.ExpiryError + theirs.ExpiryError > 0:
                    unclear.Add((i, difference.Type));
                    break;
                default:
                    Tell(databases, keys[i], difference, verdicts);
                    break;
            }
        }

        return unclear;
    }

    private async ValueTask<Difference?> CompareExpiriesAsync(
        DatabasePair databases,
        byte[] key,
        string? type,
        CancellationToken cancellationToken
    )
    {
        var ours = await _source.ExpiryAsync(databases.Source, key, cancellationToken).ConfigureAwait(false);
        var theirs = await _target.ExpiryAsync(databases.Target, key, cancellationToken).ConfigureAwait(false);
        return AreNear(ours, theirs) ? null : Difference.OfExpiry(type, ours, theirs);
    }

    private bool AreNear(long ours, long theirs) =>
        ours == theirs || (ours != Entry.None && theirs != Entry.None && Math.Abs(ours - theirs) <= _tolerance);

    private static IAsyncEnumerable<byte[][]> NoNames => AsyncEnumerable.Empty<byte[][]>();

    private static void Tell(DatabasePair databases, byte[] key, Difference? difference, IVerdicts verdicts)
    {
        if (difference is null)
            verdicts.Equal(key);
        else
            verdicts.Different(databases, key, difference);
    }
}
