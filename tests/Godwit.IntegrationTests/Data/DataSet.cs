using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Data;

/// <summary>
/// Keys of every type in every encoding that a server can hold, at every encoding's limits, the same ones on every run.
/// </summary>
internal static class DataSet
{
    public const int DefaultSeed = 20;

    /// <summary>The databases that hold something.</summary>
    public static IReadOnlyList<int> Databases { get; } = [0, 1, 9, 15];

    /// <summary>Fills a server; nothing in it expires within the lifetime of a test.</summary>
    public static void Fill(RespClient client, int seed = DefaultSeed)
    {
        var features = ServerFeatures.Ask(client);
        var writer = new DataWriter(client, features, seed);

        writer.Select(0);
        StringKeys.Add(writer);
        KeyNames.Add(writer);
        ListKeys.Add(writer);
        SetKeys.Add(writer);
        SortedSetKeys.Add(writer);
        HashKeys.Add(writer);
        StreamKeys.Add(writer);
        StreamGroups.Add(writer);
        ExpiringKeys.Add(writer);
        Ballast.Add(writer, 1500);
        if (features.FieldExpiry)
            FieldExpiries.Add(writer);
        if (features.Functions)
            FunctionLibrary.Add(writer);

        // The same name in several databases, with another type in each: a reader that mixes databases up is found out.
        writer.Add("SET", "same name", "in 0");
        writer.Select(1);
        writer.Add("RPUSH", "same name", "in", "1");
        Ballast.Add(writer, 300);
        writer.Select(9);
        writer.Add("HSET", "same name", "in", "9");
        ExpiringKeys.Add(writer);
        Ballast.Add(writer, 200);
        writer.Select(15);
        writer.Add("SADD", "same name", "in", "15");
        StreamKeys.Add(writer);
        writer.Select(0);
        writer.Flush();
    }

    /// <summary>A handful of keys, one of each type: enough to see that a way works.</summary>
    public static void FillSmall(RespClient client)
    {
        var writer = new DataWriter(client, ServerFeatures.Ask(client), DefaultSeed);
        writer.Select(0);
        writer.Add("SET", "string", "value");
        writer.Add("RPUSH", "list", "a", "b", "1");
        writer.Add("SADD", "set", "1", "2", "3");
        writer.Add("ZADD", "zset", "1.5", "a", "inf", "b");
        writer.Add("HSET", "hash", "field", "value");
        writer.Add("XADD", "stream", "1-1", "field", "value");
        writer.Add("SET", "expiring", "value");
        writer.Add("PEXPIREAT", "expiring", ExpiringKeys.FarFuture);
        writer.Select(9);
        writer.Add("SET", "in nine", DataWriter.Prose(400));
        writer.Select(0);
        writer.Flush();
    }
}
