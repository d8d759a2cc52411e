using System.Globalization;
using System.Text;

namespace Godwit.Verification.Sampling;

public sealed class KeySampleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(50)]
    public void Includes_OfNamesThatResembleEachOther_TakesItsShare(double percent)
    {
        const int Keys = 20_000;
        var sample = new KeySample(percent);
        var chosen = Enumerable.Range(0, Keys).Count(i => sample.Includes(Name(i)));
        var expected = Keys * percent / 100;
        ((double)chosen).ShouldBe(expected, 5 * Math.Sqrt(expected));
    }

    [Fact]
    public void Includes_OfALargerSample_HasTheSmallerOne()
    {
        var (small, large) = (new KeySample(1), new KeySample(2));
        for (var i = 0; i < 10_000; i++)
        {
            if (small.Includes(Name(i)))
                large.Includes(Name(i)).ShouldBeTrue();
        }
    }

    [Fact]
    public void Includes_Everything_IsEveryKey()
    {
        var all = new KeySample(100);
        all.IsEverything.ShouldBeTrue();
        Enumerable.Range(0, 1000).ShouldAllBe(i => all.Includes(Name(i)));
    }

    private static byte[] Name(int i) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"key:{i}"));
}
