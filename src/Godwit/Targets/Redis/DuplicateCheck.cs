using System.Security.Cryptography;
using System.Text;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Redis;

/// <summary>Tells a key that a source gave twice from one that somebody else has written.</summary>
internal interface IDuplicateCheck
{
    /// <summary>True if the target holds just what the entry says, so that nothing is left to do for it.</summary>
    ValueTask<bool> IsDuplicateAsync(EntryBatch batch, int index, CancellationToken cancellationToken);
}

/// <summary>
/// SCAN may return a key more than once. The second time its name is taken at the target, by our own doing. Whether that is
/// so is seen by the target's own DUMP: of the key, and of the same payload under a name that nobody has.
/// </summary>
/// <param name="control">Asks the target.</param>
/// <param name="support">Which payloads the target takes.</param>
/// <param name="mapDatabase">From a source's database to the target's.</param>
internal sealed class DuplicateCheck(ControlConnection control, RestoreSupport support, Func<int, int> mapDatabase)
    : IDuplicateCheck
{
    /// <inheritdoc/>
    public async ValueTask<bool> IsDuplicateAsync(EntryBatch batch, int index, CancellationToken cancellationToken)
    {
        var entry = batch.Entries[index];
        var key = batch.Key(entry).ToArray();
        byte[] ours = [(byte)entry.Type, .. batch.Value(entry)];
        return await control
            .AskAsync(
                mapDatabase(entry.Database),
                connection =>
                    HoldsAsync(
                        connection,
                        key,
                        ours,
                        support.SignatureFor(entry.Type, batch.Version),
                        cancellationToken
                    ),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    // The sample goes by itself even if we do not live to delete it.
    private const int SampleLifetimeMilliseconds = 60_000;

    // Where the target refuses an answer it cannot be told, and the entry is not passed for a duplicate.
    private static async Task<bool> HoldsAsync(
        RedisConnection connection,
        byte[] key,
        byte[] ours,
        int? signature,
        CancellationToken cancellationToken
    )
    {
        var there = await connection.TryExecuteAsync(cancellationToken, "DUMP", key).ConfigureAwait(false);
        if (there.Bytes.Length <= DumpPayload.FooterLength || there.IsError)
            return false;

        var theirs = there.Bytes[..^DumpPayload.FooterLength];
        if (theirs.Span.SequenceEqual(ours))
            return true;
        if (signature is not { } version)
            return false;

        // Versions serialize alike values differently, so the target is asked to say ours in its own words.
        byte[] name = [.. key, .. ":godwit-"u8, .. Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(12))];
        byte[] payload = [.. ours, .. new byte[DumpPayload.FooterLength]];
        var crc = DumpPayload.Sign((RdbType)ours[0], ours.AsSpan(1), version);
        DumpPayload.WriteFooter(payload.AsSpan(ours.Length), version, crc);
        var restored = await connection
            .TryExecuteAsync(cancellationToken, "RESTORE", name, SampleLifetimeMilliseconds, payload)
            .ConfigureAwait(false);
        if (restored.IsError)
            return false;

        var dump = await connection.TryExecuteAsync(cancellationToken, "DUMP", name).ConfigureAwait(false);
        await connection.TryExecuteAsync(cancellationToken, "DEL", name).ConfigureAwait(false);
        return dump.Bytes.Length > DumpPayload.FooterLength
            && theirs.Span.SequenceEqual(dump.Bytes.Span[..^DumpPayload.FooterLength]);
    }
}
