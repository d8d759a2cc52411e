using System.Security.Cryptography;
using Godwit.Connections;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>
/// Asks a target which payloads it takes, by RESTORE of small samples that expired in 1970: the server checks and loads each,
/// then drops it, so that no key ever appears (<c>src/cluster.c</c>, restoreCommand; since 6.0).
/// </summary>
internal static class RestoreProbe
{
    // Every version that a server which is alive today writes; the highest that each accepts is among them.
    private static readonly int[] Versions = [6, 7, 8, 9, 10, 11, 12, 80];

    // A value of each type, without type byte and footer. Types that only their own module can load are not asked for.
    private static readonly (RdbType Type, string Value)[] Samples =
    [
        (RdbType.List, "010178"),
        (RdbType.Set, "010178"),
        (RdbType.SortedSetTextScores, "0101780131"),
        (RdbType.Hash, "0101660176"),
        (RdbType.SortedSet, "010178000000000000f03f"),
        (RdbType.HashZipmap, "0701016601" + "0076ff"),
        (RdbType.ListZiplist, "0e0e0000000a0000000100000178ff"),
        (RdbType.SetIntset, "0a02000000010000000100"),
        (RdbType.SortedSetZiplist, "10100000000d000000020000017803f2ff"),
        (RdbType.HashZiplist, "10100000000d000000020000017803f2ff"),
        (RdbType.ListQuicklist, "010e0e0000000a0000000100000178ff"),
        (RdbType.Stream, "0000000000"),
        (RdbType.HashListpack, "0d0d0000000200816602817602ff"),
        (RdbType.SortedSetListpack, "0c0c00000002008178020101ff"),
        (RdbType.ListQuicklist2, "01020a0a0000000100817802ff"),
        (RdbType.Stream2, "00000000000000000000"),
        (RdbType.SetListpack, "0a0a0000000100817802ff"),
        (RdbType.Stream3, "00000000000000000000"),
    ];

    private static readonly (RdbType Type, string Value)[] RedisSamples =
    [
        (RdbType.HashWithExpiries, "00f0c6a13b0300000101016601" + "76"),
        (RdbType.HashListpackWithExpiries, "00f0c6a13b0300000f0f00000003008166028176020001ff"),
    ];

    private static readonly (RdbType Type, string Value)[] ValkeySamples =
    [
        (RdbType.HashWithExpiries22, "0101660176ffffffffffffffff"),
    ];

    /// <summary>Asks, in two rounds.</summary>
    /// <param name="connection">To the target.</param>
    /// <param name="family">Whose numbers from 22 on it speaks.</param>
    /// <param name="tag">What the probe's key begins with, so that it is of a slot which the server owns; else empty.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ServerErrorException">The server refuses RESTORE as such: the code says why.</exception>
    public static async Task<RestoreSupport> AskAsync(
        RedisConnection connection,
        RdbFamily family,
        string tag,
        CancellationToken cancellationToken
    )
    {
        var key = NewKey(tag);

        var versions = new HashSet<int>();
        foreach (var version in Versions)
        {
            var reply = await TryAsync(connection, key, RdbType.String, "0178", version, cancellationToken)
                .ConfigureAwait(false);
            if (!reply.IsError)
                versions.Add(version);
            else if (!IsRefusalOfPayload(reply))
                throw ServerErrorException.Of(connection.Endpoint, "RESTORE", reply.Bytes.Span);
        }

        var refused = new HashSet<RdbType>();
        if (versions.Count > 0)
        {
            var version = versions.Max();
            foreach (var (type, value) in Samples.Concat(family == RdbFamily.Redis ? RedisSamples : ValkeySamples))
            {
                var reply = await TryAsync(connection, key, type, value, version, cancellationToken)
                    .ConfigureAwait(false);
                if (reply.IsError)
                    refused.Add(type);
            }
        }

        return new RestoreSupport(versions, refused, family);
    }

    /// <summary>A name that nobody has, behind a tag for its slot, for servers that are older than the check for expired ones.</summary>
    internal static string NewKey(string tag = "") =>
        $"{tag}godwit:probe:{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>The whole DUMP payload of a sample.</summary>
    internal static byte[] Payload(RdbType type, string value, int version)
    {
        var bytes = Convert.FromHexString(value);
        var payload = new byte[1 + bytes.Length + DumpPayload.FooterLength];
        payload[0] = (byte)type;
        bytes.CopyTo(payload, 1);
        DumpPayload.WriteFooter(payload.AsSpan(1 + bytes.Length), version, DumpPayload.Sign(type, bytes, version));
        return payload;
    }

    private static Task<RespValue> TryAsync(
        RedisConnection connection,
        string key,
        RdbType type,
        string value,
        int version,
        CancellationToken cancellationToken
    ) => connection.TryExecuteAsync(cancellationToken, "RESTORE", key, 1, Payload(type, value, version), "ABSTTL");

    // "ERR DUMP payload version or checksum are wrong", "ERR Bad data format".
    private static bool IsRefusalOfPayload(RespValue error) =>
        error.Text.Contains("payload", StringComparison.OrdinalIgnoreCase)
        || error.Text.Contains("Bad data format", StringComparison.OrdinalIgnoreCase);
}
