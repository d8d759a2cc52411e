using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.Json;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Transform;

namespace Godwit.Targets.Json;

/// <summary>
/// A file of one JSON document a line for each key: <c>db</c>, <c>key</c>, <c>type</c>, <c>expiry_ms</c> (Unix milliseconds or
/// null) and <c>value</c>, see <see cref="JsonValueSink"/>; for each function library <c>function</c> and <c>code</c>. Needs no server.
/// </summary>
internal sealed class JsonTarget : QueuedTarget
{
    // One write to the file carries about this much.
    private const int FlushAt = 256 * 1024;

    // Reading goes on while batches are being encoded.
    private const int BatchesWaiting = 2;

    // While one is being written the others are being encoded: on two cores as many as take what the reading leaves of them.
    // More than four write faster than any disk does.
    private static readonly int BatchesEncoded = Math.Clamp(Environment.ProcessorCount, 1, 4) + 1;

    private readonly JsonEndpoint _endpoint;
    private readonly Stream _stream;
    private readonly TimeProvider _timeProvider;
    private readonly Stack<JsonBatchEncoder> _idle = new();

    // Writes what comes in pieces or slices.
    private readonly JsonEntryWriter _writer;
    private long _written;

    private JsonTarget(JsonEndpoint endpoint, Stream stream, DatabaseMap databases, TimeProvider timeProvider)
        : base(BatchesWaiting)
    {
        _endpoint = endpoint;
        _stream = stream;
        _timeProvider = timeProvider;
        _writer = new JsonEntryWriter(databases);
        for (var i = 0; i < BatchesEncoded; i++)
            _idle.Push(new JsonBatchEncoder(databases, timeProvider));
        Start([WriteAllAsync]);
    }

    /// <inheritdoc/>
    public override TargetReport Report => new(_endpoint.ToString(), null, "json");

    /// <inheritdoc/>
    public override long BytesWritten => Volatile.Read(ref _written);

