using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.Json;
using Godwit.Migration;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Json;

/// <summary>
/// A file of one JSON document a line for each key: <c>db</c>, <c>key</c>, <c>type</c>, <c>expiry_ms</c> (Unix milliseconds or
/// null) and <c>value</c>, see <see cref="JsonValueSink"/>; for each function library <c>function</c> and <c>code</c>. Needs no server.
/// </summary>
internal sealed class JsonTarget : QueuedTarget
{
    // One write to the file carries about this much.
    private const int FlushAt = 256 * 1024;

    // Reading goes on while one batch is being written.
    private const int BatchesWaiting = 2;

    private readonly JsonEndpoint _endpoint;
    private readonly Stream _stream;
    private readonly Ledger _ledger;
    private readonly TimeProvider _timeProvider;
    private readonly JsonLineWriter _json = new();
    private readonly JsonValueSink _sink;
    private readonly ValueDecoder _decoder = new();
    private long _written;
    private int _settledWithBuffer;
    private int _functionsWithBuffer;

    private JsonTarget(JsonEndpoint endpoint, Stream stream, Ledger ledger, TimeProvider timeProvider)
        : base(BatchesWaiting)
    {
        _endpoint = endpoint;
        _stream = stream;
        _ledger = ledger;
        _timeProvider = timeProvider;
        _sink = new JsonValueSink(_json);
        Start([WriteAllAsync]);
    }

    /// <inheritdoc/>
    public override TargetReport Report => new(_endpoint.ToString(), null, "json");

    /// <inheritdoc/>
    public override long BytesWritten => Volatile.Read(ref _written);

