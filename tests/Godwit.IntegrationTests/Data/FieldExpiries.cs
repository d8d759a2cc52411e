using System.Globalization;

namespace Godwit.IntegrationTests.Data;

/// <summary>Hashes of which some fields, or all, expire, far from now.</summary>
internal static class FieldExpiries
{
    /// <summary>Every key that this makes begins so.</summary>
    public const string Prefix = "hash expiring:";

    public static void Add(DataWriter writer)
    {
        writer.Add("HSET", Prefix + "one", "field", "value");
        Expire(writer, Prefix + "one", "field", ExpiringKeys.FarFuture);

        writer.Add("HSET", Prefix + "small", "stays", "a", "goes", "b", "", "", "same time", "c", "later", "d");
        Expire(writer, Prefix + "small", "goes", ExpiringKeys.FarFuture);
        Expire(writer, Prefix + "small", "same time", ExpiringKeys.FarFuture);
        Expire(writer, Prefix + "small", "", ExpiringKeys.FarFuture + 1);
        Expire(writer, Prefix + "small", "later", ExpiringKeys.FarFuture + 86_400_000);

        AddLarge(writer, Prefix + "large", every: 3);
        AddLarge(writer, Prefix + "large, all", every: 1);

        writer.Add("HSET", Prefix + "binary", new byte[] { 0, 0xff, 13, 10 }, new byte[] { 0xfe }, "12", "13");
        Expire(writer, Prefix + "binary", new byte[] { 0, 0xff, 13, 10 }, ExpiringKeys.FarFuture + 7);

        // The key expires too, before its field does.
        writer.Add("HSET", Prefix + "key too", "field", "value");
        Expire(writer, Prefix + "key too", "field", ExpiringKeys.FarFuture + 5);
        writer.Add("PEXPIREAT", Prefix + "key too", ExpiringKeys.FarFuture - 5);

        // Once it expired, now it does not: it keeps the encoding with expiries, and must not be lost or held back for it.
        writer.Add("HSET", "hash persisted", "field", "value", "other", "value");
        Expire(writer, "hash persisted", "field", ExpiringKeys.FarFuture);
        writer.Add("HPERSIST", "hash persisted", "FIELDS", 1, "field");
    }

    private static void AddLarge(DataWriter writer, string key, int every)
    {
        for (var i = 0; i < 1000; i++)
        {
            var field = string.Create(CultureInfo.InvariantCulture, $"field {i}");
            writer.Add("HSET", key, field, "value " + new string('v', i % 100));
            if (i % every == 0)
                Expire(writer, key, field, ExpiringKeys.FarFuture + i % 50 * 1000);
        }
    }

    private static void Expire(DataWriter writer, string key, object field, long unixMilliseconds) =>
        writer.Add("HPEXPIREAT", key, unixMilliseconds, "FIELDS", 1, field);
}
