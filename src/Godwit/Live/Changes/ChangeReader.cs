using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Protocol;
using Godwit.Protocol.Commands;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Changes;

/// <summary>
/// Turns the bytes of a source's stream into batches of changes. Bytes are read straight into the buffer that then travels.
/// A batch is handed out when it is full, or when no more bytes are there: so that nothing waits for what may come much later.
/// </summary>
/// <remarks>
/// It goes on from the place that it was given; another reader of the same stream can go back from there as long as the spool
/// has kept the bytes. Whoever takes batches and keeps them while waiting for the next must not keep as many as the budget holds.
/// </remarks>
internal sealed class ChangeReader : IDisposable
{
    /// <summary>Bytes of a group up to which it comes in one batch: what a target's transaction may hold of our memory.</summary>
    public const int DefaultMaxGroupBytes = 16 * 1024 * 1024;

    private readonly IChangeStream _stream;
    private readonly BufferBudget _budget;
    private readonly int _maxGroupBytes;
    private readonly long _startOffset;

    // The buffer that is being filled belongs to the batch; what has come lies before _used, and what has been parsed of that
    // before _position. Its first byte is the one behind _baseOffset.
    private ChangeBatch _batch;
    private byte[] _buffer = [];
    private int _used;
    private int _position;
    private long _baseOffset;

    private CommandParser _parser;
    private int _database;
    private bool _inGroup;

    // What may be handed out: up to here no group is cut.
    private Mark _whole;

    /// <summary>Begins at a place in the stream, outside of any group.</summary>
    /// <param name="stream">Where the bytes come from. It is read by one reader at a time.</param>
    /// <param name="offset">Bytes of the source's history before the first change that is wanted.</param>
    /// <param name="database">The database that is selected there.</param>
    /// <param name="budget">Gives the buffers.</param>
    /// <param name="maxGroupBytes">See <see cref="DefaultMaxGroupBytes"/>.</param>
    public ChangeReader(
        IChangeStream stream,
        long offset,
        int database,
        BufferBudget budget,
        int maxGroupBytes = DefaultMaxGroupBytes
    )
    {
        _stream = stream;
        _budget = budget;
        _maxGroupBytes = maxGroupBytes;
        _database = database;
        _startOffset = offset;
        _batch = new ChangeBatch(_buffer, budget, offset);
        stream.Bytes.Rewind(offset - stream.StartOffset);
    }

    // A place in the batch that is being filled.
    private readonly record struct Mark(int Position, int Changes, int Words, int Database);