    /// <summary>Creates the file.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="databases">The number that each database gets.</param>
    /// <param name="timeProvider">Tells which keys have expired.</param>
    /// <exception cref="RefusedException">It cannot be created, or is there already.</exception>
    public static JsonTarget Create(JsonEndpoint endpoint, DatabaseMap databases, TimeProvider timeProvider)
    {
        try
        {
            if (endpoint.Path == JsonEndpoint.StandardOutput)
                return new JsonTarget(endpoint, StandardOutput.Open(), databases, timeProvider);

            var finding = FileTargetCheck.Of(endpoint);
            if (finding.Severity == Severity.Stop)
                throw new RefusedException(finding.Message, finding.WayOut!);

            var stream = new FileStream(
                endpoint.Path,
                FileMode.OpenOrCreate,
                FileAccess.Write,
                FileShare.Read,
                bufferSize: 0
            );
            return new JsonTarget(endpoint, stream, databases, timeProvider);
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
        foreach (var encoder in _idle)
            encoder.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    // A batch that is on its way: its own encoder, or none where it holds a value in pieces, and the part that is being encoded.
    private readonly record struct Job(EntryBatch Batch, JsonBatchEncoder? Encoder, Task Part);

    // Several batches are encoded side by side, and written in their order.
    private async Task WriteAllAsync(ChannelReader<EntryBatch> batches, CancellationToken cancellationToken)
    {
        var jobs = new Queue<Job>();
        try
        {
            while (true)
            {
                while (jobs.Count < BatchesEncoded && batches.TryRead(out var batch))
                    jobs.Enqueue(Begin(batch));

                if (jobs.TryPeek(out var job))
                {
                    await WriteAsync(job, cancellationToken).ConfigureAwait(false);
                    End(jobs.Dequeue());
                }
                else if (!await batches.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        finally
        {
            foreach (var job in jobs)
            {
                await job.Part.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                End(job);
            }
        }
    }

    private Job Begin(EntryBatch batch)
    {
        // One without entries asks for what was given to be settled (QueuedTarget.SettleAsync): here that is so once it is written.
        if (batch.Large is not null || batch.Count == 0)
            return new Job(batch, null, Task.CompletedTask);

        var encoder = _idle.Pop();
        encoder.Begin(batch);
        return new Job(batch, encoder, Task.Run(encoder.EncodePart, CancellationToken.None));
    }

    private void End(Job job)
    {
        job.Batch.Dispose();
        if (job.Encoder is { } encoder)
            _idle.Push(encoder);
    }

    private async ValueTask WriteAsync(Job job, CancellationToken cancellationToken)
    {
        if (job.Encoder is not { } encoder)
        {
            if (job.Batch.Large is not null)
                await WriteLargeAsync(job.Batch, cancellationToken).ConfigureAwait(false);
            return;
        }

        await job.Part.ConfigureAwait(false);
        while (true)
        {
            await WriteLinesAsync(job.Batch.Account, encoder.Lines, encoder.Keys, encoder.Functions, cancellationToken)
                .ConfigureAwait(false);
            if (encoder.Long is { } value)
                await WriteLongAsync(job.Batch, value, cancellationToken).ConfigureAwait(false);
            if (encoder.IsDone)
                return;

            encoder.EncodePart();
        }
    }

    private async ValueTask WriteLongAsync(EntryBatch batch, LongJsonValue value, CancellationToken cancellationToken)
    {
        await value.WriteAsync(batch, _writer, () => WritePartAsync(cancellationToken)).ConfigureAwait(false);
        batch.Account.NoteSlot(batch, batch.Entries[value.Index], Outcome.Written);
        await WriteLinesAsync(batch.Account, _writer.Json, keys: 1, functions: 0, cancellationToken)
            .ConfigureAwait(false);
    }

    // The line of a large value reaches the file in parts. If it breaks off, the file is cut back to where the line began.
    private async ValueTask WriteLargeAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        var entry = batch.Entries[0];
        if (JsonBatchEncoder.HasExpired(entry, _timeProvider))
        {
            batch.Account.Settle(batch, entry, Outcome.Expired);
            return;
        }

        var start = _written;
        try
        {
            _writer.BeginKey(batch, entry);
            await batch
                .Large!.DecodeAsync(entry.Type, batch.Version, _writer.Sink, GoOnAsync, cancellationToken)
                .ConfigureAwait(false);
            _writer.EndKey(entry);
            batch.Account.NoteSlot(batch, entry, Outcome.Written);
            await WriteLinesAsync(batch.Account, _writer.Json, keys: 1, functions: 0, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (batch.Large!.BrokeOffWith(exception))
        {
            await CutBackAsync(start, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (JsonBatchEncoder.WhyNot(exception) is { } reason)
        {
            await CutBackAsync(start, cancellationToken).ConfigureAwait(false);
            batch.Account.Fail(batch, entry, reason);
        }

        async ValueTask<bool> GoOnAsync()
        {
            await WritePartAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    // What has gone through a pipe cannot be taken back; it gets a line of its own.
    private async ValueTask CutBackAsync(long start, CancellationToken cancellationToken)
    {
        _writer.Json.CutTo(0);
        if (_written == start)
            return;

        if (_stream.CanSeek && _stream.Length >= _written)
        {
            _stream.SetLength(start);
            Volatile.Write(ref _written, start);
            return;
        }

        _writer.Json.EndLine();
        await WriteLinesAsync(account: null, _writer.Json, keys: 0, functions: 0, cancellationToken)
            .ConfigureAwait(false);
    }

    private ValueTask WritePartAsync(CancellationToken cancellationToken) =>
        _writer.Json.Count < FlushAt
            ? ValueTask.CompletedTask
            : WriteLinesAsync(account: null, _writer.Json, keys: 0, functions: 0, cancellationToken);

    // A key counts as written when the file has it.
    private async ValueTask WriteLinesAsync(
        Account? account,
        JsonLineWriter lines,
        int keys,
        int functions,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await _stream.WriteAsync(lines.Written, cancellationToken).ConfigureAwait(false);
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

        Volatile.Write(ref _written, _written + lines.Count);
        lines.Taken();
        account?.SettleKeys(Outcome.Written, keys);
        account?.SettleFunctions(functions);
    }
}
