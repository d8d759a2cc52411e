using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Sources.Rdb;

namespace Godwit.Sources.Sync;

/// <summary>
/// A live server's state as it sends it to a new replica: a snapshot of one moment, whole and in itself consistent. Owns the
/// connection.
/// </summary>
internal sealed class SyncSource : EntrySource
{
    private readonly RedisConnection _connection;
    private readonly RedisEndpoint _endpoint;
    private readonly ServerInfo _info;
    private readonly SnapshotFrame _frame;
    private readonly SnapshotReader _reader;
    private readonly Account _account;
    private readonly long? _expectedKeys;
    private long _read;

    /// <summary>Begins where <see cref="ReplicaHandshake"/> has ended.</summary>
    public SyncSource(
        RedisConnection connection,
        RedisEndpoint endpoint,
        ServerInfo info,
        SnapshotFrame frame,
        EntryChoice choice,
        LargeValueLimits? limits,
        BufferBudget budget,
        SourcePace pace,
        Account account
    )
    {
        _account = account;
        _connection = connection;
        _endpoint = endpoint;
        _info = info;
        _frame = frame;
        _reader = new SnapshotReader(ReadAsync, choice, limits, budget, pace);
        _expectedKeys = choice.ExpectedKeys ?? info.KeysIn(choice.Database);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceReport> Reports =>
        [new(_endpoint.ToString(), _info.DisplayName, "sync") { Keys = _account.Counts }];

    /// <inheritdoc/>
    public override long BytesRead => Volatile.Read(ref _read);

    /// <inheritdoc/>
    public override long? ExpectedKeys => _expectedKeys;

    /// <inheritdoc/>
    public override long? ExpectedBytes => _frame.Length;

    /// <inheritdoc/>
    public override async IAsyncEnumerable<EntryBatch> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var batch in _reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            batch.Account = _account;
            yield return batch;
        }

        await ReadEndMarkAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _reader.Dispose();
        return _connection.DisposeAsync();
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_frame.Length is { } length)
            buffer = buffer[..(int)Math.Min(buffer.Length, length - _read)];
        if (buffer.IsEmpty)
            return 0;

        var count = await _connection.Input.ReadRawAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0)
            throw ConnectionFailure.Closed(_endpoint);
        Volatile.Write(ref _read, _read + count);
        return count;
    }

    // What stands behind the snapshot proves that it is the whole one.
    private async Task ReadEndMarkAsync(CancellationToken cancellationToken)
    {
        var rest = _reader.Rest.AsMemory();
        if (_frame.Length is { } length)
        {
            if (_read != length || rest.Length != 0)
                throw Mismatch(
                    $"a snapshot of {length} bytes",
                    $"one that ends {length - _read + rest.Length} bytes earlier"
                );
            return;
        }

        var mark = new byte[_frame.EndMark.Length];
        var have = Math.Min(rest.Length, mark.Length);
        rest[..have].CopyTo(mark);
        while (have < mark.Length)
        {
            var count = await _connection
                .Input.ReadRawAsync(mark.AsMemory(have), cancellationToken)
                .ConfigureAwait(false);
            if (count == 0)
                throw Mismatch("the mark that ends a snapshot", "the end of the connection");
            have += count;
        }

        if (!mark.AsSpan().SequenceEqual(_frame.EndMark))
            throw Mismatch("the mark that ends a snapshot", "other bytes");
    }

    private ProtocolException Mismatch(string expected, string found) => new(_read, expected, found);
}
