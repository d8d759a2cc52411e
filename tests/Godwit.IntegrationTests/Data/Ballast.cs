using System.Globalization;

namespace Godwit.IntegrationTests.Data;

/// <summary>Ordinary keys, as an application has them, so that cursors and batches turn over many times.</summary>
internal static class Ballast
{
    private static readonly string[] Kinds = ["session", "queue", "tags", "ranks", "profile", "events"];

    public static void Add(DataWriter writer, int keys)
    {
        for (var i = 0; i < keys; i++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"user:{i}:{Kinds[i % Kinds.Length]}");
            AddOne(writer, key, i);
            if (i % 3 == 0)
                writer.Add("PEXPIREAT", key, ExpiringKeys.FarFuture + i);
        }
    }

    private static void AddOne(DataWriter writer, string key, int i)
    {
        switch (i % Kinds.Length)
        {
            case 0:
                writer.Add("SET", key, writer.Noise(i % 120));
                break;
            case 1:
                writer.Add("RPUSH", key, "job", i, writer.Noise(12));
                break;
            case 2:
                writer.Add("SADD", key, "red", "green", i);
                break;
            case 3:
                writer.Add("ZADD", key, i, "first", i / 7.0, "second");
                break;
            case 4:
                writer.Add("HSET", key, "name", $"user {i}", "visits", i, "note", DataWriter.Prose(i % 90));
                break;
            default:
                writer.Add("XADD", key, $"{1_700_000_000_000 + i}-0", "event", "login", "number", i);
                break;
        }
    }
}
