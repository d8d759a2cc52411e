using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
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
internal sealed class JsonTarget : EntryTarget
{
    // One write to the file carries about this much.
    private const int FlushAt = 256 * 1024;

    private static readonly JsonWriterOptions Options = new()
    {
        // The text is no part of a web page: bytes that are valid UTF-8 stand as they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly JsonEndpoint _endpoint;
    private readonly Stream _stream;
    private readonly Ledger _ledger;
    private readonly TimeProvider _timeProvider;
    private readonly ArrayBufferWriter<byte> _buffer = new(2 * FlushAt);
    private readonly Utf8JsonWriter _json;
    private readonly JsonValueSink _sink;
    private readonly ValueDecoder _decoder = new();
    private long _written;
    private int _settledWithBuffer;
    private int _functionsWithBuffer;

    private JsonTarget(JsonEndpoint endpoint, Stream stream, Ledger ledger, TimeProvider timeProvider)
    {
        _endpoint = endpoint;
        _stream = stream;
        _ledger = ledger;
        _timeProvider = timeProvider;
        _json = new Utf8JsonWriter(_buffer, Options);
        _sink = new JsonValueSink(_json);
    }

    /// <inheritdoc/>
    public override TargetReport Report => new(_endpoint.ToString(), null, "json");

    /// <inheritdoc/>
    public override long BytesWritten => Volatile.Read(ref _written);

    /// <summary>Creates the file.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="overwrite">A file that is there already gives way.</param>
    /// <param name="ledger">Takes the outcome of each entry.</param>
    /// <param name="timeProvider">Tells which keys have expired.</param>
    /// <exception cref="RefusedException">It cannot be created, or is there already.</exception>
    public static JsonTarget Create(JsonEndpoint endpoint, bool overwrite, Ledger ledger, TimeProvider timeProvider)
    {
        if (endpoint.Path == "-")
            return new JsonTarget(endpoint, Console.OpenStandardOutput(), ledger, timeProvider);

        try
        {
            // A pipe or a device such as /dev/null is there already, and has nothing in it that could be lost.
            var existing = new FileInfo(endpoint.Path);
            if (existing is { Exists: true, Length: > 0 } && !overwrite)
            {
                throw new RefusedException(
                    $"{endpoint.Path} is there already and is not empty",
                    "Name another file, or empty this one with --flush-target --yes."
                );
            }

            var stream = new FileStream(
                endpoint.Path,
                overwrite ? FileMode.Create : FileMode.OpenOrCreate,
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
    public override async ValueTask WriteAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        using (batch)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                Write(batch, i);
                if (_buffer.WrittenCount >= FlushAt)
                    await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _decoder.Dispose();
        await _json.DisposeAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

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

        if (entry.ExpireAt != Entry.None && entry.ExpireAt <= _timeProvider.GetUtcNow().ToUnixTimeMilliseconds())
        {
            _ledger.SettleKeys(Outcome.Expired, 1);
            return;
        }

        var start = _buffer.WrittenCount;
        try
        {
            if (entry.Kind == EntryKind.Function)
                WriteFunction(batch, entry);
            else
                WriteKey(batch, entry);
        }
        catch (RdbFormatException exception)
        {
            Drop(start);
            _ledger.Fail(batch, entry, $"the value is damaged: {exception.What} at byte {exception.Offset} of it");
            return;
        }
        catch (ArgumentException)
        {
            // The writer's limit: 166,666,666 bytes (125,000,000 as Base64).
            Drop(start);
            _ledger.Fail(batch, entry, "a part of it is longer than our JSON can have a string");
            return;
        }

        _buffer.Write("\n"u8);
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
        _json.WriteStartObject();
        _json.WriteNumber("db", entry.Database);
        _json.WritePropertyName("key");
        BinaryText.WriteValue(_json, batch.Key(entry));
        _json.WriteString("type", kind.Name());
        if (entry.ExpireAt == Entry.None)
            _json.WriteNull("expiry_ms");
        else
            _json.WriteNumber("expiry_ms", entry.ExpireAt);
        _json.WritePropertyName("value");
        _sink.Begin(kind);
        _decoder.Decode(entry.Type, batch.Version, batch.Value(entry), _sink);
        _sink.End(kind);
        EndLine();
    }

    private void WriteFunction(EntryBatch batch, in Entry entry)
    {
        _json.WriteStartObject();
        _json.WritePropertyName("function");
        BinaryText.WriteValue(_json, batch.Key(entry));
        _json.WritePropertyName("code");
        BinaryText.WriteValue(_json, batch.Value(entry));
        EndLine();
    }

    private void EndLine()
    {
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
    }

    // What a damaged value has left of its line goes; the lines before it stay.
    private void Drop(int start)
    {
        _json.Flush();
        _json.Reset();
        var kept = _buffer.WrittenSpan[..start].ToArray();
        _buffer.ResetWrittenCount();
        _buffer.Write(kept);
    }

    // A key counts as written when the file has it.
    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _stream.WriteAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
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

        Volatile.Write(ref _written, _written + _buffer.WrittenCount);
        _buffer.ResetWrittenCount();
        _ledger.SettleKeys(Outcome.Written, _settledWithBuffer);
        _ledger.SettleFunctions(_functionsWithBuffer);
        _settledWithBuffer = 0;
        _functionsWithBuffer = 0;
    }
}
