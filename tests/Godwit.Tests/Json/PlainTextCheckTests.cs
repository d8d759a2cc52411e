using Godwit.Json;

namespace Godwit.Tests.Json;

public sealed class PlainTextCheckTests
{
    [Theory]
    [InlineData("")]
    [InlineData("6261736536343A")] // base64:
    [InlineData("626173653634")] // base64
    [InlineData("6261736536353A78")] // base65:x
    [InlineData("6261736536343A41414141")] // base64:AAAA
    [InlineData("786261736536343A")] // xbase64:
    [InlineData("61C3A9E4B8ADF09F90A67A")]
    [InlineData("FF")]
    [InlineData("80")]
    [InlineData("61C3")]
    [InlineData("61E4B8")]
    [InlineData("61F09F90")]
    [InlineData("C361")]
    [InlineData("F09F9061")]
    [InlineData("EDA080")]
    [InlineData("F4908080")]
    [InlineData("C080")]
    [InlineData("E08080")]
    [InlineData("F888808080")]
    [InlineData("61626380808080")]
    public void Add_CutAnywhere_SaysWhatIsSaidOfTheWhole(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        var expected = BinaryText.IsPlain(bytes);

        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
                Check(bytes[..first], bytes[first..second], bytes[second..]).ShouldBe(expected);
        }

        Check([.. bytes.Select(value => new[] { value })]).ShouldBe(expected);
    }

    [Fact]
    public void Add_ManyRandomStrings_SaysWhatIsSaidOfTheWhole()
    {
        var random = new Random(64);
        byte[] alphabet = [(byte)'a', 0x80, 0xBF, 0xC3, 0xA9, 0xE4, 0xB8, 0xAD, 0xF0, 0x9F, 0x90, 0xA6, 0xED, 0xA0];
        var plain = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = Enumerable
                .Range(0, random.Next(7))
                .Select(_ => alphabet[random.Next(alphabet.Length)])
                .ToArray();
            var cut = random.Next(bytes.Length + 1);
            var expected = BinaryText.IsPlain(bytes);
            plain += expected ? 1 : 0;

            Check(bytes[..cut], bytes[cut..]).ShouldBe(expected, Convert.ToHexString(bytes));
        }

        plain.ShouldBeInRange(1000, 49_000);
    }

    private static bool Check(params byte[][] parts)
    {
        var check = new PlainTextCheck();
        foreach (var part in parts)
            check.Add(part);
        return check.IsPlain;
    }
}
