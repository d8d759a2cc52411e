using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

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
        var writer = new DataWriter(client, ServerFeatures.Ask(client), seed);
        writer.Select(0);
        AddFirstDatabase(writer);
        AddOtherDatabases(writer);
        writer.Select(0);
        writer.Flush();
    }

    /// <summary>Fills database 0 alone, with what <see cref="Fill(RespClient, int)"/> puts there.</summary>
    public static void FillFirstDatabase(RespClient client, int seed = DefaultSeed)
    {
        var writer = new DataWriter(client, ServerFeatures.Ask(client), seed);
        AddFirstDatabase(writer);
        writer.Flush();
    }

    /// <summary>
    /// Fills a cluster: database 0, as <see cref="FillFirstDatabase"/> does it at a server that is alone; all of them where
    /// the cluster has sixteen.
    /// </summary>
    public static void Fill(TestCluster cluster, int seed = DefaultSeed)
    {
        using var client = cluster.Connect();
        var writer = new DataWriter(client, ServerFeatures.Ask(cluster.Nodes[0].Client), seed);
        AddFirstDatabase(writer);
        if (cluster.Databases > Databases.Max())
            AddOtherDatabases(writer);
        writer.Flush();
    }

    /// <summary>A handful of keys, one of each type: enough to see that a way works.</summary>
    public static void FillSmall(RespClient client)
    {
        var writer = new DataWriter(client, ServerFeatures.Ask(client), DefaultSeed);
        writer.Select(0);
        AddSmall(writer);
        writer.Select(9);
        writer.Add("SET", "in nine", DataWriter.Prose(400));
        writer.Select(0);
        writer.Flush();
    }

    /// <summary>The same in database 0 alone.</summary>
    public static void FillSmallFirstDatabase(RespClient client)
    {
        var writer = new DataWriter(client, ServerFeatures.Ask(client), DefaultSeed);
        AddSmall(writer);
        writer.Flush();
    }

    /// <inheritdoc cref="FillSmallFirstDatabase"/>
    public static void FillSmall(TestCluster cluster)
    {
        using var client = cluster.Connect();
        var writer = new DataWriter(client, ServerFeatures.Ask(cluster.Nodes[0].Client), DefaultSeed);
        AddSmall(writer);
        writer.Flush();
    }

    private static void AddSmall(DataWriter writer)
    {
        writer.Add("SET", "string", "value");
        writer.Add("RPUSH", "list", "a", "b", "1");
        writer.Add("SADD", "set", "1", "2", "3");
        writer.Add("ZADD", "zset", "1.5", "a", "inf", "b");
        writer.Add("HSET", "hash", "field", "value");
        writer.Add("XADD", "stream", "1-1", "field", "value");
        writer.Add("SET", "expiring", "value");
        writer.Add("PEXPIREAT", "expiring", ExpiringKeys.FarFuture);
    }

    private static void AddFirstDatabase(DataWriter writer)
    {
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
        if (writer.Features.FieldExpiry)
            FieldExpiries.Add(writer);
        if (writer.Features.Functions)
            FunctionLibrary.Add(writer);

        writer.Add("SET", "same name", "in 0");
    }

    /// <summary>
    /// The same name in several databases, with another type in each: a reader that mixes databases up is found out.
    /// </summary>
    private static void AddOtherDatabases(DataWriter writer)
    {
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
    }
}
