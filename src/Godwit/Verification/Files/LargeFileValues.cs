using Godwit.Batches;
using Godwit.Protocol.Rdb;
using Godwit.Verification.Differences;

namespace Godwit.Verification.Files;

/// <summary>Values of two files that are too large to be held: only what stands for them is kept.</summary>
/// <param name="options">What is compared.</param>
/// <param name="now">Fields whose time is over by then are left out, in Unix milliseconds.</param>
internal sealed class LargeFileValues(VerificationOptions options, long now) : IDisposable
{
    private readonly ContentDigest _digest = new(now);
    private readonly ValueDecoder _decoder = new();

    /// <summary>Compares one with what was kept of the target's. Where it differs within is not known.</summary>
    /// <param name="batch">Holds it.</param>
    /// <param name="entry">Which.</param>
    /// <param name="theirs">The target's, one of which is too large.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Difference?> CompareAsync(
        EntryBatch batch,
        Entry entry,
        HeldKey theirs,
        CancellationToken cancellationToken
    )
    {
        var type = entry.Type.Describe();
        if (options.Mode != VerifyMode.Existence && type != theirs.Type.Describe())
        {
            return Difference.OfTypes(type, theirs.Type.Describe());
        }

        if (options.Mode is VerifyMode.Full or VerifyMode.Type)
        {
            var ours = batch.Large is { } large
                ? await SummaryAsync(large, entry.Type, batch.Version, cancellationToken).ConfigureAwait(false)
                : Summary(entry.Type, batch.Version, batch.Value(entry));
            var other = theirs.Summary ?? Summary(theirs.Type, theirs.Version, theirs.Value);
            if (options.Mode == VerifyMode.Full && ours.Digest != other.Digest)
                return new Difference(DifferenceKind.Value, type) { What = "value" };
            if (options.Mode == VerifyMode.Full && ours.Expiries != other.Expiries)
                return new Difference(DifferenceKind.Ttl, type) { What = "expiry of a field" };
            if (options.Mode == VerifyMode.Type && ours.Length != other.Length)
            {
                return Difference.OfNumbers(type, new Place(PlaceKind.Length), "length", ours.Length, other.Length);
            }
        }

        var bothExpire = entry.ExpireAt != Entry.None && theirs.ExpireAt != Entry.None;
        var isSame =
            entry.ExpireAt == theirs.ExpireAt
            || (bothExpire && Math.Abs(entry.ExpireAt - theirs.ExpireAt) <= options.TtlTolerance);
        return isSame || options.Mode is VerifyMode.Existence or VerifyMode.Type
            ? null
            : Difference.OfExpiry(type, entry.ExpireAt, theirs.ExpireAt);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _digest.Dispose();
        _decoder.Dispose();
    }

    private ContentSummary Summary(RdbType type, RdbVersion version, ReadOnlySpan<byte> value)
    {
        _decoder.Decode(type, version, value, _digest);
        return _digest.Take();
    }

    /// <summary>What stands for one.</summary>
    public async Task<ContentSummary> SummaryAsync(
        LargeValue large,
        RdbType type,
        RdbVersion version,
        CancellationToken cancellationToken
    )
    {
        await large
            .DecodeAsync(type, version, _digest, () => ValueTask.FromResult(true), cancellationToken)
            .ConfigureAwait(false);
        return _digest.Take();
    }
}
