using System.Text;
using Godwit.Protocol.Resp;

namespace Godwit.Protocol.Tests.Resp;

/// <summary>Replies with what they mean, written in a short form of our own: <c>[1,"a",null]</c>.</summary>
internal static class RespPayloads
{
    public static TheoryData<string, string> All =>
        new()
        {
            { "+OK\r\n", "+OK" },
            { "+\r\n", "+" },
            { "-ERR no such key\r\n", "-ERR no such key" },
            { ":0\r\n", "0" },
            { ":-1\r\n", "-1" },
            { ":+7\r\n", "7" },
            { ":9223372036854775807\r\n", "9223372036854775807" },
            { ":-9223372036854775808\r\n", "-9223372036854775808" },
            { "$0\r\n\r\n", "\"\"" },
            { "$5\r\nhello\r\n", "\"hello\"" },
            { "$11\r\na\r\nb\n\r$3\r\n\r\r\n", "\"a\r\nb\n\r$3\r\n\r\"" },
            { "$-1\r\n", "null" },
            { "*-1\r\n", "null" },
            { "_\r\n", "null" },
            { "*0\r\n", "[]" },
            { "*3\r\n:1\r\n$1\r\na\r\n$-1\r\n", "[1,\"a\",null]" },
            { "*2\r\n$1\r\n0\r\n*2\r\n$2\r\nk1\r\n$2\r\nk2\r\n", "[\"0\",[\"k1\",\"k2\"]]" },
            { "*1\r\n*1\r\n*1\r\n*0\r\n", "[[[[]]]]" },
            { "#t\r\n", "true" },
            { "#f\r\n", "false" },
            { ",1.5\r\n", "1.5d" },
            { ",-1e+300\r\n", "-1E+300d" },
            { ",5e-324\r\n", "5E-324d" },
            { ",inf\r\n", "Infinityd" },
            { ",-inf\r\n", "-Infinityd" },
            { ",nan\r\n", "NaNd" },
            { "(3492890328409238509324850943850943825024385\r\n", "(3492890328409238509324850943850943825024385" },
            { "!21\r\nSYNTAX invalid syntax\r\n", "-SYNTAX invalid syntax" },
            { "=15\r\ntxt:Some string\r\n", "\"Some string\"" },
            { "=4\r\ntxt:\r\n", "\"\"" },
            { "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n", "{+a,1,+b,[2]}" },
            { "%0\r\n", "{}" },
            { "~2\r\n+a\r\n+b\r\n", "~+a,+b~" },
            { ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n", ">\"invalidate\",[\"k\"]>" },
            { "|1\r\n+ttl\r\n:3600\r\n*2\r\n:1\r\n|1\r\n+x\r\n%1\r\n+y\r\n_\r\n:2\r\n", "[1,2]" },
            { "|1\r\n|1\r\n+a\r\n+b\r\n+c\r\n+d\r\n|0\r\n+OK\r\n", "+OK" },
        };

    public static byte[] Bytes(string payload) => Encoding.Latin1.GetBytes(payload);

    /// <summary>The short form of what a reader finds.</summary>
    public static string Describe(ref RespReader reader)
    {
        reader.TryRead(out var token).ShouldBeTrue();
        var (open, close) = Brackets(token.Kind);
        if (open is null)
            return Scalar(token);

        var parts = new List<string>();
        for (var i = 0; i < token.Count; i++)
            parts.Add(Describe(ref reader));
        return open + string.Join(',', parts) + close;
    }

    /// <summary>The short form of a tree.</summary>
    public static string Describe(RespValue value)
    {
        var (open, close) = Brackets(value.Kind);
        if (open is not null)
            return open + string.Join(',', value.Items.Select(Describe)) + close;
        return value.Kind switch
        {
            RespKind.Integer => FormattableString.Invariant($"{value.Integer}"),
            RespKind.Boolean => value.Integer == 1 ? "true" : "false",
            RespKind.Double => FormattableString.Invariant($"{value.Double}d"),
            var kind => Marked(kind, value.Bytes.Span),
        };
    }

    private static string Scalar(in RespToken token) =>
        token.Kind switch
        {
            RespKind.Integer => FormattableString.Invariant($"{token.Integer}"),
            RespKind.Boolean => token.Integer == 1 ? "true" : "false",
            RespKind.Double => FormattableString.Invariant($"{token.Double}d"),
            var kind => Marked(kind, token.Bytes),
        };

    private static string Marked(RespKind kind, ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        return kind switch
        {
            RespKind.SimpleString => $"+{text}",
            RespKind.Error or RespKind.BulkError => $"-{text}",
            RespKind.BigNumber => $"({text}",
            RespKind.Null => "null",
            _ => $"\"{text}\"",
        };
    }

    private static (string? Open, string? Close) Brackets(RespKind kind) =>
        kind switch
        {
            RespKind.Array => ("[", "]"),
            RespKind.Map => ("{", "}"),
            RespKind.Set => ("~", "~"),
            RespKind.Push => (">", ">"),
            _ => (null, null),
        };
}
