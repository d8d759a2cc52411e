using Godwit.Verification.Content;
using Godwit.Verification.Differences;

namespace Godwit.Verification.Large;

/// <summary>Compares strings and lists window by window, from their beginning.</summary>
internal sealed class SequenceComparison(SourceMeter meter)
{
    private const int StringWindow = 1024 * 1024;

    private readonly ElementTable _source = new();
    private readonly ElementTable _target = new();

    public async Task<Difference?> CompareStringsAsync(
        LargeKey ours,
        LargeKey theirs,
        CancellationToken cancellationToken
    )
    {
        for (long start = 0; ; start += StringWindow)
        {
            var end = start + StringWindow - 1;
            var (left, right) = await LargeKey
                .AskBothAsync(ours, theirs, cancellationToken, "GETRANGE", ours.Key, start, end)
                .ConfigureAwait(false);
            await meter.KeepAsync(cancellationToken).ConfigureAwait(false);
            Clear();
            _source.String(left.Bytes.Span);
            _target.String(right.Bytes.Span);
            if (new TableComparison("string", 0).FindFirst(_source, _target, start) is { } found)
                return found;
            if (left.Bytes.Length < StringWindow)
                return null;
        }
    }

    public async Task<Difference?> CompareListsAsync(
        LargeKey ours,
        LargeKey theirs,
        CancellationToken cancellationToken
    )
    {
        var window = new WindowSize();
        for (long start = 0; ; )
        {
            var end = start + window.Count - 1;
            var (left, right) = await LargeKey
                .AskBothAsync(ours, theirs, cancellationToken, "LRANGE", ours.Key, start, end)
                .ConfigureAwait(false);
            await meter.KeepAsync(cancellationToken).ConfigureAwait(false);
            Clear();
            foreach (var element in left.Items)
                _source.ListElement(element.Bytes.Span);
            foreach (var element in right.Items)
                _target.ListElement(element.Bytes.Span);
            if (new TableComparison("list", 0).FindFirst(_source, _target, start) is { } found)
                return found;
            if (left.Items.Count < window.Count)
                return null;

            start += left.Items.Count;
            window.Learn(left.Items.Count, left);
        }
    }

    private void Clear()
    {
        _source.Clear();
        _target.Clear();
    }
}
