using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>Hashes with fields that expire soon and are renewed in the last moment, by each command that can.</summary>
internal static class ExpiringHashes
{
    /// <summary>Milliseconds that a field has to live.</summary>
    public const long Short = 2_000;

    /// <summary>Milliseconds that it has once it was renewed.</summary>
    public const long Long = 3_600_000;

    /// <summary>The hash with this name has so many fields that it goes in pieces (from 256 KiB on).</summary>
    public const string Large = "large";

    /// <summary>Hashes whose names end so are no listpack.</summary>
    public const string Table = "table";

    private const int ManyFields = 12_000;

    /// <summary>Fields that are renewed.</summary>
    public static readonly string[] Renewed = ["by HPEXPIRE", "by HEXPIREAT", "by HGETEX", "by HSETEX", "by HPERSIST"];

    /// <summary>Fields that are not, and are gone in the end.</summary>
    public static readonly string[] RunOut = ["ran out", "deleted"];

    /// <summary>A field of each hash that has an hour.</summary>
    public const string Far = "far";

    /// <summary>Makes a hash with all its fields, of which only the far one and some of a large hash expire.</summary>
    public static void Create(RespClient writer, string hash)
    {
        string[] fields = [FieldWatch.Plain, Far, .. Renewed, .. RunOut];
        writer.Call(["HSET", hash, .. fields.SelectMany(field => (object[])[field, $"value of {field}"])]);
        if (hash.EndsWith(Table, StringComparison.Ordinal))
            writer.Call("HSET", hash, "long", new string('x', 1000));
        if (hash == Large)
        {
            foreach (var part in Enumerable.Range(0, ManyFields).Chunk(1000))
                writer.Call([
                    "HSET",
                    hash,
                    .. part.SelectMany(i => (object[])[$"field {i}", $"value {i} {i * 7919L}"]),
                ]);
            writer.Call([
                "HPEXPIRE",
                hash,
                Long * 2,
                "FIELDS",
                500,
                .. Enumerable.Range(0, 500).Select(i => (object)$"field {i}"),
            ]);
        }

        writer.Call("HPEXPIRE", hash, Long, "FIELDS", 1, Far);
    }

    /// <summary>Gives the fields that are renewed, and those that are not, a short life.</summary>
    public static void Shorten(RespClient writer, string[] hashes)
    {
        foreach (var hash in hashes)
        {
            writer.Call(["HSET", hash, .. RunOut.SelectMany(field => (object[])[field, "value"])]);
            writer.Call(["HPEXPIRE", hash, Short, "FIELDS", Renewed.Length + RunOut.Length, .. Renewed, .. RunOut]);
        }
    }

    /// <summary>Renews them: in time for the source, and too late for a target that is held up and lets them expire by itself.</summary>
    public static async Task RenewInTimeAsync(RespClient writer, string[] hashes)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(Short / 4), TestContext.Current.CancellationToken);
        var late = TimeProvider.System.GetUtcNow().AddHours(1);
        var replies = writer.Pipeline(
            hashes.SelectMany(hash =>
                (object[][])
                    [
                        ["HPEXPIRE", hash, Long, "FIELDS", 2, Renewed[0], "nothing"],
                        ["HEXPIREAT", hash, late.ToUnixTimeSeconds(), "GT", "FIELDS", 2, Renewed[1], Far],
                        ["HGETEX", hash, "PX", Long, "FIELDS", 1, Renewed[2]],
                        ["HSETEX", hash, "FXX", "PXAT", late.ToUnixTimeMilliseconds(), "FIELDS", 1, Renewed[3], "new"],
                        ["HPERSIST", hash, "FIELDS", 1, Renewed[4]],
                        ["HDEL", hash, RunOut[1]],
                    ]
            )
        );
        replies.ShouldAllBe(reply => IsDone(reply), "The machine was too slow to renew a field in time.");
    }

    private static bool IsDone(object? reply) =>
        reply is 1L or byte[] || (reply is object?[] { Length: > 0 } fields && IsDone(fields[0]));
}
