using System.Globalization;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;
using Godwit.Verification.Content;
using Godwit.Verification.Differences;

namespace Godwit.Verification.Large;

/// <summary>Compares streams: entries in windows of ids, what the stream knows of itself, then each group with what is pending.</summary>
internal sealed class StreamComparison(long tolerance, SourceMeter meter)
{
    private readonly ElementTable _source = new();
    private readonly ElementTable _target = new();

    private TableComparison Comparison => new("stream", tolerance);

    public async Task<Difference?> CompareAsync(LargeKey ours, LargeKey theirs, CancellationToken cancellationToken) =>
        await CompareEntriesAsync(ours, theirs, cancellationToken).ConfigureAwait(false)
        ?? await CompareInfoAsync(ours, theirs, cancellationToken).ConfigureAwait(false)
        ?? await CompareGroupsAsync(ours, theirs, cancellationToken).ConfigureAwait(false);

    private async Task<Difference?> CompareEntriesAsync(
        LargeKey ours,
        LargeKey theirs,
        CancellationToken cancellationToken
    )
    {
        var window = new WindowSize();
        for (var start = "-"; ; )
        {
            var count = window.Count;
            var (left, right) = await LargeKey
                .AskBothAsync(ours, theirs, cancellationToken, "XRANGE", ours.Key, start, "+", "COUNT", count)
                .ConfigureAwait(false);
            await meter.KeepAsync(cancellationToken).ConfigureAwait(false);
            FillEntries(_source, left);
            FillEntries(_target, right);
            if (Comparison.FindFirst(_source, _target) is { } found)
                return found;
            if (left.Items.Count < count || Next(Id(left.Items[^1].Items[0])) is not { } next)
                return null;

            start = next.ToString();
            window.Learn(left.Items.Count, left);
        }
    }

    private async Task<Difference?> CompareInfoAsync(
        LargeKey ours,
        LargeKey theirs,
        CancellationToken cancellationToken
    )
    {
        FillInfo(_source, await ours.AskAsync(cancellationToken, "XINFO", "STREAM", ours.Key).ConfigureAwait(false));
        FillInfo(
            _target,
            await theirs.AskAsync(cancellationToken, "XINFO", "STREAM", theirs.Key).ConfigureAwait(false)
        );
        return Comparison.FindFirst(_source, _target);
    }

    private async Task<Difference?> CompareGroupsAsync(
        LargeKey ours,
        LargeKey theirs,
        CancellationToken cancellationToken
    )
    {
        var left = await ours.AskAsync(cancellationToken, "XINFO", "GROUPS", ours.Key).ConfigureAwait(false);
        var right = await theirs.AskAsync(cancellationToken, "XINFO", "GROUPS", theirs.Key).ConfigureAwait(false);
        _source.Clear();
        _target.Clear();
        await FillGroupsAsync(_source, ours, left, cancellationToken).ConfigureAwait(false);
        await FillGroupsAsync(_target, theirs, right, cancellationToken).ConfigureAwait(false);
        if (Comparison.FindFirst(_source, _target) is { } found)
            return found;

        foreach (var group in left.Items)
        {
            var name = group["name"]!.Bytes;
            foreach (var consumer in await ConsumersAsync(ours, name, cancellationToken).ConfigureAwait(false))
            {
                var pending = await ComparePendingAsync(ours, theirs, name, consumer, cancellationToken)
                    .ConfigureAwait(false);
                if (pending is not null)
                    return pending;
            }
        }

        return null;
    }

    private async Task<Difference?> ComparePendingAsync(
        LargeKey ours,
        LargeKey theirs,
        ReadOnlyMemory<byte> group,
        ReadOnlyMemory<byte> consumer,
        CancellationToken cancellationToken
    )
    {
        const int Count = 1000;
        for (var start = "-"; ; )
        {
            var left = await PendingAsync(ours, group, consumer, start, Count, cancellationToken).ConfigureAwait(false);
            var right = await PendingAsync(theirs, group, consumer, start, Count, cancellationToken)
                .ConfigureAwait(false);
            await meter.KeepAsync(cancellationToken).ConfigureAwait(false);
            FillPending(_source, group, consumer, left);
            FillPending(_target, group, consumer, Snap(right, left));
            if (Comparison.FindFirst(_source, _target) is { } found)
                return found;
            if (left.Count < Count || Next(left[^1].Id) is not { } next)
                return null;

            start = next.ToString();
        }
    }

