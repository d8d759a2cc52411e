using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>Reads a reply for each command that was sent, and settles the entries by what they say. None goes unread.</summary>
internal sealed class ReplySettler(
    RedisEndpoint target,
    OnExisting onExisting,
    Ledger ledger,
    IDuplicateCheck? duplicates
)
{
    private const string KeyExists = "the target has this key already";

    // Errors that every further write would meet too.
    private static readonly string[] FatalCodes = ["READONLY", "MISCONF", "NOREPLICAS", "NOAUTH", "MASTERDOWN"];

    private readonly List<int> _existing = [];
    private int _repliesOfTransaction;
    private string? _transactionError;

    /// <summary>Settles the batch. Waits for the replies that are not there yet.</summary>
    /// <exception cref="TargetFullException">The target has no memory left.</exception>
    /// <exception cref="ServerErrorException">The target refuses all writes.</exception>
    /// <exception cref="TooManyErrorsException">More keys have failed than the user wants to see.</exception>
    public async ValueTask SettleAsync(RespInput input, PendingBatch pending, CancellationToken cancellationToken)
    {
        for (var step = SettleBuffered(input, pending, 0); step < pending.Steps.Length; )
        {
            await input.FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
            step = SettleBuffered(input, pending, step);
        }

        if (_existing.Count > 0)
            await SettleExistingAsync(pending.Batch, cancellationToken).ConfigureAwait(false);
    }

    private int SettleBuffered(RespInput input, PendingBatch pending, int step)
    {
        var steps = pending.Steps;
        var written = 0;
        for (; step < steps.Length; step++)
        {
            // By far the most frequent reply, told by a single comparison.
            if (steps[step].Kind == StepKind.Restore && input.Buffered.StartsWith("+OK\r\n"u8))
            {
                input.Advance(5);
                written++;
            }
            else if (!TrySettle(input, pending, steps[step]))
            {
                break;
            }
        }

        ledger.SettleKeys(Outcome.Written, written);
        return step;
    }

    private bool TrySettle(RespInput input, PendingBatch pending, in Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Transaction:
            case StepKind.Discarded:
                return TrySettleTransaction(input, pending, step);
            default:
                if (!RespValue.TryParse(input.Buffered, out var reply, out var consumed))
                    return false;
                input.Advance(consumed);
                SettleReply(pending, step, reply);
                return true;
        }
    }

    private void SettleReply(PendingBatch pending, in Step step, RespValue reply)
    {
        if (reply.IsError)
            ThrowIfFatal(reply);

        if (step.Kind == StepKind.Select)
        {
            if (reply.IsError)
                throw ServerErrorException.Of(target, "SELECT", reply.Bytes.Span);
            return;
        }

        ref readonly var entry = ref pending.Batch.Entries[step.Entry];
        if (!reply.IsError)
            ledger.Settle(entry, Outcome.Written);
        else if (step.Kind == StepKind.Restore && reply.Text.StartsWith("BUSYKEY", StringComparison.Ordinal))
            _existing.Add(step.Entry);
        else if (step.Kind == StepKind.Function && IsExistingLibrary(reply.Text) && onExisting == OnExisting.Skip)
            ledger.Settle(entry, Outcome.Skipped);
        else
            ledger.Fail(pending.Batch, entry, Describe(pending.Batch, entry, reply.Text));
    }

    // MULTI, then QUEUED for each command, then what EXEC or DISCARD says. The first error is the reason.
    private bool TrySettleTransaction(RespInput input, PendingBatch pending, in Step step)
    {
        while (RespValue.TryParse(input.Buffered, out var reply, out var consumed))
        {
            input.Advance(consumed);
            if (reply.IsError)
            {
                ThrowIfFatal(reply);
                _transactionError ??= reply.Text;
            }

            if (_repliesOfTransaction++ <= step.Commands)
                continue;

            var error = _transactionError;
            _repliesOfTransaction = 0;
            _transactionError = null;
            SettleTransaction(pending, step, reply, error);
            return true;
        }

        return false;
    }

    private void SettleTransaction(PendingBatch pending, in Step step, RespValue last, string? error)
    {
        ref readonly var entry = ref pending.Batch.Entries[step.Entry];
        if (step.Kind == StepKind.Discarded)
        {
            if (pending.Reason(step.Entry) is { } reason)
                ledger.Fail(pending.Batch, entry, reason);
            else
                ledger.Settle(entry, Outcome.Expired);
            return;
        }

        if (error is not null)
        {
            ledger.Fail(pending.Batch, entry, $"the target answered: {error}");
            return;
        }

        foreach (var reply in last.Items)
        {
            if (!reply.IsError)
                continue;

            ThrowIfFatal(reply);
            ledger.Fail(
                pending.Batch,
                entry,
                $"the target answered: {reply.Text}; what it took of the value is there under the key's name"
            );
            return;
        }

        // RENAMENX says 0 where the name is taken.
        if (step.Guarded && last.Items[^2].Integer == 0)
            _existing.Add(step.Entry);
        else
            ledger.Settle(entry, Outcome.Written);
    }

    private async ValueTask SettleExistingAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        foreach (var index in _existing)
        {
            if (onExisting == OnExisting.Skip)
            {
                ledger.SettleKeys(Outcome.Skipped, 1);
                continue;
            }

            var isOurs =
                duplicates is not null
                && await duplicates.IsDuplicateAsync(batch, index, cancellationToken).ConfigureAwait(false);
            if (isOurs)
                ledger.SettleKeys(Outcome.Duplicate, 1);
            else
                ledger.Fail(batch, batch.Entries[index], KeyExists);
        }

        _existing.Clear();
    }

    private void ThrowIfFatal(RespValue error)
    {
        var code = ServerErrorException.CodeOf(error.Text);
        if (code == "OOM")
            throw new TargetFullException(target.ToString(), error.Text);
        if (FatalCodes.Contains(code))
            throw ServerErrorException.Of(target, "a write", error.Bytes.Span);
    }

    private static bool IsExistingLibrary(string error) =>
        error.Contains("already exists", StringComparison.OrdinalIgnoreCase);

    private static string Describe(EntryBatch batch, in Entry entry, string error)
    {
        if (
            entry is { Kind: EntryKind.Key, Type: RdbType.Module }
            && error.Contains("Bad data format", StringComparison.Ordinal)
        )
        {
            var id = new RdbCursor(batch.Value(entry)).TryReadLength(out var moduleId) ? moduleId : 0;
            return $"the target cannot load a value of the module type {ModuleName.Of(id)}, so that module is missing or older there";
        }

        return $"the target answered: {error}";
    }
}
