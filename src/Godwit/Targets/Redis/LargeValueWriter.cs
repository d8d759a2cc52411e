using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>
/// Writes a <see cref="LargeValue"/> by its type's commands, piece after piece as it comes, under a name that nobody has. When
/// every command has been taken, one transaction gives it the key's name; until then nobody sees it, and if it breaks off the
/// name is removed again.
/// </summary>
internal sealed class LargeValueWriter(
    RedisTargetOptions options,
    TargetProfile profile,
    ValueCommands commands,
    GuardNames guards
)
{
    // Milliseconds: a day, longer than any value takes. Should we be killed, the target removes by itself what has got no name
    // yet.
    private const long UnnamedFor = 24 * 60 * 60 * 1000;

    // What is sent at once: enough for the server to be busy while replies travel.
    private const int PartLength = 256 * 1024;

    /// <summary>
    /// Writes the value of the batch's only entry. The last commands, which give it the key's name, are left for the caller to
    /// send, with <paramref name="pending"/>; where there are none the entry is settled, or its source broke off.
    /// </summary>
    /// <param name="pending">Holds the batch.</param>
    /// <param name="output">Takes the commands; the database is chosen.</param>
    /// <param name="send">Flushes the output, and passes on that replies are due.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>
    /// Settled where it is, be it by its source, which broke off; null where commands are left to be sent, or it was not taken to its
    /// end.
    /// </returns>
    public async Task<Fate?> WriteAsync(
        PendingBatch pending,
        RespOutput output,
        Func<PendingBatch, ValueTask> send,
        CancellationToken cancellationToken
    )
    {
        var batch = pending.Batch;
        var entry = batch.Entries[0];
        var guardKey = GuardOf(batch);
        var progress = new LargeValueProgress();
        var sent = 0;
        string? failure = null;
        commands.Begin(output, guardKey, UnnamedFor);
        try
        {
            await batch
                .Large!.DecodeAsync(entry.Type, batch.Version, commands, SendFullPartAsync, cancellationToken)
                .ConfigureAwait(false);
            commands.End();
        }
        catch (Exception exception) when (batch.Large!.BrokeOffWith(exception))
        {
            // The source takes it back by now, whether or not we come to remove what was written.
            if (pending.Fates is { } fates)
                fates[0] = Fate.Settled;
            await SendPartAsync().ConfigureAwait(false);
            await RemoveAsync(guardKey, output, send).ConfigureAwait(false);
            return Fate.Settled;
        }
        catch (RdbFormatException exception)
        {
            failure = $"the value is damaged: {exception.What} at byte {exception.Offset} of it";
        }

        await SendPartAsync().ConfigureAwait(false);
        new RespWriter(output).WriteCommand("PTTL", guardKey);
        await send(PendingBatch.EndOfParts(progress)).ConfigureAwait(false);
        await progress.WhenSettled(cancellationToken).ConfigureAwait(false);
        failure ??= WhyNot(batch.Account, progress);
        var isOver = sent == 0 || (progress.IsGone && commands.HasFieldExpiries);
        if (failure is null && !isOver)
        {
            WriteNaming(pending, entry, guardKey, output);
            return null;
        }

        await RemoveAsync(guardKey, output, send).ConfigureAwait(false);
        if (progress.Detour is not null || progress.IsRefused)
            return null;

        if (failure is null)
            batch.Account.Settle(batch, entry, Outcome.Expired);
        else
            batch.Account.Fail(batch, entry, failure);
        return Fate.Settled;

        async ValueTask<bool> SendFullPartAsync()
        {
            if (output.Buffered >= PartLength)
                await SendPartAsync().ConfigureAwait(false);
            return !progress.HasFailed;
        }

        async ValueTask SendPartAsync()
        {
            commands.EndPart();
            var part = commands.Count - sent;
            sent = commands.Count;
            if (part > 0)
                await send(PendingBatch.Part(progress, part)).ConfigureAwait(false);
        }
    }

    /// <summary>The name under which the value of the batch's only entry is built.</summary>
    public byte[] GuardOf(EntryBatch batch) => guards.Of(batch.Key(batch.Entries[0]));

    private string? WhyNot(Account account, LargeValueProgress progress)
    {
        if (progress.Error is { } error)
            return $"the target answered: {error}";

        // Its first command gave it a lifetime. Where that has gone, so had the key: what came later is only its end.
        var isCut = progress.IsGone ? !commands.HasFieldExpiries : !progress.HasLifetime;
        if (commands.Count > 0 && isCut)
        {
            return "the target removed a part of the value while the rest was being written; "
                + "if it evicts keys (maxmemory-policy), give it room, or raise --large-value";
        }

        if (progress.Claimed < commands.Claims)
        {
            return $"{commands.Claims - progress.Claimed} entries are pending in this stream that are not in it any more; "
                + "a stream of this size is written in pieces, and such ids only as a whole: raise --large-value";
        }

        return commands.LostFieldExpiries && !account.Allowed.HasFlag(Losses.FieldExpiries)
            ? BatchEncoder.FieldExpiriesAreLost(profile)
            : null;
    }

    private static async ValueTask RemoveAsync(byte[] guardKey, RespOutput output, Func<PendingBatch, ValueTask> send)
    {
        new RespWriter(output).WriteCommand("UNLINK", guardKey);
        await send(PendingBatch.Part(new LargeValueProgress(), 1)).ConfigureAwait(false);
    }

    private void WriteNaming(PendingBatch pending, in Entry entry, byte[] guardKey, RespOutput output)
    {
        var key = pending.Batch.Key(entry).ToArray();
        var replace = options.OnExisting == OnExisting.Replace;
        var writer = new RespWriter(output);
        writer.WriteCommand("MULTI");
        if (entry.ExpireAt != Entry.None)
            writer.WriteCommand("PEXPIREAT", guardKey, entry.ExpireAt);
        else
            writer.WriteCommand("PERSIST", guardKey);
        if (replace)
        {
            // What is there may be as large, and is not to be freed in one go by RENAME.
            writer.WriteCommand("UNLINK", key);
            writer.WriteCommand("RENAME", guardKey, key);
        }
        else
        {
            writer.WriteCommand("RENAMENX", guardKey, key);
            writer.WriteCommand("UNLINK", guardKey);
        }

        writer.WriteCommand("EXEC");
        if (commands.LostFieldExpiries)
            pending.Batch.Account.Lost.Add(Losses.FieldExpiries);
        if (entry.IdleSeconds != Entry.None || entry.Frequency != Entry.None)
            pending.Batch.Account.Lost.Add(Losses.Idle);
        pending.Add(new Step(StepKind.Transaction, 0, Commands: 3, replace ? Naming.Rename : Naming.RenameIfFree));
        options.Ways.UsedCommands = true;
    }
}
