using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;
using Godwit.Verification.Content;

namespace Godwit.Verification.Large;

/// <summary>Asks for members of sets and sorted sets, and for fields of hashes, by name.</summary>
internal static class MemberQuestions
{
    /// <summary>What HPEXPIRETIME says of a field that is not there.</summary>
    public const long FieldIsGone = -2;

    /// <summary>Puts those that are there into the table.</summary>
    public static async Task AskAsync(
        LargeKey key,
        ValueKind kind,
        List<ReadOnlyMemory<byte>> names,
        ElementTable found,
        CancellationToken cancellationToken
    )
    {
        if (names.Count == 0)
            return;

        var command = kind switch
        {
            ValueKind.Set => "SISMEMBER",
            ValueKind.SortedSet => "ZSCORE",
            _ => "HGET",
        };
        var replies = await key.AskEachAsync(command, names, cancellationToken).ConfigureAwait(false);
        var expiries =
            kind == ValueKind.Hash ? await ExpiriesAsync(key, names, cancellationToken).ConfigureAwait(false) : [];
        for (var i = 0; i < names.Count; i++)
        {
            var reply = replies[i];
            if (kind == ValueKind.Set && reply.Integer != 0)
                found.SetMember(names[i].Span);
            else if (kind == ValueKind.SortedSet && !reply.IsNull)
                found.SortedSetMember(names[i].Span, ScoreOf(reply));
            else if (kind == ValueKind.Hash && !reply.IsNull)
                found.HashField(names[i].Span, reply.Bytes.Span, Math.Max(expiries[i], IValueSink.NoExpiry));
        }
    }

    /// <summary>When fields expire, in Unix milliseconds; -1: does not, -2: is not there.</summary>
    public static async Task<long[]> ExpiriesAsync(
        LargeKey key,
        List<ReadOnlyMemory<byte>> fields,
        CancellationToken cancellationToken
    )
    {
        // Before Redis 7.4 and Valkey 9.0 fields do not expire.
        var reply = await key.TryAskAsync(
                cancellationToken,
                ["HPEXPIRETIME", key.Key, "FIELDS", fields.Count, .. fields.Select(field => new RespArgument(field))]
            )
            .ConfigureAwait(false);
        var expiries = new long[fields.Count];
        for (var i = 0; i < expiries.Length; i++)
            expiries[i] = reply is { Items.Count: > 0 } ? reply.Items[i].Integer : IValueSink.NoExpiry;
        return expiries;
    }

    /// <summary>A score as servers give it.</summary>
    public static double ScoreOf(RespValue score) =>
        score.Kind == RespKind.Double ? score.Double : RespNumber.ParseDouble(score.Bytes.Span);
}
