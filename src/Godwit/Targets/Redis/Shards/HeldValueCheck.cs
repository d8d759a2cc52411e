using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis.Shards;

/// <summary>Tells whether a server that has a key already has it from us, who may have written it before.</summary>
/// <remarks>
/// Of the expiry it matters whether there is one, not when: it comes in one command or transaction with the value, so no failover
/// parts them, and a slot that moves takes it along as the time that is left, which comes out a little later.
/// </remarks>
/// <param name="control">Asks the server.</param>
/// <param name="node">Whom it asks.</param>
internal sealed class HeldValueCheck(ControlConnection control, RedisEndpoint node)
{
    private const long NoExpiry = -1;
    private const long NoKey = -2;

    /// <summary>Asks.</summary>
    /// <param name="batch">Holds the entry.</param>
    /// <param name="index">Which one.</param>
    /// <param name="database">Its database at the target.</param>
    /// <param name="setsExpiry">It was read anew: if the value is the same, its expiry becomes what was read now.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <returns>
    /// True if it holds what the entry says. False if it holds something else. A detour where the server does not answer for the
    /// key any more, or the key has gone meanwhile, so that the entry is to be sent again.
    /// </returns>
    /// <exception cref="ServerErrorException">It does not let us read the key.</exception>
    public async Task<(bool IsSame, Detour? Detour)> CompareAsync(
        EntryBatch batch,
        int index,
        int database,
        bool setsExpiry,
        CancellationToken cancellationToken
    )
    {
        var entry = batch.Entries[index];
        var key = batch.Key(entry).ToArray();
        var dump = await AskAsync("DUMP", key).ConfigureAwait(false);
        if (DetourOf(dump, "DUMP") is { } detour)
            return (false, detour);
        if (dump.IsNull)
            return (false, GoneMeanwhile());
        if (!IsSame(batch, entry, dump.Bytes.Span))
            return (false, null);

        if (setsExpiry)
        {
            var set =
                entry.ExpireAt == Entry.None
                    ? await AskAsync("PERSIST", key).ConfigureAwait(false)
                    : await AskAsync("PEXPIREAT", key, entry.ExpireAt).ConfigureAwait(false);
            return (true, DetourOf(set, "PEXPIREAT"));
        }

        var left = await AskAsync("PTTL", key).ConfigureAwait(false);
        if (DetourOf(left, "PTTL") is { } late)
            return (false, late);
        return left.Integer == NoKey
            ? (false, GoneMeanwhile())
            : ((left.Integer == NoExpiry) == (entry.ExpireAt == Entry.None), null);

        Task<RespValue> AskAsync(params RespArgument[] command) =>
            control.AskAsync(database, asked => asked.TryExecuteAsync(cancellationToken, command), cancellationToken);
    }

    private Detour GoneMeanwhile() => new(DetourKind.Later, null, $"{node.Address} has lost the key meanwhile");

    private Detour? DetourOf(RespValue reply, string command) =>
        !reply.IsError
            ? null
            : Detour.Of(reply, node) ?? throw ServerErrorException.Of(node, command, reply.Bytes.Span);

    private static bool IsSame(EntryBatch batch, in Entry entry, ReadOnlySpan<byte> payload)
    {
        try
        {
            DumpPayload.Read(payload, out var type, out var version, out var value);
            if (type == entry.Type && value.SequenceEqual(batch.Value(entry)))
                return true;

            return ValueDigest.Of(entry.Type, batch.Version, batch.Value(entry)) is { } ours
                && ValueDigest.Of(type, version, value) == ours;
        }
        catch (GodwitException)
        {
            // What cannot be read cannot be told to be ours.
            return false;
        }
    }
}