    /// <summary>
    /// The changes, batch by batch, to the stream's end. Whoever takes a batch owns it. Once.
    /// </summary>
    /// <exception cref="ProtocolException">This is no stream of changes. All that came before has been handed out.</exception>
    /// <exception cref="GodwitException">The spool cannot be read, or the stream has been given up: its own error.</exception>
    public async IAsyncEnumerable<ChangeBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _baseOffset = _startOffset;
        _buffer = await _budget.RentAsync(0, held: 0, cancellationToken).ConfigureAwait(false);
        _batch = new ChangeBatch(_buffer, _budget, _baseOffset);
        _whole = new Mark(0, 0, 0, _database);
        while (true)
        {
            var failure = TryParse();
            if (failure is not null)
            {
                if (_whole.Position > 0)
                    yield return await TakeAsync(cancellationToken).ConfigureAwait(false);
                throw failure;
            }

            var isFull = _used == _buffer.Length;
            if (_whole.Position > 0 && (isFull || _stream.Bytes.Unread == 0))
            {
                yield return await TakeAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (isFull && _position > 0 && _buffer.Length >= _maxGroupBytes)
            {
                _whole = Here();
                _batch.EndsInGroup = true;
                yield return await TakeAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (isFull)
                await GrowAsync(cancellationToken).ConfigureAwait(false);

            var count = await _stream.Bytes.ReadAsync(_buffer.AsMemory(_used), cancellationToken).ConfigureAwait(false);
            if (count == 0)
                yield break;
            _used += count;
        }
    }

    /// <summary>Gives back what was being read when the reading stopped.</summary>
    public void Dispose() => _batch.Dispose();

    // An error is a value: what came before it is still to be handed out.
    private ProtocolException? TryParse()
    {
        try
        {
            Parse();
            return null;
        }
        catch (ProtocolException exception)
        {
            return exception;
        }
    }

    private void Parse()
    {
        var words = _batch.Words;
        while (_position < _used)
        {
            var firstWord = FirstPendingWord();
            if (
                !_parser.TryParse(
                    _buffer.AsSpan(_position, _used - _position),
                    words,
                    out var length,
                    OffsetOf(_position)
                )
            )
                return;

            _parser = default;
            var change = new Change
            {
                Start = _position,
                Length = length,
                FirstWord = firstWord,
                WordCount = words.Count - firstWord,
                EndOffset = OffsetOf(_position + length),
                Database = _database,
            };
            Take(change);
            _position += length;
            if (!_inGroup)
                _whole = Here();
        }
    }

    private void Take(in Change change)
    {
        var arguments = _batch.Arguments(change);
        var command = CommandTable.Find(arguments[0]);
        if (command is { Treatment: CommandTreatment.Control })
            TakeControl(command, arguments, change);
        else
            _batch.Add(change with { Command = command, Group = _inGroup ? GroupPlace.Inside : GroupPlace.None });
    }

    private void TakeControl(CommandSpec command, CommandArguments arguments, in Change change)
    {
        if (command == CommandTable.Multi)
        {
            if (_inGroup)
                throw Unexpected(change, "EXEC before the next MULTI", "MULTI");
            _inGroup = true;
            _batch.Add(change with { Command = command, Group = GroupPlace.Begin });
            return;
        }

        if (command == CommandTable.Exec)
        {
            if (!_inGroup)
                throw Unexpected(change, "MULTI before EXEC", "EXEC alone");
            _inGroup = false;
            _batch.Add(change with { Command = command, Group = GroupPlace.End });
            return;
        }

        if (command == CommandTable.Select)
        {
            if (
                arguments.Count != 2
                || !RespNumber.TryParse(arguments[1], out long database)
                || database is < 0 or > int.MaxValue
            )
            {
                throw Unexpected(change, "SELECT and a database's number", "something else");
            }

            _database = (int)database;
        }

        // PING and REPLCONF are between the primary and its replicas. Their words are not wanted any more.
        _batch.Words.RemoveRange(change.FirstWord, change.WordCount);
    }

    // Hands out what is whole; the rest goes on in a new buffer, and is parsed there again.
    private async ValueTask<ChangeBatch> TakeAsync(CancellationToken cancellationToken)
    {
        var rest = _used - _whole.Position;
        var next = await _budget
            .RentAsync((int)Math.Min(rest * 2L, Array.MaxLength), held: _buffer.Length, cancellationToken)
            .ConfigureAwait(false);
        _buffer.AsSpan(_whole.Position, rest).CopyTo(next);

        var taken = _batch;
        taken.CutTo(_whole.Changes, _whole.Words);
        taken.Reach(OffsetOf(_whole.Position), _whole.Database);
        taken.ReplicationId = _stream.ReplicationId;
        taken.ArrivedAt = _stream.ArrivalOf(taken.StartOffset + 1);

        _baseOffset = taken.EndOffset;
        _buffer = next;
        _batch = new ChangeBatch(next, _budget, _baseOffset);
        (_used, _position) = (rest, 0);
        _parser = default;
        _database = _whole.Database;
        _inGroup = taken.EndsInGroup;
        _whole = new Mark(0, 0, 0, _database);
        return taken;
    }

    // One command, or one group, that is larger than the buffer. It grows only as bytes come.
    private async ValueTask GrowAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length == Array.MaxLength)
            throw new ProtocolException(OffsetOf(_position), "a command of at most 2 GiB", "a longer one");

        var larger = await _budget
            .RentAsync((int)Math.Min(_buffer.Length * 2L, Array.MaxLength), held: _buffer.Length, cancellationToken)
            .ConfigureAwait(false);
        _buffer.AsSpan(0, _used).CopyTo(larger);
        _batch.MoveTo(larger);
        _buffer = larger;
    }

    private Mark Here() => new(_position, _batch.Count, FirstPendingWord(), _database);

    // Words behind those of the last change belong to the command that is being read.
    private int FirstPendingWord()
    {
        var changes = _batch.Changes;
        return changes.IsEmpty ? 0 : changes[^1].FirstWord + changes[^1].WordCount;
    }

    private long OffsetOf(int position) => _baseOffset + position;

    private static ProtocolException Unexpected(in Change change, string expected, string found) =>
        new(change.StartOffset, expected, found);
}
