using System.Buffers;
using System.Text;
using System.Text.Json;
using Godwit.Json;

namespace Godwit.Tests.Json;

public sealed class BinaryTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("žluť 🎈", "žluť 🎈")]
    [InlineData("base64:", "base64:YmFzZTY0Og==")]
    [InlineData("base6", "base6")]
    public void Encode_Text_StandsAsItself(string text, string expected) =>
        BinaryText.Encode(Encoding.UTF8.GetBytes(text)).ShouldBe(expected);

    [Fact]
    public void Encode_NoUtf8_IsBase64() => BinaryText.Encode([0xff, 0x00]).ShouldBe("base64:/wA=");

    [Fact]
    public void Decode_WhatEncodeMade_GivesTheSameBytes()
    {
        var random = new Random(7);
        for (var i = 0; i < 5000; i++)
        {
            var bytes = new byte[random.Next(12)];
            for (var j = 0; j < bytes.Length; j++)
                bytes[j] = i % 2 == 0 ? (byte)random.Next(256) : (byte)random.Next(128);
            var tested = i % 5 == 0 ? "base64:"u8.ToArray().Concat(bytes).ToArray() : bytes;

            BinaryText.Decode(BinaryText.Encode(tested)).ShouldBe(tested);
            BinaryText.Decode(ThroughJson(tested)).ShouldBe(tested);
        }
    }

    [Fact]
    public void Decode_PrefixWithoutBase64_Throws() =>
        Should.Throw<FormatException>(() => BinaryText.Decode("base64:?"));

    private static string ThroughJson(byte[] bytes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            BinaryText.WriteName(json, bytes);
            BinaryText.WriteValue(json, bytes);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        var property = document.RootElement.EnumerateObject().Single();
        property.Value.GetString().ShouldBe(property.Name);
        return property.Name;
    }
}
