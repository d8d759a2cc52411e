using System.Globalization;

namespace Godwit.IntegrationTests.Verification;

/// <summary>Differences of every kind, in every type; beside each a key that is the same on both sides.</summary>
internal static class PlantedDifferences
{
    // 2100-01-01 00:00:00.123 UTC, in Unix milliseconds.
    private const long Far = 4_102_444_800_123;

    private const long Delivered = 1_700_000_000_000;

    /// <summary>Plants them.</summary>
    /// <param name="pair">Two empty servers.</param>
    /// <param name="isLargeToo">In values, too, that are compared in pieces: they take some seconds to write.</param>
    public static void Plant(PlantedPair pair, bool isLargeToo)
    {
        Strings(pair);
        Lists(pair);
        Sets(pair);
        SortedSets(pair);
        Hashes(pair);
        Streams(pair);
        Expiries(pair);
        Names(pair);
        OtherEncodings(pair);
        if (isLargeToo)
            Large(pair);
        if (pair.Features.FieldExpiry)
            FieldExpiries(pair);
        if (pair.Features.Functions)
            Functions(pair);
    }

    private static void Strings(PlantedPair pair)
    {
        pair.Both("SET", "string:same", "value");
        pair.Both("SET", "string:number", "12345");
        pair.Both("SET", "string:changed", "some value");
        pair.Plant("value", "string:changed", """{"byte":5}""", "SETRANGE", "string:changed", 5, "V");
        pair.Both("SET", "string:longer", "value");
        pair.Plant("value", "string:longer", """{"byte":5}""", "APPEND", "string:longer", "s");
        pair.Both("SET", "string:number changed", 10);
        pair.Plant("value", "string:number changed", """{"byte":1}""", "INCR", "string:number changed");
        pair.Both("SET", "string:other type", "value");
        pair.Target.Call("DEL", "string:other type");
        pair.Plant("type", "string:other type", "", "RPUSH", "string:other type", "value");
    }

    private static void Lists(PlantedPair pair)
    {
        pair.Both("RPUSH", "list:same", "a", "b", 3);
        pair.Both("RPUSH", "list:changed", "a", "b", "c");
        pair.Plant("value", "list:changed", """{"index":1}""", "LSET", "list:changed", 1, "B");
        pair.Both("RPUSH", "list:shorter", "a", "b", "c");
        pair.Plant("value", "list:shorter", """{"index":2}""", "RPOP", "list:shorter");
        pair.Both("RPUSH", "list:longer", "a");
        pair.Plant("value", "list:longer", """{"index":1}""", "RPUSH", "list:longer", "");
    }

    private static void Sets(PlantedPair pair)
    {
        pair.Both("SADD", "set:same", "b", "a", "12");
        pair.Both("SADD", "set:changed", "a", "b");
        pair.Target.Call("SADD", "set:changed", "c");
        pair.Plant("value", "set:changed", """{"member":"b"}""", "SREM", "set:changed", "b");
        pair.Both("SADD", "set:numbers", 1, 2, 3);
        pair.Plant("value", "set:numbers", """{"member":"4"}""", "SADD", "set:numbers", 4);
    }

    private static void SortedSets(PlantedPair pair)
    {
        pair.Both("ZADD", "zset:same", 1, "a", "inf", "b", "-0.1", "c");
        pair.Both("ZADD", "zset:last bit", "0.1", "a", "2", "b");
        pair.Plant("value", "zset:last bit", """{"member":"a"}""", "ZADD", "zset:last bit", "0.10000000000000002", "a");
        pair.Both("ZADD", "zset:missing", 1, "a", 2, "b");
        pair.Plant("value", "zset:missing", """{"member":"b"}""", "ZREM", "zset:missing", "b");
    }

    private static void Hashes(PlantedPair pair)
    {
        pair.Both("HSET", "hash:same", "a", "1", "", "");
        pair.Both("HSET", "hash:changed", "a", "1", "b", "2");
        pair.Plant("value", "hash:changed", """{"field":"b"}""", "HSET", "hash:changed", "b", "02");
        pair.Both("HSET", "hash:empty field", "a", "1", "", "");
        pair.Plant("value", "hash:empty field", """{"field":""}""", "HDEL", "hash:empty field", "");
        pair.Both("HSET", "hash:more", "a", "1");
        pair.Plant(
            "value",
            "hash:more",
            """{"field":"base64:/wA="}""",
            "HSET",
            "hash:more",
            new byte[] { 0xff, 0 },
            "1"
        );
    }

