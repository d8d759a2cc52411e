using System.Runtime.InteropServices;
using Godwit.Batches;
using Godwit.Protocol.Commands;

namespace Godwit.Live.Changes;

/// <summary>
/// Changes that follow each other in a source's stream, in one pooled buffer. It has one owner at a time, who disposes of it
/// when all of them are applied or copied; no span outlives that.
/// </summary>
/// <remarks>
/// SELECT, PING and REPLCONF are not among them, but count in the offsets: a batch may be without changes, and say by
/// <see cref="EndOffset"/> alone how far the stream has come. A group, MULTI to EXEC, is whole in one batch unless it was too
/// large: then <see cref="EndsInGroup"/> is true of every batch that has a part of it but the last.
/// </remarks>
internal sealed class ChangeBatch : IDisposable
{
    private readonly BufferBudget _budget;
    private readonly List<Change> _changes = [];
    private readonly List<ArgumentRange> _words = [];
    private byte[]? _buffer;

    /// <summary>Takes ownership of <paramref name="buffer"/>, which came from <paramref name="budget"/>.</summary>
    public ChangeBatch(byte[] buffer, BufferBudget budget, long startOffset)
    {
        _buffer = buffer;
        _budget = budget;
        StartOffset = EndOffset = startOffset;
    }

    /// <summary>The changes, in the stream's order.</summary>
    public ReadOnlySpan<Change> Changes => CollectionsMarshal.AsSpan(_changes);

    /// <summary>How many changes there are.</summary>
    public int Count => _changes.Count;

    /// <summary>Bytes of the stream before this batch.</summary>
    public long StartOffset { get; }

    /// <summary>Bytes of the stream up to this batch's end; what follows the last change without changing anything counts too.</summary>
    public long EndOffset { get; private set; }

    /// <summary>The database that is selected at the end.</summary>
    public int EndDatabase { get; private set; }

    /// <summary>The name of the stream's history, as it was when the batch was handed out.</summary>
    public string ReplicationId { get; set; } = "";

    /// <summary>A group goes on in the next batch.</summary>
    public bool EndsInGroup { get; set; }

    /// <summary>
    /// When the oldest of it came in over the connection, as a timestamp of the link's <see cref="TimeProvider"/>: what lag in
    /// time is counted from.
    /// </summary>
    public long ArrivedAt { get; set; }

    /// <summary>Where the stream can be taken up again once all of the batch is applied; null within a group.</summary>
    public StreamPosition? EndPosition =>
        EndsInGroup ? null : new StreamPosition(ReplicationId, EndOffset, EndDatabase);

    /// <summary>The words of a change, its name first. They live as long as the batch.</summary>
    public CommandArguments Arguments(in Change change) =>
        new(Raw(change), CollectionsMarshal.AsSpan(_words).Slice(change.FirstWord, change.WordCount));

    /// <summary>A change's bytes as they came, to be passed on as they are. They live as long as the batch.</summary>
    public ReadOnlySpan<byte> Raw(in Change change) => Buffer.AsSpan(change.Start, change.Length);

    /// <summary>As <see cref="Raw"/>, for code that awaits.</summary>
    public ReadOnlyMemory<byte> RawMemory(in Change change) => Buffer.AsMemory(change.Start, change.Length);

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (_buffer is { Length: > 0 } buffer)
            _budget.Return(buffer);
        _buffer = null;
    }

    /// <summary>The words found so far; those of the command that is being read come last.</summary>
    internal List<ArgumentRange> Words => _words;

    /// <summary>All of the buffer.</summary>
    internal byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(ChangeBatch));

    /// <summary>Adds a change.</summary>
    internal void Add(in Change change) => _changes.Add(change);

    /// <summary>Drops what is behind the first changes and words.</summary>
    internal void CutTo(int changes, int words)
    {
        _changes.RemoveRange(changes, _changes.Count - changes);
        _words.RemoveRange(words, _words.Count - words);
    }

    /// <summary>Drops the change that ends at an offset, and all behind it; of a group, the whole group.</summary>
    /// <returns>False if nothing would be left: then it stays as it is.</returns>
    internal bool CutBefore(long endOffset)
    {
        var first = _changes.FindIndex(change => change.EndOffset >= endOffset);
        while (first > 0 && _changes[first].Group is GroupPlace.Inside or GroupPlace.End)
            first--;
        if (first <= 0)
            return false;

        var last = _changes[first - 1];
        CutTo(first, _changes[first].FirstWord);
        Reach(last.EndOffset, last.Database);
        EndsInGroup = false;
        return true;
    }

    /// <summary>Says how far the stream has been read.</summary>
    internal void Reach(long offset, int database) => (EndOffset, EndDatabase) = (offset, database);

    /// <summary>Goes on in a larger buffer, which holds the same bytes at the same places.</summary>
    internal void MoveTo(byte[] larger)
    {
        _budget.Return(Buffer);
        _buffer = larger;
    }
}
