using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;
using Godwit.Verification.Content;
using Godwit.Verification.Differences;

namespace Godwit.Verification.Large;

/// <summary>
/// Compares sets, sorted sets and hashes: one side is scanned, and the other is asked for what was found. Where both have as
/// many members, and all of the one side's were found, nothing is left that only the other could have; else it is scanned too.
/// </summary>
/// <remarks>
/// A server counts fields whose time is over until it deletes them, and does not give them. So a count alone does not tell.
/// </remarks>
internal sealed class MemberComparison(long tolerance, SourceMeter meter)
{
    private readonly ElementTable _scanned = new();
    private readonly ElementTable _found = new();

    public async Task<Difference?> CompareAsync(
        LargeKey ours,
        LargeKey theirs,
        string type,
        CancellationToken cancellationToken
    )
    {
        var (found, count) = await ScanAsync(ours, theirs, type, isReversed: false, cancellationToken)
            .ConfigureAwait(false);
        if (found is { Kind: not DifferenceKind.Ttl })
            return found;

        var command = type switch
        {
            "set" => "SCARD",
            "zset" => "ZCARD",
            _ => "HLEN",
        };
        var left = await ours.AskAsync(cancellationToken, command, ours.Key).ConfigureAwait(false);
        var right = await theirs.AskAsync(cancellationToken, command, theirs.Key).ConfigureAwait(false);
        if (left.Integer == right.Integer && left.Integer <= count)
            return found;

        // A value that differs says more than an expiry that does.
        var (other, _) = await ScanAsync(theirs, ours, type, isReversed: true, cancellationToken).ConfigureAwait(false);
        return other is { Kind: not DifferenceKind.Ttl } ? other : found ?? other;
    }

    // Gives with the first difference how many members were found.
    private async Task<(Difference? Found, long Count)> ScanAsync(
        LargeKey scanned,
        LargeKey asked,
        string type,
        bool isReversed,
        CancellationToken cancellationToken
    )
    {
        var command = type switch
        {
            "set" => "SSCAN",
            "zset" => "ZSCAN",
            _ => "HSCAN",
        };
        var window = new WindowSize();
        Difference? expiry = null;
        long count = 0;
        var cursor = "0";
        do
        {
            var reply = await scanned
                .AskAsync(cancellationToken, command, scanned.Key, cursor, "COUNT", window.Count)
                .ConfigureAwait(false);
            cursor = reply.Items[0].Text;
            var members = reply.Items[1].Items;
            if (members.Count == 0)
                continue;

            window.Learn(members.Count, reply);
            await FillAsync(scanned, asked, type, members, cancellationToken).ConfigureAwait(false);
            count += _scanned.Rows.Length;
            await meter.KeepAsync(cancellationToken).ConfigureAwait(false);
            var comparison = new TableComparison(type, tolerance);
            var found = isReversed ? comparison.FindFirst(_found, _scanned) : comparison.FindFirst(_scanned, _found);
            if (found is { Kind: not DifferenceKind.Ttl })
                return (found, count);
            expiry ??= found;
        } while (cursor != "0");

        return (expiry, count);
    }

    private async Task FillAsync(
        LargeKey scanned,
        LargeKey asked,
        string type,
        IReadOnlyList<RespValue> members,
        CancellationToken cancellationToken
    )
    {
        _scanned.Clear();
        _found.Clear();
        var step = type == "set" ? 1 : 2;
        var names = new List<ReadOnlyMemory<byte>>(members.Count / step);
        for (var i = 0; i < members.Count; i += step)
            names.Add(members[i].Bytes);

        var kind = ValueKind.Set;
        switch (type)
        {
            case "set":
                foreach (var name in names)
                    _scanned.SetMember(name.Span);
                break;
            case "zset":
                kind = ValueKind.SortedSet;
                for (var i = 0; i < names.Count; i++)
                    _scanned.SortedSetMember(names[i].Span, MemberQuestions.ScoreOf(members[(2 * i) + 1]));
                break;
            default:
                kind = ValueKind.Hash;
                names = await AddFieldsAsync(scanned, names, members, cancellationToken).ConfigureAwait(false);
                break;
        }

        await MemberQuestions.AskAsync(asked, kind, names, _found, cancellationToken).ConfigureAwait(false);
    }

    // Gives the fields that are still there: the time of others was over when they were asked for.
    private async Task<List<ReadOnlyMemory<byte>>> AddFieldsAsync(
        LargeKey scanned,
        List<ReadOnlyMemory<byte>> names,
        IReadOnlyList<RespValue> members,
        CancellationToken cancellationToken
    )
    {
        var expiries = await MemberQuestions.ExpiriesAsync(scanned, names, cancellationToken).ConfigureAwait(false);
        var there = new List<ReadOnlyMemory<byte>>(names.Count);
        for (var i = 0; i < names.Count; i++)
        {
            if (expiries[i] == MemberQuestions.FieldIsGone)
                continue;
            there.Add(names[i]);
            _scanned.HashField(names[i].Span, members[(2 * i) + 1].Bytes.Span, expiries[i]);
        }

        return there;
    }
}