    private static void Streams(PlantedPair pair)
    {
        foreach (
            var key in (string[])
                ["same", "entry", "entry gone", "last id", "group", "consumer", "count", "time", "owner", "delivered"]
        )
        {
            Stream(pair, $"stream:{key}");
        }

        pair.Target.Call("DEL", "stream:entry");
        pair.Target.Call("XADD", "stream:entry", "1-1", "field", "1");
        pair.Plant("value", "stream:entry", """{"entry":"2-1"}""", "XADD", "stream:entry", "2-1", "field", "two");
        pair.Plant("value", "stream:entry gone", """{"entry":"3-1"}""", "XDEL", "stream:entry gone", "3-1");
        pair.Plant("value", "stream:last id", """{"of":"last-id"}""", "XSETID", "stream:last id", "9-9");
        pair.Plant("value", "stream:group", """{"group":"group"}""", "XGROUP", "DESTROY", "stream:group", "group");
        pair.Plant(
            "value",
            "stream:consumer",
            """{"group":"group","consumer":"bob"}""",
            "XGROUP",
            "DELCONSUMER",
            "stream:consumer",
            "group",
            "bob"
        );
        pair.Expect("value", "stream:count", """{"group":"group","pending":"1-1"}""");
        Claim(pair.Target, "stream:count", "alice", "1-1", Delivered, 4);
        pair.Expect("value", "stream:time", """{"group":"group","pending":"1-1"}""");
        Claim(pair.Target, "stream:time", "alice", "1-1", Delivered + 60_000, 3);
        pair.Expect("value", "stream:owner", """{"group":"group","pending":"2-1"}""");
        Claim(pair.Target, "stream:owner", "alice", "2-1", Delivered + 1, 1);
        pair.Plant(
            "value",
            "stream:delivered",
            """{"group":"group"}""",
            "XGROUP",
            "SETID",
            "stream:delivered",
            "group",
            "1-1"
        );
    }

    private static void Stream(PlantedPair pair, string key)
    {
        for (var i = 1; i <= 4; i++)
            pair.Both("XADD", key, $"{i}-1", "field", i);
        pair.Both("XGROUP", "CREATE", key, "group", "3-1");
        Claim(pair.Source, key, "alice", "1-1", Delivered, 3);
        Claim(pair.Target, key, "alice", "1-1", Delivered, 3);
        Claim(pair.Source, key, "bob", "2-1", Delivered + 1, 1);
        Claim(pair.Target, key, "bob", "2-1", Delivered + 1, 1);
    }

    private static void Claim(
        Servers.IRespPipeline client,
        string key,
        string consumer,
        string id,
        long time,
        int count
    ) => client.Call("XCLAIM", key, "group", consumer, 0, id, "TIME", time, "RETRYCOUNT", count, "FORCE", "JUSTID");

    private static void Expiries(PlantedPair pair)
    {
        foreach (var key in (string[])["same", "within", "beyond", "persists", "expires"])
            pair.Both("SET", $"expiry:{key}", "value");
        pair.Both("PEXPIREAT", "expiry:same", Far);
        pair.Both("PEXPIREAT", "expiry:within", Far);
        pair.Both("PEXPIREAT", "expiry:beyond", Far);
        pair.Both("PEXPIREAT", "expiry:persists", Far);
        pair.Target.Call("PEXPIREAT", "expiry:within", Far + 500);
        pair.Plant("ttl", "expiry:beyond", "", "PEXPIREAT", "expiry:beyond", Far + 1500);
        pair.Plant("ttl", "expiry:persists", "", "PERSIST", "expiry:persists");
        pair.Plant("ttl", "expiry:expires", "", "PEXPIREAT", "expiry:expires", Far);
    }

    private static void Names(PlantedPair pair)
    {
        byte[] binary = [0xff, 0, 13, 10, (byte)'"'];
        pair.Both("SET", binary, "value");
        pair.Plant("value", "\u00ff\0\r\n\"", """{"byte":0}""", "SET", binary, "Value");
        pair.Both("SET", "", "the empty name");
        pair.Plant("missing", "", "", "DEL", "");
        pair.Plant("extra", "base64:only at the target", "", "SET", "base64:only at the target", "value");

        if (!pair.HasDatabases)
            return;
        pair.Select(1);
        pair.Source.Call("SET", "in another database", "value");
        pair.Expect("missing", "in another database", "");
        pair.Select(2);
        pair.Plant("extra", "in another database", "", "SET", "in another database", "value");
        pair.Both("SET", "string:same", "value");
        pair.Select(0);
    }

    // The same by content, in another encoding.
    private static void OtherEncodings(PlantedPair pair)
    {
        pair.Both("SADD", "encoding:set", 1, 2, 3);
        pair.Target.Call("SADD", "encoding:set", "word");
        pair.Target.Call("SREM", "encoding:set", "word");
        pair.Both("ZADD", "encoding:zset", 1, "a", "2.5", "b");
        pair.Both("HSET", "encoding:hash", "a", "1", "b", "");
        var large = new string('x', 5000);
        pair.Target.Call("ZADD", "encoding:zset", 3, large);
        pair.Target.Call("ZREM", "encoding:zset", large);
        pair.Target.Call("HSET", "encoding:hash", large, "1");
        pair.Target.Call("HDEL", "encoding:hash", large);
        pair.Source.Call("RPUSH", "encoding:list", "a", "b", large + large, "c");
        pair.Target.Call("LPUSH", "encoding:list", "c", large + large, "b", "a");
        pair.Source.Call("SET", "encoding:string", "12");
        pair.Target.Call("SET", "encoding:string", "1");
        pair.Target.Call("APPEND", "encoding:string", "2");
    }

