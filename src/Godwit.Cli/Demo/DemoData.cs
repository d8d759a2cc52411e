using System.Globalization;
using Godwit.Protocol.Resp;

namespace Godwit.Cli.Demo;

/// <summary>
/// Made-up data about birds that fly far: every type, in small and large forms, in several databases, with all that is easily
/// lost on the way.
/// </summary>
/// <param name="birds">How many birds; there are about three keys to each.</param>
/// <param name="expiresFrom">Keys and fields that expire do so after this moment, in Unix milliseconds.</param>
/// <param name="features">What both ends can hold.</param>
internal sealed class DemoData(int birds, long expiresFrom, ServerFeatures features)
{
    private const int Hour = 3_600_000;

    private static readonly double[] EdgeScores =
    [
        double.NegativeInfinity,
        double.PositiveInfinity,
        double.Epsilon,
        double.MaxValue,
        0.1,
        -1.5e-300,
    ];

    /// <summary>The commands that write it, in order, beginning and ending in database 0.</summary>
    public IEnumerable<RespArgument[]> Commands() =>
        [
            .. Strings(),
            .. Hashes(),
            .. FieldExpiries(),
            .. Lists(),
            .. Sets(),
            .. SortedSets(),
            .. new DemoStreams(birds / 50, features).Commands(),
            .. Functions(),
            .. OtherDatabases(),
        ];

    private IEnumerable<RespArgument[]> Strings()
    {
        for (var i = 0; i < birds; i++)
        {
            yield return ["SET", $"bird:{i}:km", 11_000 + i];
            if (i % 2 == 0)
                yield return ["SET", $"bird:{i}:position", Text($"{-37.0 + (i * 0.013)},{175.1 - (i * 0.017)}")];
            if (i % 4 == 0)
                yield return ["PEXPIREAT", $"bird:{i}:position", expiresFrom + (Hour * (1L + i)) + i];
        }

        yield return
        [
            "SET",
            "journal",
            string.Concat(Enumerable.Repeat("Wind from the north, still over water. ", 5000)),
        ];
        yield return ["SET", "", ""];
    }

    private IEnumerable<RespArgument[]> Hashes()
    {
        for (var i = 0; i < birds; i++)
            yield return ["HSET", $"bird:{i}", "ring", $"Z{i:D5}", "grams", 280 + (i % 90), "name", Name(i)];
        for (var i = 0; i < birds; i++)
            yield return ["HSET", "rings", $"Z{i:D5}", $"bird:{i}"];
    }

    private IEnumerable<RespArgument[]> FieldExpiries()
    {
        if (!features.FieldExpiry)
            yield break;

        for (var i = 0; i < birds / 20; i++)
        {
            var at = expiresFrom + (Hour * (2L + i)) + 7;
            yield return ["HSET", $"bird:{i}:sensors", "heart", 400 + i, "height", 3000 + i, "tag", $"T{i}"];
            yield return ["HPEXPIREAT", $"bird:{i}:sensors", at, "FIELDS", 2, "heart", "height"];
        }
    }

    private IEnumerable<RespArgument[]> Lists()
    {
        for (var i = 0; i < birds / 10; i++)
            yield return ["RPUSH", $"flight:{i}:stops", "Alaska", "", Name(i), -i, "New Zealand"];
        for (var i = 0; i < birds; i++)
            yield return ["RPUSH", "log", $"bird {i} passed the equator", i, $"{i * 17} m"];
    }

    private IEnumerable<RespArgument[]> Sets()
    {
        for (var i = 0; i < birds / 10; i++)
        {
            yield return ["SADD", $"flock:{i}", i, i + 70_000, i + 5_000_000_000];
            yield return ["SADD", $"flock:{i}:places", "Yellow Sea", Name(i)];
        }

        for (var i = 0; i < birds; i++)
            yield return ["SADD", "seen", $"Z{i:D5}"];
    }

    private IEnumerable<RespArgument[]> SortedSets()
    {
        for (var i = 0; i < birds; i++)
            yield return ["ZADD", "distance", 11_000 + (i / 7.0), $"bird:{i}"];
        for (var i = 0; i < EdgeScores.Length; i++)
            yield return ["ZADD", "edges of numbers", EdgeScores[i], $"edge {i}"];
    }

    private IEnumerable<RespArgument[]> Functions()
    {
        if (features.Since70)
        {
            yield return
            [
                "FUNCTION",
                "LOAD",
                "#!lua name=flight\nredis.register_function('longest', function() return 'bird:' .. '0' end)",
            ];
        }
    }

    private IEnumerable<RespArgument[]> OtherDatabases()
    {
        yield return ["SELECT", 3];
        for (var i = 0; i < birds / 2; i++)
        {
            yield return ["SET", $"session:{i}", Name(i)];
            yield return ["PEXPIREAT", $"session:{i}", expiresFrom + Hour + (i * 1001L)];
        }

        yield return ["SELECT", 9];
        for (var i = 0; i < birds / 20; i++)
            yield return ["SET", (byte[])[0, 0xff, 13, 10, (byte)i], Noise(i)];
        yield return ["SELECT", 0];
    }

    private static string Name(int bird) =>
        (bird % 3) switch
        {
            0 => $"Kūaka {bird}",
            1 => $"godwit {bird}",
            _ => $"Шилоклювка {bird}",
        };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Bytes of every value, the same in each run.</summary>
    private static byte[] Noise(int seed)
    {
        var bytes = new byte[300];
        var state = (uint)seed + 1;
        for (var i = 0; i < bytes.Length; i++)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            bytes[i] = (byte)(state >> 24);
        }

        return bytes;
    }
}
