using System.Text;

namespace Godwit.Verification.Differences;

public sealed class DifferenceLineTests
{
    private static readonly Difference Changed = new(DifferenceKind.Value, "hash")
    {
        Place = new Place(PlaceKind.Field) { Name = [0xff, 0] },
        What = "value",
        Source = "secret"u8.ToArray(),
        Target = null,
    };

    [Fact]
    public void OfKey_BinaryNames_AreWrittenWithoutLoss() =>
        Line(Changed, new DatabasePair(0, 0), showValues: false)
            .ShouldBe(
                """{"kind":"value","db":0,"key":"base64:/w0K","type":"hash","where":{"field":"base64:/wA="},"what":"value"}"""
                    + "\n"
            );

    [Fact]
    public void OfKey_OtherDatabaseAndValues_ShowsBoth() =>
        Line(Changed, new DatabasePair(1, 5), showValues: true)
            .ShouldBe(
                """{"kind":"value","db":1,"target_db":5,"key":"base64:/w0K","type":"hash","where":{"field":"base64:/wA="},"what":"value","source":"secret","target":null}"""
                    + "\n"
            );

    [Fact]
    public void OfKey_LongValue_IsCut()
    {
        var line = Line(Changed with { Source = new byte[100_000] }, default, showValues: true);
        line.Length.ShouldBeLessThan(8000);
    }

    [Fact]
    public void Fingerprint_OfEachPart_Differs()
    {
        Difference[] all =
        [
            Changed,
            Changed with
            {
                Kind = DifferenceKind.Ttl,
            },
            Changed with
            {
                Place = null,
            },
            Changed with
            {
                Place = Changed.Place! with { Name = [0xff] },
            },
            Changed with
            {
                Place = Changed.Place! with { Number = 1 },
            },
            Changed with
            {
                Place = Changed.Place! with { Consumer = [] },
            },
            Changed with
            {
                Source = null,
            },
            Changed with
            {
                Source = null,
                Target = Changed.Source,
            },
            Changed with
            {
                Target = [],
            },
            Changed with
            {
                What = "score",
            },
        ];
        all.Select(difference => difference.Fingerprint).Distinct().Count().ShouldBe(all.Length);
        Changed.Fingerprint.ShouldBe((Changed with { Source = "secret"u8.ToArray() }).Fingerprint);
    }

    private static string Line(Difference difference, DatabasePair databases, bool showValues)
    {
        using var stream = new MemoryStream();
        var rest = DifferenceLine.OfKey(databases, [0xff, 13, 10], difference, showValues);
        DifferenceLine.Write(stream, difference.Kind, rest);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
