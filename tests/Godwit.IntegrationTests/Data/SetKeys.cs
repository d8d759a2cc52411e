namespace Godwit.IntegrationTests.Data;

/// <summary>Sets: intsets of each width, listpacks, hash tables.</summary>
internal static class SetKeys
{
    public static void Add(DataWriter writer)
    {
        writer.Add("SADD", "set:intset:one", 7);
        writer.Add("SADD", "set:intset:16", 0, 1, -1, short.MaxValue, short.MinValue);
        writer.Add("SADD", "set:intset:32", 0, 1, -1, short.MaxValue + 1, int.MaxValue, int.MinValue);
        writer.Add("SADD", "set:intset:64", 0, -1, int.MaxValue + 1L, long.MaxValue, long.MinValue);
        writer.AddMany("SADD", "set:intset:512", Enumerable.Range(-256, 512).Select(i => (object)(i * 3)));

        writer.Add("SADD", "set:one", "member");
        writer.Add("SADD", "set:one empty", "");
        writer.AddMany("SADD", "set:small", PackedValues.Short);
        writer.Add("SADD", "set:64 and 65 bytes", new string('m', 64), new string('m', 65), "short");
        writer.AddMany("SADD", "set:128", Enumerable.Range(0, 128).Select(i => (object)$"member {i}"));
        writer.AddMany("SADD", "set:129", Enumerable.Range(0, 129).Select(i => (object)$"member {i}"));
        writer.AddMany("SADD", "set:513 integers", Enumerable.Range(0, 513).Select(i => (object)(long.MaxValue - i)));
        writer.AddMany("SADD", "set:large", Enumerable.Range(0, 3000).Select(i => (object)writer.Noise(1 + i % 70)));
        writer.Add("SADD", "set:long members", DataWriter.Prose(20_000), writer.Noise(20_000), "");
    }
}
