using Godwit.Batches;
using Godwit.Protocol.Rdb;
using Godwit.Verification.Content;
using Godwit.Verification.Differences;
using Godwit.Verification.Keyspaces;
using Godwit.Verification.Large;

namespace Godwit.Verification.Files;

/// <summary>
/// Compares a value of a file with a server's that is too large to be read as a whole: each time some of the file's has been
/// decoded, the server is asked for just that. One for each key.
/// </summary>
/// <param name="theirs">The server's key.</param>
/// <param name="isFileTarget">The file is the target; else it is the source.</param>
/// <param name="tolerance">Milliseconds by which expiries of fields may differ.</param>
/// <param name="timeProvider">Tells which fields' time is over.</param>
internal sealed class FileValueComparison(LargeKey theirs, bool isFileTarget, long tolerance, TimeProvider timeProvider)
{
    private const int SliceLength = 64 * 1024;

    private readonly ElementTable _file = new();
    private readonly ElementTable _server = new();
    private ValueKind _kind;
    private long _position;
    private Difference? _found;

    /// <summary>Compares the value, without its expiry.</summary>
    /// <param name="batch">Holds it.</param>
    /// <param name="index">Which entry.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RdbFormatException">The file is damaged.</exception>
    public async Task<Difference?> CompareAsync(EntryBatch batch, int index, CancellationToken cancellationToken)
    {
        var type = batch.Entries[index].Type;
        _kind = type.Kind();
        var name = await theirs.AskAsync(cancellationToken, "TYPE", theirs.Key).ConfigureAwait(false);
        if (!TypeNames.AreSame(name.Text, _kind.Name()))
            return OfTypes(name.Text);
        if (_kind is ValueKind.Stream or ValueKind.Module)
            return Difference.CannotTell(
                _kind.Name(),
                "a value of this size and type cannot be compared in pieces with that of a file"
            );

        if (batch.Large is { } large)
        {
            await large
                .DecodeAsync(type, batch.Version, _file, () => CompareSliceAsync(cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }
        else
        {
            await DecodeAsync(batch, index, cancellationToken).ConfigureAwait(false);
        }

        return _found ?? await CompareLengthAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task DecodeAsync(EntryBatch batch, int index, CancellationToken cancellationToken)
    {
        using var decoder = new PieceDecoder();
        var entry = batch.Entries[index];
        decoder.Start(entry.Type, batch.Version);
        for (var start = 0; start < entry.ValueLength; start += SliceLength)
        {
            decoder.Add(batch.Value(entry).Slice(start, Math.Min(SliceLength, entry.ValueLength - start)), _file);
            if (!await CompareSliceAsync(cancellationToken).ConfigureAwait(false))
                return;
        }

        decoder.End();
    }

    // False if a difference was found: no more is wanted.
    private async ValueTask<bool> CompareSliceAsync(CancellationToken cancellationToken)
    {
        if (_file.Rows.Length == 0)
            return true;

        _server.Clear();
        var first = _position;
        switch (_kind)
        {
            case ValueKind.String:
                await ReadStringAsync(cancellationToken).ConfigureAwait(false);
                break;
            case ValueKind.List:
                await ReadListAsync(cancellationToken).ConfigureAwait(false);
                break;
            default:
                await ReadMembersAsync(cancellationToken).ConfigureAwait(false);
                break;
        }

        var comparison = new TableComparison(_kind.Name(), tolerance);
        var found = isFileTarget
            ? comparison.FindFirst(_server, _file, first)
            : comparison.FindFirst(_file, _server, first);
        _file.Clear();

        // A value that differs says more than an expiry that does.
        if (found is { Kind: DifferenceKind.Ttl })
            _found ??= found;
        else if (found is not null)
            _found = found;
        return found is null or { Kind: DifferenceKind.Ttl };
    }

    // The parts of a string are made one, so that both sides have the same.
    private async Task ReadStringAsync(CancellationToken cancellationToken)
    {
        var length = _file.JoinStrings();
        if (length == 0)
        {
            // A range that ends before its beginning is the whole string to a server, counted from the end.
            _server.String([]);
            return;
        }

        var reply = await theirs
            .AskAsync(cancellationToken, "GETRANGE", theirs.Key, _position, _position + length - 1)
            .ConfigureAwait(false);
        _server.String(reply.Bytes.Span);
        _position += length;
    }

    private async Task ReadListAsync(CancellationToken cancellationToken)
    {
        var count = _file.Rows.Length;
        var reply = await theirs
            .AskAsync(cancellationToken, "LRANGE", theirs.Key, _position, _position + count - 1)
            .ConfigureAwait(false);
        foreach (var element in reply.Items)
            _server.ListElement(element.Bytes.Span);
        _position += count;
    }

    private async Task ReadMembersAsync(CancellationToken cancellationToken)
    {
        _file.DropExpiredFields(timeProvider.GetUtcNow().ToUnixTimeMilliseconds());
        var names = new List<ReadOnlyMemory<byte>>(_file.Rows.Length);
        foreach (ref readonly var row in _file.Rows)
            names.Add(_file.Key(row).ToArray());
        await MemberQuestions.AskAsync(theirs, _kind, names, _server, cancellationToken).ConfigureAwait(false);
        _position += names.Count;
    }

    private async Task<Difference?> CompareLengthAsync(CancellationToken cancellationToken)
    {
        var command = _kind switch
        {
            ValueKind.String => "STRLEN",
            ValueKind.List => "LLEN",
            ValueKind.Set => "SCARD",
            ValueKind.SortedSet => "ZCARD",
            _ => "HLEN",
        };
        var reply = await theirs.AskAsync(cancellationToken, command, theirs.Key).ConfigureAwait(false);
        if (reply.Integer == _position)
            return null;

        var (source, target) = isFileTarget ? (reply.Integer, _position) : (_position, reply.Integer);
        return Difference.OfNumbers(_kind.Name(), new Place(PlaceKind.Length), "length", source, target);
    }

    private Difference OfTypes(string server)
    {
        var (source, target) = isFileTarget ? (server, _kind.Name()) : (_kind.Name(), server);
        if (server == "none")
            return new Difference(isFileTarget ? DifferenceKind.Extra : DifferenceKind.Missing, _kind.Name());
        return Difference.OfTypes(source, target);
    }
}
