using System.Runtime.ExceptionServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>Reads a reply for each command that was sent, and settles the entries by what they say. None goes unread.</summary>
/// <param name="target">Who answers.</param>
/// <param name="options">What the user chose.</param>
/// <param name="duplicates">Tells what we wrote ourselves.</param>
/// <param name="follows">
/// Another server may take this one's place: what it does not take for such a reason is noted, not refused. All that comes has
/// <see cref="PendingBatch.Fates"/>.
/// </param>
internal sealed class ReplySettler(
    RedisEndpoint target,
    RedisTargetOptions options,
    IDuplicateCheck duplicates,
    bool follows = false
)
{
    private const string KeyExists = "the target has this key already";
    private const string KeyExistsOrConflicts = "another source gave this key first, or it was there before";
    private const string LibraryExists = "the target has this function library, or one of its functions, already";
    private const string DiffersFromEarlierReading =
        "the target has another value under this key: it was there before, or an earlier reading of this source wrote it, "
        + "which broke off; with --on-existing replace the source's wins";

    private const string RemovedBeforeNaming =
        "the target removed the value before it got its name; "
        + "if it evicts keys (maxmemory-policy), give it room, or raise --large-value";

    private readonly List<int> _existing = [];
    private int _repliesOfTransaction;
    private int _repliesOfPart;
    private string? _transactionError;
    private bool _transactionRefused;
    private Detour? _transactionDetour;

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
    public bool KeepsExisting => options.OnExisting != OnExisting.Replace;

    /// <summary>Settles an entry whose key was found at the target before anything was sent.</summary>
    public void SettleExisting(EntryBatch batch, int index)
    {
        batch.Account.CountExisting();
        if (options.OnExisting == OnExisting.Skip)
            batch.Account.Settle(batch, batch.Entries[index], Outcome.Skipped);
        else if (batch.Account.IsReadAgain)
            batch.Account.Settle(batch, batch.Entries[index], Outcome.Written);
        else
            batch.Account.Fail(batch, batch.Entries[index], WhyItFails(batch, batch.Entries[index]));
    }

    /// <summary>Settles an entry whose key the target has, and not from us.</summary>
    public void SettleOthers(EntryBatch batch, int index)
    {
        if (batch.Entries[index].Kind == EntryKind.Key)
            batch.Account.CountExisting();

        if (options.OnExisting == OnExisting.Skip)
            batch.Account.Settle(batch, batch.Entries[index], Outcome.Skipped);
        else
            Fail(batch, index, WhyItFails(batch, batch.Entries[index]));
    }

    private string WhyItFails(EntryBatch batch, in Entry entry) =>
        entry.Kind == EntryKind.Function ? LibraryExists
        : batch.Account.IsReadAgain ? DiffersFromEarlierReading
        : options.SeveralSources ? KeyExistsOrConflicts
        : KeyExists;

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
                if (pending.Fates is { } fates)
                {
                    fates[steps[step].Entry] = Fate.Written;
                }
                else
                {
                    written++;
                    if (pending.Batch.Account.CountsBySlot)
                    {
                        pending.Batch.Account.NoteSlot(
                            pending.Batch,
                            pending.Batch.Entries[steps[step].Entry],
                            Outcome.Written
                        );
                    }
                }
            }
            else if (!TrySettle(input, pending, steps[step]))
            {
                break;
            }
        }

        if (written > 0)
            pending.Batch.Account.SettleKeys(Outcome.Written, written);
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
                    pending.Progress!.Settle(reply, reply.IsError && IsRefusal(reply), DetourOf(reply));
                else
                    SettleReply(pending, step, reply);
                return true;
        }
    }

    private void SettleReply(PendingBatch pending, in Step step, RespValue reply)
    {
        if (step.Entry >= 0 && pending.Fates is { } fates && DetourOf(reply) is { } detour)
        {
            fates.Divert(step.Entry, detour);
            return;
        }

        if (reply.IsError && IsRefusal(reply))
            return;

        if (step.Kind is StepKind.Select or StepKind.Asking)
        {
            if (reply.IsError)
                throw ServerErrorException.Of(
                    target,
                    step.Kind == StepKind.Select ? "SELECT" : "ASKING",
                    reply.Bytes.Span
                );
            return;
        }

        ref readonly var entry = ref pending.Batch.Entries[step.Entry];
        if (!reply.IsError)
            SettleWritten(pending, step.Entry);
        else if (step.Kind == StepKind.Restore && reply.Text.StartsWith("BUSYKEY", StringComparison.Ordinal))
            AddExisting(pending, step.Entry);
        else if (step.Kind == StepKind.Function && ReplyErrors.IsExistingLibrary(reply.Text) && KeepsExisting)
            AddExisting(pending, step.Entry);
        else
            Fail(pending, step.Entry, ReplyErrors.Describe(pending.Batch, entry, reply));
    }

    // MULTI, then QUEUED for each command, then what EXEC says. The first error is the reason.
    private bool TrySettleTransaction(RespInput input, PendingBatch pending, in Step step)
    {
        while (RespValue.TryParse(input.Buffered, out var reply, out var consumed))
        {
            input.Advance(consumed);
            if (reply.IsError)
            {
                _transactionDetour ??= DetourOf(reply);
                _transactionRefused |= _transactionDetour is null && IsRefusal(reply);
                _transactionError ??= ReplyErrors.Answered(reply);
            }

            if (_repliesOfTransaction++ <= step.Commands)
                continue;

            var (error, isRefused, detour) = (_transactionError, _transactionRefused, _transactionDetour);
            _repliesOfTransaction = 0;
            _transactionError = null;
            _transactionRefused = false;
            _transactionDetour = null;
            if (detour is not null)
                pending.Fates!.Divert(step.Entry, OfTransaction(detour, step.Naming));
            else if (!isRefused)
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
            progress.Answered(reply, reply.IsError && IsRefusal(reply), DetourOf(reply));
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
            Fail(pending, step.Entry, error);
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
                AddExisting(pending, step.Entry);
            else
                SettleWritten(pending, step.Entry);
        }
        else if (
            firstError == naming
            && ReplyErrors.IsMissingKey(firstError)
            && pending.Batch.Large is not null
            && !WasThere(last)
        )
        {
            Fail(pending, step.Entry, RemovedBeforeNaming);
        }
        else if (firstError == naming && ReplyErrors.IsMissingKey(firstError))
        {
            // All went well, and then there was nothing to rename: by the target's clock its time was over.
            pending.Batch.Account.Settle(pending.Batch, entry, Outcome.Expired);
            Note(pending, step.Entry, Fate.Settled);
        }
        else if (!IsRefusal(firstError))
        {
            Fail(
                pending,
                step.Entry,
                $"{ReplyErrors.Answered(firstError)}; what it took of the value is there under the key's name"
            );
        }
    }

    // PERSIST or PEXPIREAT, the first of the commands that name a value in pieces, says 0 where there is nothing.
    private static bool WasThere(RespValue transaction) => transaction.Items[0].Integer != 0;

    private async ValueTask SettleExistingAsync(EntryBatch batch, CancellationToken cancellationToken)
    {
        foreach (var index in _existing)
        {
            try
            {
                if (
                    MayBeOurs(batch, index)
                    && await duplicates.IsDuplicateAsync(batch, index, cancellationToken).ConfigureAwait(false)
                )
                {
                    // Into what was empty at the beginning nobody else has written the same.
                    if (
                        batch.Account.IsReadAgain
                        && options.OnExisting == OnExisting.Fail
                        && batch.Entries[index].Kind == EntryKind.Key
                    )
                        await duplicates.SetExpiryAsync(batch, index, cancellationToken).ConfigureAwait(false);
                    batch.Account.Settle(
                        batch,
                        batch.Entries[index],
                        batch.Account.IsReadAgain ? Outcome.Written : Outcome.Duplicate
                    );
                    continue;
                }

                SettleOthers(batch, index);
            }
            catch (GodwitException exception)
            {
                // The connection for questions is lost, and this one may still have replies.
                Refuse(exception);
            }
        }

        _existing.Clear();
    }

    // Where existing keys are skipped a key that came twice has been skipped or written the first time, and to ask for each
    // would cost more than it tells. Several sources often have the same function libraries.
    private bool MayBeOurs(EntryBatch batch, int index) =>
        batch.Account.IsReadAgain
        || (batch.Entries[index].Kind == EntryKind.Function && options.SeveralSources)
        || (batch.Account.MayRepeat && options.OnExisting == OnExisting.Fail);

    // Where one server may take another's place, what was written is settled only when it cannot be lost any more.
    private static void SettleWritten(PendingBatch pending, int index)
    {
        if (pending.Fates is { } fates)
            fates[index] = Fate.Written;
        else
            pending.Batch.Account.Settle(pending.Batch, pending.Batch.Entries[index], Outcome.Written);
    }

    private void AddExisting(PendingBatch pending, int index)
    {
        if (pending.Fates is { } fates)
            fates[index] = Fate.Existing;
        else
            _existing.Add(index);
    }

    private static void Note(PendingBatch pending, int index, Fate fate)
    {
        if (pending.Fates is { } fates)
            fates[index] = fate;
    }

    private Detour? DetourOf(RespValue reply) => follows && reply.IsError ? Detour.Of(reply, target) : null;

    // Two names of one slot are together only where the whole slot is. A single one is where ASK says.
    private static Detour OfTransaction(Detour detour, Naming naming) =>
        detour.Kind == DetourKind.Ask && naming != Naming.None ? detour with { Kind = DetourKind.MovingSlot } : detour;

    private void Fail(PendingBatch pending, int index, string reason)
    {
        Note(pending, index, Fate.Settled);
        Fail(pending.Batch, index, reason);
    }

    private void Fail(EntryBatch batch, int index, string reason)
    {
        try
        {
            batch.Account.Fail(batch, batch.Entries[index], reason);
        }
        catch (GodwitException exception)
        {
            Refuse(exception);
        }
    }

    private bool IsRefusal(RespValue error)
    {
        var refusal = ReplyErrors.RefusalOf(error, target);
        if (refusal is not null)
            Refuse(refusal);
        return refusal is not null;
    }

    private void Refuse(GodwitException exception) => Refusal ??= ExceptionDispatchInfo.Capture(exception);
}
