using Godwit.Batches;
using Godwit.Connections;
using Godwit.Verification.Differences;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification.Large;

/// <summary>
/// Compares keys that are too large to be read as a whole, in windows of about a mebibyte, by their types' own commands. What is
/// read at different moments of a key that changes meanwhile may differ; another round then tells. Where a server is lost that another one
/// takes the place of, the key is compared anew, from its beginning.
/// </summary>
internal sealed class LargeComparison(KeyspaceView source, KeyspaceView target, long tolerance, SourceMeter meter)
{
    private readonly SequenceComparison _sequences = new(meter);
    private readonly MemberComparison _members = new(tolerance, meter);
    private readonly StreamComparison _streams = new(tolerance, meter);

    /// <summary>Compares one key.</summary>
    public async Task<(Verdict Verdict, Difference? Difference)> CompareAsync(
        DatabasePair databases,
        byte[] key,
        CancellationToken cancellationToken
    )
    {
        for (var losses = 0; ; losses++)
        {
            LargeKey? ours = null;
            LargeKey? theirs = null;
            try
            {
                ours = await FindAsync(source, databases.Source).ConfigureAwait(false);
                theirs = await FindAsync(target, databases.Target).ConfigureAwait(false);
                return await CompareAsync(ours, theirs, cancellationToken).ConfigureAwait(false);
            }
            catch (ServerErrorException exception) when (exception.Code is "NOPERM")
            {
                return Different(Difference.CannotTell(type: null, exception.Message));
            }
            catch (ConnectionException exception) when (losses < LargeKey.MostLosses)
            {
                if (
                    !await TryLoseAsync(ours, exception).ConfigureAwait(false)
                    && !await TryLoseAsync(theirs, exception).ConfigureAwait(false)
                )
                    throw;
            }
        }

        Task<LargeKey> FindAsync(KeyspaceView view, int database) =>
            LargeKey.FindAsync(view, database, key, mayGoOnElsewhere: false, cancellationToken);

        ValueTask<bool> TryLoseAsync(LargeKey? lost, ConnectionException loss) =>
            lost?.TryLoseAsync(loss, cancellationToken) ?? ValueTask.FromResult(false);
    }

    private async Task<(Verdict Verdict, Difference? Difference)> CompareAsync(
        LargeKey ours,
        LargeKey theirs,
        CancellationToken cancellationToken
    )
    {
        string? type = null;
        try
        {
            type = await TypeAsync(ours, cancellationToken).ConfigureAwait(false);
            var other = await TypeAsync(theirs, cancellationToken).ConfigureAwait(false);
            if (type is null || other is null)
                return OfPresence(type, other);
            if (type != other)
            {
                return Different(
                    new Difference(DifferenceKind.Type, type) { What = $"{type} at the source, {other} at the target" }
                );
            }

            var found =
                await FindInValueAsync(ours, theirs, type, cancellationToken).ConfigureAwait(false)
                ?? await FindInExpiryAsync(ours, theirs, type, cancellationToken).ConfigureAwait(false);
            return found is null ? (Verdict.Equal, null) : Different(found);
        }
        catch (ServerErrorException exception) when (exception.Code is "NOPERM")
        {
            return Different(Difference.CannotTell(type, exception.Message));
        }
        catch (ServerErrorException exception)
            when (exception.Code is "WRONGTYPE" or "NOGROUP" || exception.SendsElsewhere)
        {
            return Different(
                new Difference(DifferenceKind.Moving, type) { What = "it became another while it was compared" }
            );
        }
    }

    private static (Verdict Verdict, Difference? Difference) OfPresence(string? type, string? other)
    {
        if (type is null && other is null)
            return (Verdict.Gone, null);
        return Different(
            type is null ? new Difference(DifferenceKind.Extra, other) : new Difference(DifferenceKind.Missing, type)
        );
    }

    private static (Verdict Verdict, Difference? Difference) Different(Difference difference) =>
        (Verdict.Different, difference);

    private Task<Difference?> FindInValueAsync(
        LargeKey ours,
        LargeKey theirs,
        string type,
        CancellationToken cancellationToken
    ) =>
        type switch
        {
            "string" => _sequences.CompareStringsAsync(ours, theirs, cancellationToken),
            "list" => _sequences.CompareListsAsync(ours, theirs, cancellationToken),
            "set" or "zset" or "hash" => _members.CompareAsync(ours, theirs, type, cancellationToken),
            "stream" => _streams.CompareAsync(ours, theirs, cancellationToken),
            _ => Task.FromResult<Difference?>(
                Difference.CannotTell(type, "a value of this size and of a module's type cannot be compared in pieces")
            ),
        };

    private async Task<Difference?> FindInExpiryAsync(
        LargeKey ours,
        LargeKey theirs,
        string type,
        CancellationToken cancellationToken
    )
    {
        var left = await ours.View.ExpiryAsync(ours.Database, ours.Key, cancellationToken).ConfigureAwait(false);
        var right = await theirs.View.ExpiryAsync(theirs.Database, theirs.Key, cancellationToken).ConfigureAwait(false);
        var bothExpire = left != Entry.None && right != Entry.None;
        return left == right || (bothExpire && Math.Abs(left - right) <= tolerance)
            ? null
            : Difference.OfExpiry(type, left, right);
    }

    private static async Task<string?> TypeAsync(LargeKey key, CancellationToken cancellationToken)
    {
        var reply = await key.AskAsync(cancellationToken, "TYPE", key.Key).ConfigureAwait(false);
        return reply.Text == "none" ? null : reply.Text;
    }
}
