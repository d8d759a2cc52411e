namespace Godwit.IntegrationTests.Data;

/// <summary>Lists: one small node, many nodes, compressed nodes, nodes that are one plain element.</summary>
internal static class ListKeys
{
    public static void Add(DataWriter writer)
    {
        writer.Add("RPUSH", "list:one", "element");
        writer.Add("RPUSH", "list:one empty", "");
        writer.AddMany("RPUSH", "list:small", PackedValues.Short);
        foreach (var integer in PackedValues.Integers.Distinct())
            writer.Add("RPUSH", "list:integer:" + integer, integer, "text", integer);

        foreach (var length in PackedValues.Lengths)
        {
            writer.Add("RPUSH", "list:noise:" + length, writer.Noise(length), "", writer.Noise(length));
            writer.Add("RPUSH", "list:prose:" + length, "a", DataWriter.Prose(length), "b");
        }

        // A neighbour of 254 bytes and more widens the next ziplist entry's back length from one byte to five.
        writer.Add("RPUSH", "list:back lengths", new string('x', 253), "a", new string('y', 254), "b", "c");
        writer.AddMany("RPUSH", "list:large", Mixed(writer, 3000));
        AddCompressed(writer);
        AddPlain(writer);
    }

    private static void AddCompressed(DataWriter writer)
    {
        writer.Add("CONFIG", "SET", "list-compress-depth", 1);
        writer.AddMany(
            "RPUSH",
            "list:compressed",
            Enumerable.Range(0, 2000).Select(i => (object)$"a repeated text, number {i}")
        );
        writer.Add("CONFIG", "SET", "list-max-ziplist-size", 4);
        writer.AddMany("RPUSH", "list:compressed:nodes of four", Mixed(writer, 200));
        writer.Add("CONFIG", "SET", "list-max-ziplist-size", -2);
        writer.Add("CONFIG", "SET", "list-compress-depth", 0);
    }

    /// <summary>An element that fills a node by itself is stored without a listpack around it, from 7.0 on.</summary>
    private static void AddPlain(DataWriter writer)
    {
        // 7.0 does so from 1 GB on unless told otherwise; later ones at a node's own size.
        if (writer.Features.Functions)
            writer.Add("DEBUG", "QUICKLIST-PACKED-THRESHOLD", 9000);

        writer.Add("RPUSH", "list:plain", writer.Noise(10_000));
        writer.Add(
            "RPUSH",
            "list:plain between packed",
            "a",
            "b",
            DataWriter.Prose(20_000),
            "c",
            writer.Noise(12_000),
            ""
        );
        writer.Add("RPUSH", "list:plain large", DataWriter.Prose(100_000), writer.Noise(100_000));

        if (writer.Features.Functions)
            writer.Add("DEBUG", "QUICKLIST-PACKED-THRESHOLD", 1 << 30);
    }

    private static IEnumerable<object> Mixed(DataWriter writer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return (i % 5) switch
            {
                0 => PackedValues.Integers[i % PackedValues.Integers.Count],
                1 => "",
                2 => writer.Noise(writer.Random.Next(1, 80)),
                _ => $"element {i}",
            };
        }
    }
}
