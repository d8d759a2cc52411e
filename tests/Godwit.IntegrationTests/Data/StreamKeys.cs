using System.Globalization;

namespace Godwit.IntegrationTests.Data;

/// <summary>Streams without groups: one node and many, deleted and trimmed entries, ids at their limits.</summary>
internal static class StreamKeys
{
    public static void Add(DataWriter writer)
    {
        writer.Add("XADD", "stream:one", "0-1", "field", "value");
        AddFields(writer);
        AddIds(writer);
        AddNodes(writer);
        AddEmptied(writer);
        if (writer.Features.StreamCounters)
            AddCounters(writer);
    }

    /// <summary>Entries that share the first one's fields are stored without them.</summary>
    private static void AddFields(DataWriter writer)
    {
        for (var i = 1; i <= 50; i++)
        {
            writer.Add("XADD", "stream:same fields", Id(i), "temperature", i, "unit", "C");
            object[] fields =
                i % 3 == 0 ? ["temperature", i, "unit", "C"] : [$"field {i}", "value", "", "", $"n{i}", i];
            writer.Add(["XADD", "stream:different fields", Id(i), .. fields]);
        }

        for (var i = 0; i < PackedValues.Short.Count; i++)
            writer.Add(
                "XADD",
                "stream:packed values",
                Id(i + 1),
                PackedValues.Short[i],
                "as field",
                "as value",
                PackedValues.Short[i]
            );

        writer.Add("XADD", "stream:repeated field", "1-1", "same", "first", "same", "second");
        writer.Add(
            "XADD",
            "stream:long values",
            "1-1",
            "noise",
            writer.Noise(20_000),
            "prose",
            DataWriter.Prose(20_000)
        );
        writer.Add(["XADD", "stream:many fields", "1-1", .. Enumerable.Range(0, 400).Select(i => (object)$"item {i}")]);
    }

    private static void AddIds(DataWriter writer)
    {
        string[] ids =
        [
            "0-1",
            "0-18446744073709551615",
            "1-0",
            "5-1000",
            // Its sequence number is less than that of the node's first entry: a negative difference.
            "6-0",
            "1526919030474-55",
            "9223372036854775807-9223372036854775807",
            "9223372036854775808-9223372036854775808",
            "18446744073709551615-18446744073709551614",
        ];
        foreach (var id in ids)
            writer.Add("XADD", "stream:ids", id, "id", id);

        writer.Add("XADD", "stream:id set", "1-1", "field", "value");
        writer.Add("XSETID", "stream:id set", "1700000000000-18446744073709551615");
    }

    private static void AddNodes(DataWriter writer)
    {
        writer.Add("CONFIG", "SET", "stream-node-max-entries", 4);
        for (var i = 1; i <= 41; i++)
            writer.Add("XADD", "stream:nodes of four", Id(i), "number", i);
        writer.Add("XDEL", "stream:nodes of four", Id(1), Id(6), Id(9), Id(10), Id(11), Id(12), Id(41));
        writer.Add("CONFIG", "SET", "stream-node-max-entries", 100);

        for (var i = 1; i <= 1500; i++)
        {
            writer.Add("XADD", "stream:large", Id(i), "number", i, "payload", writer.Noise(i % 50));
            if (i <= 350)
                writer.Add("XADD", "stream:trimmed", Id(i), "number", i);
            if (i <= 350)
                writer.Add("XADD", "stream:trimmed roughly", Id(i), "number", i);
        }

        // Single entries, a whole node, the first and the last.
        for (var i = 400; i < 650; i++)
            writer.Add("XDEL", "stream:large", Id(i));
        writer.Add("XDEL", "stream:large", Id(1), Id(77), Id(1234), Id(1500));
        writer.Add("XTRIM", "stream:trimmed", "MAXLEN", 137);
        writer.Add("XTRIM", "stream:trimmed roughly", "MAXLEN", "~", 137);
    }

    private static void AddEmptied(DataWriter writer)
    {
        writer.Add("XADD", "stream:emptied by XDEL", "1700000000001-7", "field", "value");
        writer.Add("XDEL", "stream:emptied by XDEL", "1700000000001-7");
        writer.Add("XADD", "stream:emptied by XTRIM", "1700000000002-8", "field", "value");
        writer.Add("XTRIM", "stream:emptied by XTRIM", "MAXLEN", 0);
        writer.Add("XGROUP", "CREATE", "stream:never had an entry", "group", "$", "MKSTREAM");
        writer.Add("XGROUP", "DESTROY", "stream:never had an entry", "group");
    }

    private static void AddCounters(DataWriter writer)
    {
        foreach (var i in new[] { 3, 4, 9 })
            writer.Add("XADD", "stream:counters", Id(i), "number", i);
        writer.Add("XSETID", "stream:counters", Id(20), "ENTRIESADDED", 1000, "MAXDELETEDID", Id(15));

        writer.Add("XADD", "stream:counters:empty", Id(1), "number", 1);
        writer.Add("XDEL", "stream:counters:empty", Id(1));
        writer.Add("XSETID", "stream:counters:empty", Id(9), "ENTRIESADDED", 7, "MAXDELETEDID", Id(8));
    }

    private static string Id(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{1_600_000_000_000 + number * 10}-{number % 4}");
}
