namespace Godwit.IntegrationTests.Data;

/// <summary>Sorted sets, small and large, with every kind of score.</summary>
internal static class SortedSetKeys
{
    // Text, because it is the server that turns it into a double. 2^53 + 1 is the first integer that a double cannot hold.
    private static readonly string[] Scores =
    [
        "0",
        "-0",
        "1",
        "-1",
        "127",
        "128",
        "inf",
        "-inf",
        "5e-324",
        "-5e-324",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "-1.7976931348623157e308",
        "0.30000000000000004",
        "0.1",
        "3.141592653589793",
        "9007199254740991",
        "9007199254740993",
        "-9007199254740994",
        "9223372036854775807",
        "18446744073709551616",
        "1e17",
        "1e-7",
        "123456789.123456789",
        "4294967296",
    ];

    public static void Add(DataWriter writer)
    {
        writer.Add("ZADD", "zset:one", 1, "member");
        writer.Add("ZADD", "zset:one empty", 0, "");
        writer.AddMany("ZADD", "zset:scores", Scores.SelectMany(score => new object[] { score, "score " + score }));
        writer.AddMany(
            "ZADD",
            "zset:scores:large",
            Scores.SelectMany(score => new object[] { score, "score " + score })
        );
        writer.AddMany(
            "ZADD",
            "zset:scores:large",
            Enumerable.Range(0, 300).SelectMany(i => Pair(Scores[i % Scores.Length], $"m{i}"))
        );
        writer.AddMany("ZADD", "zset:equal scores", PackedValues.Short.SelectMany(member => Pair(1, member)));
        writer.Add("ZADD", "zset:64 and 65 bytes", 1, new string('m', 64), 2, new string('m', 65));
        writer.AddMany("ZADD", "zset:128", Enumerable.Range(0, 128).SelectMany(i => Pair(i, $"member {i}")));
        writer.AddMany("ZADD", "zset:129", Enumerable.Range(0, 129).SelectMany(i => Pair(-i, $"member {i}")));
        writer.AddMany(
            "ZADD",
            "zset:large",
            Enumerable.Range(0, 3000).SelectMany(i => Pair(NextScore(writer), writer.Noise(1 + i % 70)))
        );
        writer.Add("ZADD", "zset:long members", 1, DataWriter.Prose(20_000), 1, writer.Noise(20_000));
        writer.Add("GEOADD", "zset:geo", "174.7633", "-36.8485", "Auckland", "-149.9003", "61.2181", "Anchorage");
    }

    private static object[] Pair(object score, object member) => [score, member];

    private static string NextScore(DataWriter writer) =>
        ((writer.Random.NextDouble() - 0.5) * 1e6).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
}
