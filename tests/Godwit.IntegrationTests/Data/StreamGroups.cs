using System.Globalization;

namespace Godwit.IntegrationTests.Data;

/// <summary>Streams with groups: every state that a group, a consumer and a pending entry can be in.</summary>
internal static class StreamGroups
{
    private const long Delivered = 1_700_000_000_123;

    public static void Add(DataWriter writer)
    {
        AddGroups(writer);
        AddConsumers(writer);
        AddPending(writer);
        AddGonePending(writer);
        AddManyPending(writer);
    }

    private static void AddGroups(DataWriter writer)
    {
        AddEntries(writer, "groups:no consumers", 10);
        writer.Add("XGROUP", "CREATE", "groups:no consumers", "from the start", 0);
        writer.Add("XGROUP", "CREATE", "groups:no consumers", "from the end", "$");
        // What it has read is not known: the server says null.
        writer.Add("XGROUP", "CREATE", "groups:no consumers", "from the middle", Id(5));
        writer.Add("XGROUP", "CREATE", "groups:no consumers", "beyond the end", "9999999999999-9");
        writer.Add("XGROUP", "CREATE", "groups:no consumers", "", Id(3));
        writer.Add("XGROUP", "CREATE", "groups:no consumers", new byte[] { 0, 0xff, 13, 10 }, Id(3));
        if (writer.Features.StreamCounters)
        {
            writer.Add("XGROUP", "CREATE", "groups:no consumers", "known entries read", Id(5), "ENTRIESREAD", 5);
            writer.Add("XGROUP", "CREATE", "groups:no consumers", "odd entries read", Id(5), "ENTRIESREAD", 2);
        }

        writer.Add("XGROUP", "CREATE", "groups:empty stream", "group", "$", "MKSTREAM");
        AddEntries(writer, "groups:emptied stream", 2);
        writer.Add("XGROUP", "CREATE", "groups:emptied stream", "group", Id(1));
        writer.Add("XDEL", "groups:emptied stream", Id(1), Id(2));
    }

    private static void AddConsumers(DataWriter writer)
    {
        const string Key = "groups:consumers without pending";
        AddEntries(writer, Key, 10);
        writer.Add("XGROUP", "CREATE", Key, "group", 0);
        Read(writer, Key, "group", "has acknowledged", 4);
        for (var i = 1; i <= 4; i++)
            writer.Add("XACK", Key, "group", Id(i));
        writer.Add("XREADGROUP", "GROUP", "group", "without acknowledgement", "COUNT", 2, "NOACK", "STREAMS", Key, ">");
        if (writer.Features.Functions)
            writer.Add("XGROUP", "CREATECONSUMER", Key, "group", "never read");
    }

    private static void AddPending(DataWriter writer)
    {
        const string Key = "groups:pending";
        AddEntries(writer, Key, 30);
        writer.Add("XGROUP", "CREATE", Key, "group", 0);
        writer.Add("XGROUP", "CREATE", Key, "other", 0);
        Read(writer, Key, "group", "alice", 6);
        Read(writer, Key, "group", "", 3);
        Read(writer, Key, "group", (byte[])[0xff, 0, 13, 10], 3);
        Read(writer, Key, "other", "alice", 12);
        writer.Add("XACK", Key, "group", Id(2), Id(8));
        int[] ofAlice = [1, 3, 4, 5, 6];
        foreach (var i in ofAlice)
            Claim(writer, Key, "group", "alice", i, Delivered + i, i * i);
        Claim(writer, Key, "group", "", 7, Delivered - 7, 1);
        Claim(writer, Key, "group", "", 9, 0, 1_000_000);
        for (var i = 10; i <= 12; i++)
            Claim(writer, Key, "group", (byte[])[0xff, 0, 13, 10], i, Delivered, 0);
        for (var i = 1; i <= 12; i++)
            Claim(writer, Key, "other", i % 2 == 0 ? "bob" : "alice", i, Delivered + 1000 * i, 2);
    }

    /// <summary>Entries that are still pending although the stream no longer has them.</summary>
    private static void AddGonePending(DataWriter writer)
    {
        AddEntries(writer, "groups:pending deleted", 10);
        AddEntries(writer, "groups:pending trimmed", 10);
        AddEntries(writer, "groups:pending, all deleted", 3);
        AddDelivered(writer, "groups:pending deleted", 8);
        AddDelivered(writer, "groups:pending trimmed", 8);
        AddDelivered(writer, "groups:pending, all deleted", 3);
        writer.Add("XDEL", "groups:pending deleted", Id(1), Id(4), Id(8));
        writer.Add("XTRIM", "groups:pending trimmed", "MAXLEN", 5);
        writer.Add("XDEL", "groups:pending, all deleted", Id(1), Id(2), Id(3));
    }

    private static void AddDelivered(DataWriter writer, string key, int pending)
    {
        writer.Add("XGROUP", "CREATE", key, "group", 0);
        Read(writer, key, "group", "alice", pending);
        for (var i = 1; i <= pending; i++)
            Claim(writer, key, "group", "alice", i, Delivered + i, i);
    }

    private static void AddManyPending(DataWriter writer)
    {
        const string Key = "groups:many pending";
        AddEntries(writer, Key, 700);
        writer.Add("XGROUP", "CREATE", Key, "group", 0);
        for (var consumer = 0; consumer < 5; consumer++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"consumer {consumer}");
            Read(writer, Key, "group", name, 120);
            var ids = Enumerable.Range(consumer * 120 + 1, 120).Select(i => (object)Id(i));
            writer.Add([
                "XCLAIM",
                Key,
                "group",
                name,
                0,
                .. ids,
                "TIME",
                Delivered + consumer,
                "RETRYCOUNT",
                3,
                "JUSTID",
            ]);
        }
    }

    private static void AddEntries(DataWriter writer, string key, int count)
    {
        for (var i = 1; i <= count; i++)
            writer.Add("XADD", key, Id(i), "number", i);
    }

    private static void Read(DataWriter writer, string key, string group, object consumer, int count) =>
        writer.Add("XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", key, ">");

    /// <summary>Sets when, and how many times, an entry was delivered: otherwise the time of the fill would show.</summary>
    private static void Claim(
        DataWriter writer,
        string key,
        string group,
        object consumer,
        int entry,
        long delivered,
        int times
    ) =>
        writer.Add(
            "XCLAIM",
            key,
            group,
            consumer,
            0,
            Id(entry),
            "TIME",
            delivered,
            "RETRYCOUNT",
            times,
            "FORCE",
            "JUSTID"
        );

    private static string Id(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{1_650_000_000_000 + number}-{number % 3}");
}
