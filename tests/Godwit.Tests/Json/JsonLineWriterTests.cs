using System.Text;
using System.Text.Json;
using Godwit.Json;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Json;

public sealed class JsonLineWriterTests
{
    // What strings are written in parts of.
    private const int PartLength = 48 * 1024;

    private readonly JsonLineWriter _json = new();

    [Fact]
    public void Binary_EveryByteAlone_ReadsBack()
    {
        for (var value = 0; value < 256; value++)
            ShouldReadBack([(byte)value]);
    }

    [Fact]
    public void Binary_EveryAsciiCharacterWithinText_StandsAsTextAndReadsBack()
    {
        for (var value = 0; value < 128; value++)
            ShouldReadBack([(byte)'a', (byte)value, (byte)value, (byte)'z']).ShouldStartWith("a");
    }

    [Theory]
    [InlineData("")]
    [InlineData("base64:")]
    [InlineData("base64:AAAA")]
    [InlineData("base64")]
    [InlineData("\u00e9\u4e2d\U0001f426\u2028\u007f\ufeff")]
    [InlineData("\"\\/\b\f\n\r\t\u0000\u001f")]
    public void Binary_Text_ReadsBack(string text) => ShouldReadBack(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xE2, 0x82 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0x80 })]
    public void Binary_NoUtf8_IsBase64(byte[] bytes) => ShouldReadBack(bytes).ShouldStartWith("base64:");

    [Theory]
    [InlineData("")]
    [InlineData("plain \u00e9 \" \n text")]
    public void StringPart_TextCutAnywhere_IsAsTheWhole(string text) =>
        ShouldBeAsTheWhole(Encoding.UTF8.GetBytes(text), isText: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void StringPart_BytesCutAnywhere_AreAsTheWhole(int length) =>
        ShouldBeAsTheWhole([.. Enumerable.Repeat((byte)0xFE, length)], isText: false);

    [Fact]
    public void CutTo_WithinAString_IsOutOfIt()
    {
        _json.BeginString(isText: false);
        _json.StringPart("abcd"u8);
        _json.CutTo(0);

        _json.IsInString.ShouldBeFalse();
        _json.BeginString(isText: false);
        _json.StringPart([0xFF]);
        _json.EndString();
        Encoding.ASCII.GetString(_json.Written.Span).ShouldBe("\"base64:/w==\"");
    }

    [Theory]
    [InlineData(PartLength - 1)]
    [InlineData(PartLength)]
    [InlineData(PartLength + 1)]
    [InlineData((2 * PartLength) + 2)]
    [InlineData(1_000_000)]
    public void Binary_LongerThanAPart_ReadsBack(int length)
    {
        var random = new Random(length);
        var noise = new byte[length];
        random.NextBytes(noise);
        noise[0] = 0xFF;
        ShouldReadBack(noise).ShouldStartWith("base64:");

        var text = new byte[length];
        for (var i = 0; i < length; i++)
            text[i] = (byte)random.Next(128);
        ShouldReadBack(text);
        ShouldReadBack(Enumerable.Repeat((byte)1, length).ToArray());
    }

    [Fact]
    public void Number_Doubles_ReadBackBitForBit()
    {
        var random = new Random(9);
        var doubles = new List<double>
        {
            0,
            -0.0,
            double.Epsilon,
            double.MaxValue,
            double.MinValue,
            1e16,
            1e-5,
            0.1,
            1 / 3.0,
        };
        while (doubles.Count < 5000)
        {
            var number = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsFinite(number))
                doubles.Add(number);
        }

        _json.BeginArray();
        foreach (var number in doubles)
            _json.Number(number);
        _json.EndArray();
        _json.EndLine();

        var read = Parse().EnumerateArray().Select(element => BitConverter.DoubleToInt64Bits(element.GetDouble()));
        read.ShouldBe(doubles.Select(BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public void Number_Integers_ReadBack()
    {
        _json.BeginArray();
        _json.Number(long.MinValue);
        _json.Number(long.MaxValue);
        _json.Number(ulong.MaxValue);
        _json.Number(0);
        _json.EndArray();
        _json.EndLine();

        Text().ShouldBe("[-9223372036854775808,9223372036854775807,18446744073709551615,0]\n");
    }

    [Fact]
    public void Formatted_LongestStreamId_IsWhole()
    {
        _json.Formatted(new StreamId(ulong.MaxValue, ulong.MaxValue));

        Text().ShouldBe("\"18446744073709551615-18446744073709551615\"");
    }

    [Fact]
    public void Structure_EveryOrder_HasCommasWhereTheyBelong()
    {
        for (var line = 0; line < 2; line++)
        {
            _json.BeginObject();
            _json.Name("empty"u8);
            _json.BeginArray();
            _json.EndArray();
            _json.BinaryName([0xFF]);
            _json.BeginObject();
            _json.EndObject();
            _json.BinaryName("a\"b"u8);
            _json.BeginArray();
            _json.Null();
            _json.Text("t"u8);
            _json.BeginArray();
            _json.Number(1);
            _json.EndArray();
            _json.Base64([1]);
            _json.BeginObject();
            _json.EndObject();
            _json.EndArray();
            _json.Name("last"u8);
            _json.Binary("v"u8);
            _json.EndObject();
            _json.EndLine();
        }

        const string Line = """{"empty":[],"base64:/w==":{},"a\"b":[null,"t",[1],"AQ==",{}],"last":"v"}""";
        Text().ShouldBe($"{Line}\n{Line}\n");
    }

    [Fact]
    public void CutTo_WithinALine_NextLineIsWhole()
    {
        _json.BeginArray();
        _json.EndArray();
        _json.EndLine();
        var end = _json.Count;
        _json.BeginObject();
        _json.Name("half"u8);
        _json.Number(1);

        _json.CutTo(end);
        _json.BeginArray();
        _json.Number(2);
        _json.EndArray();
        _json.EndLine();

        Text().ShouldBe("[]\n[2]\n");
    }

    [Fact]
    public void Taken_AtAnyPlaceWithinALine_ChangesNothingOfIt()
    {
        var steps = new Action<JsonLineWriter>[]
        {
            json => json.BeginObject(),
            json => json.Name("a"u8),
            json => json.BeginArray(),
            json => json.Number(1),
            json => json.Binary("text"u8),
            json => json.BeginArray(),
            json => json.EndArray(),
            json => json.Null(),
            json => json.EndArray(),
            json => json.BinaryName("b"u8),
            json => json.Binary([0xFF]),
            json => json.EndObject(),
            json => json.EndLine(),
        };
        for (var place = 0; place < steps.Length; place++)
        {
            var text = "";
            for (var i = 0; i < steps.Length; i++)
            {
                steps[i](_json);
                if (i < place)
                    continue;
                text += Text();
                _json.Taken();
            }

            text.ShouldBe("""{"a":[1,"text",[],null],"b":"base64:/w=="}""" + "\n");
        }
    }

    private string ShouldReadBack(byte[] bytes)
    {
        _json.CutTo(0);
        _json.BeginObject();
        _json.BinaryName(bytes);
        _json.Binary(bytes);
        _json.EndObject();
        _json.EndLine();
        var property = Parse().EnumerateObject().ShouldHaveSingleItem();
        property.Name.ShouldBe(property.Value.GetString());
        BinaryText
            .Decode(property.Name)
            .ShouldBe(bytes, Convert.ToHexString(bytes.AsSpan(0, Math.Min(20, bytes.Length))));
        return property.Name;
    }

    private string Text() => Encoding.UTF8.GetString(_json.Written.Span);

    private JsonElement Parse()
    {
        Text().Count(character => character == '\n').ShouldBe(1);
        using var document = JsonDocument.Parse(_json.Written);
        return document.RootElement.Clone();
    }

    // Between two numbers of an array, so that a comma that is missing or too many is seen.
    private static void ShouldBeAsTheWhole(byte[] bytes, bool isText)
    {
        var whole = new JsonLineWriter();
        whole.BeginArray();
        whole.Number(1);
        whole.Binary(bytes);
        whole.Number(2);
        whole.EndArray();

        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                var parts = new JsonLineWriter();
                parts.BeginArray();
                parts.Number(1);
                parts.BeginString(isText);
                parts.StringPart(bytes.AsSpan(..first));
                parts.StringPart(bytes.AsSpan(first..second));
                parts.StringPart(bytes.AsSpan(second..));
                parts.EndString();
                parts.Number(2);
                parts.EndArray();
                parts.Written.ToArray().ShouldBe(whole.Written.ToArray());
            }
        }
    }
}
