namespace Godwit.IntegrationTests.Data;

/// <summary>Hashes, small and large, at the limits of their encodings.</summary>
internal static class HashKeys
{
    public static void Add(DataWriter writer)
    {
        writer.Add("HSET", "hash:one", "field", "value");
        writer.Add("HSET", "hash:empties", "", "value of the empty field", "empty value", "");
        writer.Add("HSET", "hash:both empty", "", "");
        writer.AddMany("HSET", "hash:small", PackedValues.Short.SelectMany((value, i) => Pair(value, $"value {i}")));
        writer.AddMany(
            "HSET",
            "hash:small values",
            PackedValues.Short.SelectMany((value, i) => Pair($"field {i}", value))
        );
        writer.Add("HSET", "hash:64", new string('f', 64), new string('v', 64));
        writer.Add("HSET", "hash:65", "field", new string('v', 65));
        foreach (var count in new[] { 128, 129, 512, 513 })
            writer.AddMany("HSET", "hash:" + count, Enumerable.Range(0, count).SelectMany(i => Pair($"field {i}", i)));

        writer.AddMany(
            "HSET",
            "hash:large",
            Enumerable.Range(0, 3000).SelectMany(i => Pair(writer.Noise(1 + i % 70), writer.Noise(i % 200)))
        );
        writer.AddMany(
            "HSET",
            "hash:long values",
            PackedValues.Lengths.SelectMany(length => Pair(length, writer.Noise(length)))
        );
        writer.Add(
            "HSET",
            "hash:prose",
            "field",
            DataWriter.Prose(100_000),
            DataWriter.Prose(300),
            DataWriter.Prose(40)
        );
        writer.Add("HINCRBY", "hash:counter", "count", long.MaxValue);
        writer.Add("HINCRBYFLOAT", "hash:counter", "float", "0.1");
    }

    private static object[] Pair(object field, object value) => [field, value];
}
