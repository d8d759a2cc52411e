using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>
/// What DUMP gave of one hash whose fields expire, from Redis 8.0 and Valkey 9.1, packed and as a table, with and without
/// compression. The fields <c>soon</c>, <c>late</c>, <c>7</c> and, in half of them, <c>far</c> expire; others do not.
/// </summary>
internal static class FieldExpiryPayloads
{
    public const long Soon = 2_000_000_000_123;
    public const long Late = Soon + 86_400_000;
    public const long Far = 20_000_000_000_000;

    private const string Zs =
        "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
        + "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a";

    private static readonly Dictionary<string, string> Payloads = new(StringComparer.Ordinal)
    {
        ["Redis, packed, compressed"] =
            "197b204aa9d1010000c3404e40551f550000000f0084736f6f6e050101f47b204aa9d1010000090701f290eefe04f4037b7c70ae60100b846c"
            + "61746505847465787405e00215106e6f6e6505817802000183666172048179200900ff0c0041e09dc74ed3b078",
        ["Redis, packed, compressed, far"] =
            "197b204aa9d1010000c34057405d1f5d0000000f0084736f6f6e050101f47b204aa9d1010000090701f290eefe04f4037b7c70ae60100b846c"
            + "61746505847465787405e001150e8366617204817902f40040e59c301220380b846e6f6e65058178020001ff0c0039753fb871778fc5",
        ["Redis, packed"] =
            "197b204aa9d10100004055550000000f0084736f6f6e050101f47b204aa9d1010000090701f290eefe04f47b7c70aed101000009846c617465"
            + "05847465787405f47b7c70aed101000009846e6f6e6505817802000183666172048179020001ff0c000b814ad8f19fda23",
        ["Redis, packed, far"] =
            "197b204aa9d1010000405d5d0000000f0084736f6f6e050101f47b204aa9d1010000090701f290eefe04f47b7c70aed101000009846c617465"
            + "05847465787405f47b7c70aed1010000098366617204817902f40040e59c3012000009846e6f6e65058178020001ff0c005c2955d7fa42fc20",
        ["Redis, table, compressed"] =
            "187b204aa9d10100000680052"
            + "65c01046c617465047465787400046e6f6e65017800046c6f6e67c3094046017a7ae03900017a7a0104736f6f6ec0018005265c01c007c290ee"
            + "feff000366617201790c00b9722a86af73e36e",
        ["Redis, table, compressed, far"] =
            "187b204aa9d10100000680052"
            + "65c01046c617465047465787400046e6f6e65017800046c6f6e67c3094046017a7ae03900017a7a0104736f6f6ec0018005265c01c007c290ee"
            + "feff810000105ef39b1f860366617201790c000290e234ca634819",
        ["Redis, table"] =
            "187b204aa9d101000006800526"
            + $"5c01046c617465047465787400046e6f6e65017800046c6f6e674046{Zs}0104736f6f6ec0018005265c01c007c290eefeff00036661720179"
            + "0c00dc63aa19c94d1661",
        ["Redis, table, far"] =
            "187b204aa9d101000006800526"
            + $"5c01046c617465047465787400046e6f6e65017800046c6f6e674046{Zs}0104736f6f6ec0018005265c01c007c290eefeff810000105ef39b"
            + "1f860366617201790c000aa6c7fa93f39b84",
        ["Valkey"] =
            "160504736f6f6ec0017b204aa9d1010000046c61746504746578747b7c70aed1010000c007c290eefeff7b7c70aed1010000046e6f6e650178"
            + "ffffffffffffffff036661720179ffffffffffffffff500017d67dd36aabceda",
        ["Valkey, far"] =
            "160504736f6f6ec0017b204aa9d1010000046c61746504746578747b7c70aed1010000c007c290eefeff7b7c70aed1010000046e6f6e650178"
            + "ffffffffffffffff0366617201790040e59c301200005000a6d25d7e9e355949",
        ["Valkey, long, compressed, far"] =
            "160604736f6f6ec0017b204aa9d1010000046c61746504746578747b7c70aed1010000c007c290eefeff7b7c70aed1010000046e6f6e650178"
            + "ffffffffffffffff0366617201790040e59c30120000046c6f6e67c3094046017a7ae03900017a7affffffffffffffff500076ae4d78d6c282e7",
        ["Valkey, long"] =
            "160604736f6f6ec0017b204aa9d1010000046c61746504746578747b7c70aed1010000c007c290eefeff7b7c70aed1010000046e6f6e650178"
            + $"ffffffffffffffff036661720179ffffffffffffffff046c6f6e674046{Zs}ffffffffffffffff50005c9996a044392efe",
    };

    /// <summary>Their names, as the rows of a theory.</summary>
    public static TheoryData<string> Names => [.. Payloads.Keys];

    /// <summary>One of them, taken apart, and checked by its own checksum.</summary>
    public static (RdbType Type, RdbVersion Version, byte[] Value) Of(string name)
    {
        DumpPayload.Read(Convert.FromHexString(Payloads[name]), out var type, out var version, out var value);
        return (type, version, value.ToArray());
    }
}