    /// <summary>Creates the file.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="ledger">Takes the outcome of each entry.</param>
    /// <param name="timeProvider">Tells which keys have expired.</param>
    /// <exception cref="RefusedException">It cannot be created, or is there already.</exception>
    public static JsonTarget Create(JsonEndpoint endpoint, Ledger ledger, TimeProvider timeProvider)
    {
        if (endpoint.Path == JsonEndpoint.StandardOutput)
            return new JsonTarget(endpoint, Console.OpenStandardOutput(), ledger, timeProvider);

        try
        {
            // A pipe or a device such as /dev/null is there already, and has nothing in it that could be lost.
            var existing = new FileInfo(endpoint.Path);
            if (existing is { Exists: true, Length: > 0 })
            {
                throw new RefusedException(
                    $"{endpoint.Path} is there already and is not empty",
                    "Name another file, or delete this one first."
                );
            }

            var stream = new FileStream(
                endpoint.Path,
                FileMode.OpenOrCreate,
                FileAccess.Write,
                FileShare.Read,
                bufferSize: 0
            );
            return new JsonTarget(endpoint, stream, ledger, timeProvider);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(
                $"{endpoint.Path} cannot be written: {exception.Message}",
                "Check that its directory exists and that you may write there.",
                exception
            );
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask DisposeWritersAsync()
    {
        _decoder.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private async Task WriteAllAsync(ChannelReader<EntryBatch> batches, CancellationToken cancellationToken)
    {
        await foreach (var batch in batches.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
                await WriteBatchAsync(batch, cancellationToken).ConfigureAwait(false);
        }

        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteBatchAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Large is not null)
        {
            await WriteLargeAsync(batch, cancellationToken).ConfigureAwait(false);
            return;
        }

        for (var i = 0; i < batch.Count; i++)
        {
            Write(batch, i);
            if (_json.Count >= FlushAt)
                await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // The line of a large value reaches the file in parts. If it breaks off, the file is cut back to where the line began.
    private async ValueTask WriteLargeAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        var entry = batch.Entries[0];
        if (HasExpired(entry))
        {
            _ledger.SettleKeys(Outcome.Expired, 1);
            return;
        }

        await FlushAsync(cancellationToken).ConfigureAwait(false);
        var start = _written;
        var kind = entry.Type.Kind();
        try
        {
            BeginKey(batch, entry, kind);
            await batch
                .Large!.DecodeAsync(entry.Type, batch.Version, _sink, FlushPartAsync, cancellationToken)
                .ConfigureAwait(false);
            EndKey(kind);
            _settledWithBuffer++;
        }
        catch (Exception exception) when (batch.Large!.BrokeOffWith(exception))
        {
            await CutBackAsync(start, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (WhyNot(exception) is { } reason)
        {
            await CutBackAsync(start, cancellationToken).ConfigureAwait(false);
            _ledger.Fail(batch, entry, reason);
        }

        async ValueTask<bool> FlushPartAsync()
        {
            if (_json.Count >= FlushAt)
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    // What has gone through a pipe cannot be taken back; it gets a line of its own.
    private async ValueTask CutBackAsync(long start, CancellationToken cancellationToken)
    {
        _json.CutTo(0);
        if (_written == start)
            return;

        if (_stream.CanSeek && _stream.Length >= _written)
        {
            _stream.SetLength(start);
            Volatile.Write(ref _written, start);
            return;
        }

        _json.EndLine();
        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string? WhyNot(Exception exception) =>
        exception switch
        {
            RdbFormatException damage => $"the value is damaged: {damage.What} at byte {damage.Offset} of it",
            LineTooLongException => exception.Message,
            _ => null,
        };

    private bool HasExpired(in Entry entry) =>
        entry.ExpireAt != Entry.None && entry.ExpireAt <= _timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    private void Write(EntryBatch batch, int index)
    {
        ref readonly var entry = ref batch.Entries[index];
        if (entry.Kind == EntryKind.ModuleAux)
        {
            _ledger.FailOrLose(
                batch,
                entry,
                Losses.ModuleAux,
                "what this module keeps beside the keys has no form in JSON"
            );
            return;
        }

        if (!batch.IsIntact(entry))
        {
            _ledger.Fail(batch, entry, "the checksum of what the source gave is wrong");
            return;
        }

        if (HasExpired(entry))
        {
            _ledger.SettleKeys(Outcome.Expired, 1);
            return;
        }

        var start = _json.Count;
        try
        {
            if (entry.Kind == EntryKind.Function)
                WriteFunction(batch, entry);
            else
                WriteKey(batch, entry);
        }
        catch (Exception exception) when (WhyNot(exception) is { } reason)
        {
            _json.CutTo(start);
            _ledger.Fail(batch, entry, reason);
            return;
        }

        if (entry.Kind == EntryKind.Function)
            _functionsWithBuffer++;
        else
            _settledWithBuffer++;
    }

    private void WriteKey(EntryBatch batch, in Entry entry)
    {
        if (!entry.Type.IsKnown())
            throw new RdbFormatException($"its type {(byte)entry.Type} is not known to this version", 0);

        var kind = entry.Type.Kind();
        BeginKey(batch, entry, kind);
        _decoder.Decode(entry.Type, batch.Version, batch.Value(entry), _sink);
        EndKey(kind);
    }

    private void BeginKey(EntryBatch batch, in Entry entry, ValueKind kind)
    {
        _json.BeginObject();
        _json.Name("db"u8);
        _json.Number(entry.Database);
        _json.Name("key"u8);
        _json.Binary(batch.Key(entry));
        _json.Name("type"u8);
        _json.Text(kind.NameUtf8());
        _json.Name("expiry_ms"u8);
        if (entry.ExpireAt == Entry.None)
            _json.Null();
        else
            _json.Number(entry.ExpireAt);
        _json.Name("value"u8);
        _sink.Begin(kind);
    }

    private void EndKey(ValueKind kind)
    {
        _sink.End(kind);
        _json.EndObject();
        _json.EndLine();
    }

    private void WriteFunction(EntryBatch batch, in Entry entry)
    {
        _json.BeginObject();
        _json.Name("function"u8);
        _json.Binary(batch.Key(entry));
        _json.Name("code"u8);
        _json.Binary(batch.Value(entry));
        _json.EndObject();
        _json.EndLine();
    }

    // A key counts as written when the file has it.
    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _stream.WriteAsync(_json.Written, cancellationToken).ConfigureAwait(false);
            await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new FileFailureException(
                $"{_endpoint} cannot be written any further: {exception.Message}",
                "Make room, or name another file, and begin again.",
                exception
            );
        }

        Volatile.Write(ref _written, _written + _json.Count);
        _json.Taken();
        _ledger.SettleKeys(Outcome.Written, _settledWithBuffer);
        _ledger.SettleFunctions(_functionsWithBuffer);
        _settledWithBuffer = 0;
        _functionsWithBuffer = 0;
    }
}