    private static void FieldExpiries(PlantedPair pair)
    {
        foreach (var key in (string[])["same", "within", "beyond", "persists"])
        {
            pair.Both("HSET", $"field:{key}", "a", "1", "b", "2");
            pair.Both("HPEXPIREAT", $"field:{key}", Far, "FIELDS", 1, "b");
        }

        pair.Target.Call("HPEXPIREAT", "field:within", Far + 500, "FIELDS", 1, "b");
        const string Where = """{"field":"b"}""";
        pair.Plant("ttl", "field:beyond", Where, "HPEXPIREAT", "field:beyond", Far + 1500, "FIELDS", 1, "b");
        pair.Plant("ttl", "field:persists", Where, "HPERSIST", "field:persists", "FIELDS", 1, "b");
    }

    private static void Functions(PlantedPair pair)
    {
        const string Code = "redis.register_function('{0}', function() return 1 end)";
        foreach (var name in (string[])["same", "changed"])
            pair.Both("FUNCTION", "LOAD", Library(name, name));
        pair.Target.Call("FUNCTION", "LOAD", "REPLACE", Library("changed", "other"));
        pair.Source.Call("FUNCTION", "LOAD", Library("missing", "missing"));
        pair.Target.Call("FUNCTION", "LOAD", Library("extra", "extra"));

        static string Library(string name, string function) =>
            $"#!lua name={name}\n" + string.Format(CultureInfo.InvariantCulture, Code, function);
    }

    // From 4 MiB of memory on a key is compared in pieces.
    private static void Large(PlantedPair pair)
    {
        const int Members = 60_000;
        const string Fill =
            "for i = 1, tonumber(ARGV[1]) do "
            + "local m = 'member ' .. i .. ' of a value that is compared in pieces, since it is larger than one answer should be' "
            + "for _, k in ipairs({'same', 'changed'}) do "
            + "redis.call('RPUSH', 'large list:' .. k, m) "
            + "redis.call('SADD', 'large set:' .. k, m) "
            + "redis.call('ZADD', 'large zset:' .. k, i / 3, m) "
            + "redis.call('HSET', 'large hash:' .. k, m, i) "
            + "redis.call('XADD', 'large stream:' .. k, i .. '-1', 'field', m, i, '') "
            + "end end "
            + "for _, k in ipairs({'same', 'changed'}) do "
            + "redis.call('XGROUP', 'CREATE', 'large stream:' .. k, 'group', '1000-1') "
            + "for i = 1, 2500 do redis.call('XCLAIM', 'large stream:' .. k, 'group', 'alice', 0, i .. '-1', "
            + "'TIME', '1700000000000', 'RETRYCOUNT', 2, 'FORCE', 'JUSTID') end end";
        pair.Both("EVAL", Fill, 0, Members);
        const string Member =
            "member 54321 of a value that is compared in pieces, since it is larger than one answer should be";
        const string Where = "{\"member\":\"" + Member + "\"}";
        pair.Plant("value", "large list:changed", """{"index":54320}""", "LSET", "large list:changed", 54320, "");
        pair.Target.Call("SADD", "large set:changed", "another");
        pair.Plant("value", "large set:changed", Where, "SREM", "large set:changed", Member);
        pair.Plant("value", "large zset:changed", Where, "ZADD", "large zset:changed", "18107.000000000004", Member);
        pair.Plant(
            "value",
            "large hash:changed",
            "{\"field\":\"" + Member + "\"}",
            "HSET",
            "large hash:changed",
            Member,
            "0054321"
        );
        pair.Expect("value", "large stream:changed", """{"group":"group","pending":"2345-1"}""");
        Claim(pair.Target, "large stream:changed", "alice", "2345-1", Delivered, 3);

        LargeStrings(pair);
        pair.Both(
            "EVAL",
            "for i = 1, 60000 do redis.call('SADD', 'large set:more', 'a member of a set that is larger than one answer should be, with the number ' .. i) end",
            0
        );
        pair.Plant("value", "large set:more", """{"member":"one more"}""", "SADD", "large set:more", "one more");
    }

    /// <summary>One byte in 10 MB.</summary>
    public static void LargeStrings(PlantedPair pair)
    {
        pair.Both("SETRANGE", "large string:same", 9_999_999, "x");
        pair.Both("SETRANGE", "large string:changed", 9_999_999, "x");
        pair.Plant(
            "value",
            "large string:changed",
            """{"byte":7654321}""",
            "SETRANGE",
            "large string:changed",
            7654321,
            "x"
        );
    }
}
