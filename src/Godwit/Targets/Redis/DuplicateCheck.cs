using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol.Rdb;

namespace Godwit.Targets.Redis;

/// <summary>Tells what we wrote ourselves, or might have, from what somebody else has written.</summary>
internal interface IDuplicateCheck
{
    /// <summary>True if the target holds just what the entry says, so that nothing is left to do for it.</summary>
    ValueTask<bool> IsDuplicateAsync(EntryBatch batch, int index, CancellationToken cancellationToken);

    /// <summary>
    /// Sets when a key expires that is ours: where a slot moves from server to server, its keys' expiries go along as the time
    /// that is left, and come out a little later.
    /// </summary>
    ValueTask SetExpiryAsync(EntryBatch batch, int index, CancellationToken cancellationToken);
}

/// <summary>For a target that tells it elsewhere.</summary>
internal sealed class NoDuplicateCheck : IDuplicateCheck
{
    /// <inheritdoc/>
    public ValueTask<bool> IsDuplicateAsync(EntryBatch batch, int index, CancellationToken cancellationToken) =>
        ValueTask.FromResult(false);

    /// <inheritdoc/>
    public ValueTask SetExpiryAsync(EntryBatch batch, int index, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("nothing is ours");
}

/// <summary>
/// SCAN may return a key more than once. The second time its name is taken at the target, by our own doing. Whether that is
/// so is seen by the target's own DUMP: of the key, and of the same payload under a name that nobody has. Of a function library
/// the target gives the code.
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
        if (entry.Kind == EntryKind.Function)
        {
            var code = batch.Value(entry).ToArray();
            return await control
                .AskAsync(connection => HasLibraryAsync(connection, key, code, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }

        byte[] ours = [(byte)entry.Type, .. batch.Value(entry)];
        return await control
            .AskAsync(
                mapDatabase(entry.Database),
                connection =>
                    HoldsAsync(
                        connection,
                        key,
                        ours,
                        ValueDigest.Of(entry.Type, batch.Version, ours.AsSpan(1)),
                        support.SignatureFor(entry.Type, batch.Version),
                        cancellationToken
                    ),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask SetExpiryAsync(EntryBatch batch, int index, CancellationToken cancellationToken)
    {
        var entry = batch.Entries[index];
        var key = batch.Key(entry).ToArray();
        await control
            .AskAsync(
                mapDatabase(entry.Database),
                connection =>
                    entry.ExpireAt == Entry.None
                        ? connection.TryExecuteAsync(cancellationToken, "PERSIST", key)
                        : connection.TryExecuteAsync(cancellationToken, "PEXPIREAT", key, entry.ExpireAt),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private static async Task<bool> HasLibraryAsync(
        RedisConnection connection,
        byte[] name,
        byte[] code,
        CancellationToken cancellationToken
    )
    {
        if (name.Length == 0)
            return false;

        var reply = await connection
            .TryExecuteAsync(cancellationToken, "FUNCTION", "LIST", "LIBRARYNAME", name, "WITHCODE")
            .ConfigureAwait(false);
        return !reply.IsError
            && reply.Items.Any(library => library["library_code"]?.Bytes.Span.SequenceEqual(code) == true);
    }

    // The sample goes by itself even if we do not live to delete it.
    private const int SampleLifetimeMilliseconds = 60_000;

    // Where the target refuses an answer it cannot be told, and the entry is not passed for a duplicate.
    private static async Task<bool> HoldsAsync(
        RedisConnection connection,
        byte[] key,
        byte[] ours,
        UInt128? digest,
        int? signature,
        CancellationToken cancellationToken
    )
    {
        var there = await connection.TryExecuteAsync(cancellationToken, "DUMP", key).ConfigureAwait(false);
        if (there.Bytes.Length <= DumpPayload.FooterLength || there.IsError)
            return false;

        var theirs = there.Bytes[..^DumpPayload.FooterLength];
        if (theirs.Span.SequenceEqual(ours) || AreSameString(theirs.Span, ours))
            return true;

        // Another server of the same shard may have laid out the same value in another way.
        var written = RdbVersion.OfPayload(
            BinaryPrimitives.ReadUInt16LittleEndian(there.Bytes.Span[^DumpPayload.FooterLength..])
        );
        if (digest is not null && ValueDigest.Of((RdbType)theirs.Span[0], written, theirs.Span[1..]) is { } held)
            return digest == held;
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

    // A short string comes as it is where the target's DUMP compresses it, or has it as an integer.
    private static bool AreSameString(ReadOnlySpan<byte> theirs, ReadOnlySpan<byte> ours)
    {
        if (theirs[0] != (byte)RdbType.String || ours[0] != (byte)RdbType.String)
            return false;

        using var theirBuffer = new RdbStringBuffer();
        using var ourBuffer = new RdbStringBuffer();
        var theirCursor = new RdbCursor(theirs[1..], 0);
        var ourCursor = new RdbCursor(ours[1..], 0);
        return theirCursor.TryReadString(theirBuffer, out var their)
            && ourCursor.TryReadString(ourBuffer, out var our)
            && their.SequenceEqual(our);
    }
}
