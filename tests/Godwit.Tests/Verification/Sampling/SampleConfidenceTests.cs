namespace Godwit.Verification.Sampling;

public sealed class SampleConfidenceTests
{
    [Theory]
    [InlineData(1000, 0, 4.605)]
    [InlineData(1_000_000, 0, 4.605)]
    // The 99 % points of a Poisson distribution, from a table.
    [InlineData(1_000_000, 1, 6.638)]
    [InlineData(1_000_000, 2, 8.406)]
    [InlineData(1_000_000, 10, 20.145)]
    public void UpperBound_OfSomeKeys_IsThatOfTheTable(long compared, long different, double expected) =>
        (SampleConfidence.UpperBound(compared, different) * compared).ShouldBe(expected, 0.001);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(4, 4)]
    public void UpperBound_OfTooFewKeys_SaysNothing(long compared, long different) =>
        SampleConfidence.UpperBound(compared, different).ShouldBe(1);

    [Fact]
    public void UpperBound_OfManyDifferences_GoesOnWithoutAStep()
    {
        const long Compared = 1_000_000_000;
        var before = SampleConfidence.UpperBound(Compared, 10_000);
        var after = SampleConfidence.UpperBound(Compared, 10_001);
        after.ShouldBeGreaterThan(before);
        (after / before).ShouldBeLessThan(1.01);
    }
}
