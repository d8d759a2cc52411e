namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Scripts and functions, whose effects are a matter of chance, of the clock, or of what is there.</summary>
internal static class ScriptForms
{
    private const string PushAtRandom =
        "for i = 1, 3 do redis.call('RPUSH', KEYS[1], math.random(1000)) end return redis.call('LTRIM', KEYS[1], -40, -1)";

    private const string PopAndMove =
        "local popped = redis.call('SPOP', KEYS[1], 2) "
        + "for _, member in ipairs(popped) do redis.call('SADD', KEYS[2], member) end return #popped";

    private const string KeepTheTime =
        "local time = redis.call('TIME') return redis.call('SET', KEYS[1], time[1] .. '.' .. time[2], 'PX', ARGV[1])";

    private const string DrawField =
        "local drawn = redis.call('SRANDMEMBER', KEYS[1]) if drawn then redis.call('HINCRBY', KEYS[2], drawn, 1) end";

    private const string TouchAnyKey =
        "local key = redis.call('RANDOMKEY') if key then return redis.call('PEXPIRE', key, ARGV[1]) end";

    private const string DropAnyKey =
        "local key = redis.call('RANDOMKEY') if key and string.find(key, 'Text') then return redis.call('DEL', key) end";

    private const string BreakOff =
        "redis.call('INCR', KEYS[1]) redis.call('HSET', KEYS[2], 'broke', 'off') error('as it is meant')";

    // Sixteen databases, a script that goes to another one: its caller stays where it is.
    private const string WriteElsewhere =
        "redis.call('SELECT', ARGV[1]) redis.call('INCR', KEYS[1]) return redis.call('APPEND', KEYS[2], '.')";

    private static readonly string[] Libraries = ["load_a", "load_b", "load_c"];

    public static IReadOnlyList<CommandForm> All { get; } =
    [
        new("EVAL", 4, c => [PushAtRandom, 1, c.Key(Kind.List)]),
        new("EVAL", 4, c => [PopAndMove, 2, c.Key(Kind.Set), c.Key(Kind.Set)]),
        new("EVAL", 3, c => [KeepTheTime, 1, c.Key(Kind.Text), c.LifeMilliseconds()]),
        new("EVAL", 3, c => [DrawField, 2, c.Key(Kind.Set), c.Key(Kind.Hash)]),
        new("EVAL", 2, c => [TouchAnyKey, 0, c.LongMilliseconds()]) { AloneOnly = true },
        new("EVAL", 1, c => [DropAnyKey, 0]) { AloneOnly = true },
        new("EVAL", 2, c => [BreakOff, 2, c.Key(Kind.Number), c.Key(Kind.Hash)]),
        new("EVAL", 2, c => [WriteElsewhere, 2, c.Key(Kind.Number), c.Key(Kind.Text), c.OneOf(c.Settings.Databases)])
        {
            AloneOnly = true,
        },
        new("EVALSHA", 2, c => [LoadConnection.ScriptSha, 2, c.Key(Kind.Number), c.Key(Kind.List), c.Next(100)]),
        new("FCALL", 4, c => [c.OneOf(Libraries) + "_write", 2, c.Key(Kind.Number), c.Key(Kind.Set), c.Next(100)]),
        new("FUNCTION", 1, c => ["LOAD", "REPLACE", Library(c)]) { AloneOnly = true, OutsideTransactions = true },
        new("FUNCTION", 1, c => ["DELETE", c.OneOf(Libraries)]) { AloneOnly = true, OutsideTransactions = true },
        new("SCRIPT", 1, c => ["LOAD", "return " + c.Next(1000)]) { OutsideTransactions = true },
    ];

    private static string Library(LoadChoices choices)
    {
        var name = choices.OneOf(Libraries);
        return $"""
            #!lua name={name}
            redis.register_function('{name}_write', function(keys, args)
                redis.call('INCRBY', keys[1], args[1])
                local drawn = math.random(50)
                redis.call('SADD', keys[2], drawn)
                return {choices.Next(1000)}
            end)
            """;
    }
}
