using System.Runtime.ExceptionServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
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
    private const string DiscardedBecause = "EXECABORT Transaction discarded because of: ";
    private const string KeyExists = "the target has this key already";

    // Errors that every further write would meet too.
    private static readonly string[] FatalCodes =
    [
        "READONLY",
        "MISCONF",
        "NOREPLICAS",
        "NOAUTH",
        "MASTERDOWN",
        "LOADING",
        "BUSY",
        "CLUSTERDOWN",
    ];

    private readonly List<int> _existing = [];
    private int _repliesOfTransaction;
    private int _repliesOfPart;
    private string? _transactionError;
    private bool _transactionRefused;

    /// <summary>
    /// Why no more is to be sent: the target is full or refuses all writes, or more keys have failed than the user wants to
    /// see. What was sent already is settled all the same, for some of it may have been written. Null while all is well.
    /// </summary>
    public ExceptionDispatchInfo? Refusal { get; private set; }

    /// <summary>
    /// Settles the batch. Waits for the replies that are not there yet. An entry that is refused along with all others is not
    /// settled: it is neither written nor at fault.
    /// </summary>
    /// <exception cref="ConnectionException">The connection was lost before all replies were there.</exception>
    /// <exception cref="ProtocolException">What came is no reply.</exception>
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

    /// <summary>A key that the target has already stays as it is.</summary>
    public bool KeepsExisting => onExisting != OnExisting.Replace;

    /// <summary>Settles an entry whose key was found at the target before anything was sent.</summary>
    public void SettleExisting(EntryBatch batch, int index)
    {
        if (onExisting == OnExisting.Skip)
            ledger.SettleKeys(Outcome.Skipped, 1);
        else
            ledger.Fail(batch, batch.Entries[index], KeyExists);
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
                return TrySettleTransaction(input, pending, step);
            case StepKind.Part:
                return TrySettlePart(input, pending.Progress!, step);
            default:
                if (!RespValue.TryParse(input.Buffered, out var reply, out var consumed))
                    return false;
                input.Advance(consumed);
                if (step.Kind == StepKind.EndOfParts)
                    pending.Progress!.Settle(reply, reply.IsError && IsRefusal(reply));
                else
                    SettleReply(pending, step, reply);
                return true;
        }
    }

    private void SettleReply(PendingBatch pending, in Step step, RespValue reply)
    {
        if (reply.IsError && IsRefusal(reply))
            return;

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
            Fail(pending.Batch, entry, Describe(pending.Batch, entry, reply));
    }

    // MULTI, then QUEUED for each command, then what EXEC says. The first error is the reason.
    private bool TrySettleTransaction(RespInput input, PendingBatch pending, in Step step)
    {
        while (RespValue.TryParse(input.Buffered, out var reply, out var consumed))
        {
            input.Advance(consumed);
            if (reply.IsError)
            {
                _transactionRefused |= IsRefusal(reply);
                _transactionError ??= Answered(reply);
            }

            if (_repliesOfTransaction++ <= step.Commands)
                continue;

            var (error, isRefused) = (_transactionError, _transactionRefused);
            _repliesOfTransaction = 0;
            _transactionError = null;
            _transactionRefused = false;
            if (!isRefused)
                SettleTransaction(pending, step, reply, error);
            return true;
        }

        return false;
    }

    private bool TrySettlePart(RespInput input, LargeValueProgress progress, in Step step)
    {
        for (; _repliesOfPart < step.Commands; _repliesOfPart++)
        {
            if (!RespValue.TryParse(input.Buffered, out var reply, out var consumed))
                return false;

            input.Advance(consumed);
            progress.Answered(reply, reply.IsError && IsRefusal(reply));
        }

        _repliesOfPart = 0;
        return true;
    }

    private void SettleTransaction(PendingBatch pending, in Step step, RespValue last, string? error)
    {
        ref readonly var entry = ref pending.Batch.Entries[step.Entry];
        if (error is null && last.Items.Count != step.Commands)
            error = "the target did not run the key's transaction";
        if (error is not null)
        {
            Fail(pending.Batch, entry, error);
            return;
        }

        var firstError = last.Items.FirstOrDefault(reply => reply.IsError);
        var naming = step.Naming switch
        {
            Naming.RenameIfFree => last.Items[^2],
            Naming.Rename => last.Items[^1],
            _ => null,
        };
        if (firstError is null)
        {
            // RENAMENX says 0 where the name is taken.
            if (step.Naming == Naming.RenameIfFree && naming!.Integer == 0)
                _existing.Add(step.Entry);
            else
                ledger.Settle(entry, Outcome.Written);
        }
        else if (firstError == naming && IsMissingKey(firstError))
        {
            // All went well, and then there was nothing to rename: by the target's clock its time was over.
            ledger.Settle(entry, Outcome.Expired);
        }
        else if (!IsRefusal(firstError))
        {
            Fail(
                pending.Batch,
                entry,
                $"{Answered(firstError)}; what it took of the value is there under the key's name"
            );
        }
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

            try
            {
                var isOurs =
                    duplicates is not null
                    && await duplicates.IsDuplicateAsync(batch, index, cancellationToken).ConfigureAwait(false);
                if (isOurs)
                    ledger.SettleKeys(Outcome.Duplicate, 1);
                else
                    Fail(batch, batch.Entries[index], KeyExists);
            }
            catch (GodwitException exception)
            {
                // The connection for questions is lost, and this one may still have replies.
                Refuse(exception);
            }
        }

        _existing.Clear();
    }

    private void Fail(EntryBatch batch, in Entry entry, string reason)
    {
        try
        {
            ledger.Fail(batch, entry, reason);
        }
        catch (GodwitException exception)
        {
            Refuse(exception);
        }
    }

    private bool IsRefusal(RespValue error)
    {
        // EXEC repeats what the transaction was refused for.
        var text = error.Text;
        var cause = text.IndexOf(DiscardedBecause, StringComparison.Ordinal);
        var code = ServerErrorException.CodeOf(cause < 0 ? text : text[(cause + DiscardedBecause.Length)..]);
        if (code == "OOM")
            Refuse(new TargetFullException(target.ToString(), ServerErrorException.Clean(error.Bytes.Span)));
        else if (FatalCodes.Contains(code))
            Refuse(ServerErrorException.Of(target, "a write", error.Bytes.Span));
        else
            return false;
        return true;
    }

    private void Refuse(GodwitException exception) => Refusal ??= ExceptionDispatchInfo.Capture(exception);

    // Errors may repeat arguments, and arguments are values.
    private static string Answered(RespValue error) =>
        $"the target answered: {ServerErrorException.Clean(error.Bytes.Span)}";

    private static bool IsMissingKey(RespValue error) =>
        error.Text.Contains("no such key", StringComparison.OrdinalIgnoreCase);

    private static bool IsExistingLibrary(string error) =>
        error.Contains("already exists", StringComparison.OrdinalIgnoreCase);

    private static string Describe(EntryBatch batch, in Entry entry, RespValue error)
    {
        if (
            entry is { Kind: EntryKind.Key, Type: RdbType.Module }
            && error.Text.Contains("Bad data format", StringComparison.Ordinal)
        )
        {
            var id = new RdbCursor(batch.Value(entry)).TryReadLength(out var moduleId) ? moduleId : 0;
            return $"the target cannot load a value of the module type {ModuleName.Of(id)}, so that module is missing or older there";
        }

        return Answered(error);
    }
}
