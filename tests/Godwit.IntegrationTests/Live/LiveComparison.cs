using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;

namespace Godwit.IntegrationTests.Live;

/// <summary>How two ends are compared between which changes have gone.</summary>
internal static class LiveComparison
{
    /// <summary>By so many milliseconds an expiry may differ.</summary>
    private const long ExpiryTolerance = 2;

    /// <param name="target">What the target can hold.</param>
    public static ComparisonOptions Options(ServerFeatures target) =>
        new()
        {
            ExpiryTolerance = ExpiryTolerance,
            // XREADGROUP travels as XCLAIM, which tells no replica how many entries the group has read.
            IgnoreEntriesRead = true,
            IgnoreIdleConsumers = true,
            IgnoreFieldExpiry = !target.FieldExpiry,
            IgnoreFunctions = !target.Functions,
        };

    /// <summary>Fails with the first differences, and how many each database has.</summary>
    public static void ShouldBeNone(IReadOnlyList<string> differences, string more = "")
    {
        const int Shown = 30;
        var databases = differences
            .CountBy(difference => string.Join(' ', difference.Split(' ').Take(2)))
            .Select(database => $"{database.Key}: {database.Value}");
        differences.Count.ShouldBe(
            0,
            $"differences ({string.Join(", ", databases)}):\n{string.Join('\n', differences.Take(Shown))}\n{more}"
        );
    }
}
