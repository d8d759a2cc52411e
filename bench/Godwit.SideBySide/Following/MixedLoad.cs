using System.Globalization;
using Godwit.Protocol.Resp;
using Godwit.SideBySide.Data;

namespace Godwit.SideBySide.Following;

/// <summary>Writes of all kinds of data, expiries and transactions. However long it goes on, no value grows without bound.</summary>
internal sealed class MixedLoad : ChangeLoad
{
    private const int Keys = 20_000;
    private const int GroupCommands = 6;

    private static readonly string[] Kinds = ["string", "counter", "list", "hash", "set", "zset", "stream", "lease"];

    private readonly SeededRandom _random = new(12);

    public override string Name => "mixed";

    public override string Description =>
        "Pipelined writes of strings, counters, lists, hashes, sets, sorted sets and streams, keys that expire, and transactions";

    public override double Goal => 0.5;

    protected override int Write(RespWriter writer, int room)
    {
        if (room < GroupCommands || !_random.PerMille(40))
        {
            WriteOne(writer);
            return 1;
        }

        writer.WriteCommand("MULTI");
        for (var i = 0; i < GroupCommands - 2; i++)
            WriteOne(writer);
        writer.WriteCommand("EXEC");
        return GroupCommands;
    }

    private void WriteOne(RespWriter writer)
    {
        var kind = Kinds[_random.Between(0, Kinds.Length - 1)];
        var key = string.Create(CultureInfo.InvariantCulture, $"{kind}:{_random.Between(1, Keys)}");
        var member = string.Create(CultureInfo.InvariantCulture, $"member:{_random.Between(1, 50)}");
        var number = _random.Between(1, 100_000);
        switch (kind)
        {
            case "string":
                writer.WriteCommand("SET", key, Words());
                break;
            case "counter":
                writer.WriteCommand("INCRBY", key, number);
                break;
            case "list" when _random.PerMille(500):
                writer.WriteCommand("LPUSH", key, Words());
                break;
            case "list":
                writer.WriteCommand("LTRIM", key, 0, 20);
                break;
            case "hash":
                writer.WriteCommand("HSET", key, member, Words());
                break;
            case "set" when _random.PerMille(300):
                writer.WriteCommand("SREM", key, member);
                break;
            case "set":
                writer.WriteCommand("SADD", key, member);
                break;
            case "zset":
                writer.WriteCommand("ZADD", key, number, member);
                break;
            case "stream":
                writer.WriteCommand("XADD", key, "MAXLEN", 20, "*", "field", Words());
                break;
            default:
                writer.WriteCommand("SET", key, Words(), "EX", 3600 + number);
                break;
        }
    }

    private byte[] Words()
    {
        var text = new byte[_random.Between(10, 120)];
        _random.FillWords(text);
        return text;
    }
}