    // A server says how long ago an entry was delivered, and we how late it is: that is exact but for the time between the two.
    private static async Task<List<(StreamId Id, long DeliveredAt, long Error, ulong Deliveries)>> PendingAsync(
        LargeKey key,
        ReadOnlyMemory<byte> group,
        ReadOnlyMemory<byte> consumer,
        string start,
        int count,
        CancellationToken cancellationToken
    )
    {
        var before = await TimeAsync(key, cancellationToken).ConfigureAwait(false);
        var reply = await key.AskAsync(cancellationToken, "XPENDING", key.Key, group, start, "+", count, consumer)
            .ConfigureAwait(false);
        var after = await TimeAsync(key, cancellationToken).ConfigureAwait(false);
        return
        [
            .. reply.Items.Select(entry =>
                (Id(entry.Items[0]), before - entry.Items[2].Integer, after - before + 1, (ulong)entry.Items[3].Integer)
            ),
        ];
    }

    // Delivery times that are the same as far as can be told are made the same.
    private List<(StreamId Id, long DeliveredAt, long Error, ulong Deliveries)> Snap(
        List<(StreamId Id, long DeliveredAt, long Error, ulong Deliveries)> pending,
        List<(StreamId Id, long DeliveredAt, long Error, ulong Deliveries)> to
    )
    {
        for (var i = 0; i < Math.Min(pending.Count, to.Count); i++)
        {
            var apart = Math.Abs(pending[i].DeliveredAt - to[i].DeliveredAt);
            if (apart <= Math.Max(tolerance, pending[i].Error + to[i].Error))
                pending[i] = pending[i] with { DeliveredAt = to[i].DeliveredAt };
        }

        return pending;
    }

    private static async Task<long> TimeAsync(LargeKey key, CancellationToken cancellationToken)
    {
        var time = await key.AskAsync(cancellationToken, "TIME").ConfigureAwait(false);
        return (time.Items[0].Integer * 1000) + (time.Items[1].Integer / 1000);
    }

    private static void FillEntries(ElementTable table, RespValue entries)
    {
        table.Clear();
        foreach (var entry in entries.Items)
        {
            var fields = entry.Items[1].Items;
            table.StreamEntry(Id(entry.Items[0]), fields.Count / 2);
            for (var i = 0; i + 1 < fields.Count; i += 2)
                table.StreamField(fields[i].Bytes.Span, fields[i + 1].Bytes.Span);
        }
    }

    private static void FillInfo(ElementTable table, RespValue info)
    {
        table.Clear();
        table.StreamInfo(
            new StreamInfo(
                (ulong)info["length"]!.Integer,
                Id(info["last-generated-id"]!),
                null,
                info["max-deleted-entry-id"] is { } deleted ? Id(deleted) : null,
                info["entries-added"] is { } added ? (ulong)added.Integer : null
            )
        );
    }

    private static async Task FillGroupsAsync(
        ElementTable table,
        LargeKey key,
        RespValue groups,
        CancellationToken cancellationToken
    )
    {
        foreach (var group in groups.Items)
        {
            var name = group["name"]!.Bytes;
            var hasCounter = group["entries-read"] is not null;
            table.StreamGroup(
                name.Span,
                Id(group["last-delivered-id"]!),
                group["entries-read"] is { IsNull: false } read ? (ulong)read.Integer : null,
                hasCounter
            );
            foreach (var consumer in await ConsumersAsync(key, name, cancellationToken).ConfigureAwait(false))
                table.StreamConsumer(consumer.Span, -1, -1);
        }
    }

    private static void FillPending(
        ElementTable table,
        ReadOnlyMemory<byte> group,
        ReadOnlyMemory<byte> consumer,
        List<(StreamId Id, long DeliveredAt, long Error, ulong Deliveries)> pending
    )
    {
        table.Clear();
        table.StreamGroup(group.Span, default, null, hasCounter: false);
        table.StreamConsumer(consumer.Span, -1, -1);
        foreach (var (id, deliveredAt, _, deliveries) in pending)
            table.StreamPending(id, deliveredAt, deliveries);
    }

    private static async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ConsumersAsync(
        LargeKey key,
        ReadOnlyMemory<byte> group,
        CancellationToken cancellationToken
    )
    {
        var consumers = await key.AskAsync(cancellationToken, "XINFO", "CONSUMERS", key.Key, group)
            .ConfigureAwait(false);
        return [.. consumers.Items.Select(consumer => consumer["name"]!.Bytes)];
    }

    private static StreamId Id(RespValue id)
    {
        var text = id.Text;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return
            ulong.TryParse(text.AsSpan(0, Math.Max(dash, 0)), CultureInfo.InvariantCulture, out var milliseconds)
            && ulong.TryParse(text.AsSpan(dash + 1), CultureInfo.InvariantCulture, out var sequence)
            ? new StreamId(milliseconds, sequence)
            : throw new Protocol.ProtocolException(0, "a stream's id", "something else");
    }

    // Null of the greatest id: nothing comes behind it, and what is counted on from there begins anew.
    private static StreamId? Next(StreamId id) =>
        id.Sequence < ulong.MaxValue ? new StreamId(id.Milliseconds, id.Sequence + 1)
        : id.Milliseconds < ulong.MaxValue ? new StreamId(id.Milliseconds + 1, 0)
        : null;
}
