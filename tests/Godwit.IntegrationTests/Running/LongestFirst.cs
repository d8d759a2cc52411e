using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Godwit.IntegrationTests.Running.LongestFirst))]

namespace Godwit.IntegrationTests.Running;

/// <summary>
/// Has the classes that take long begin first, so that none of them is what a full run waits for in the end, alone. A class
/// is a collection; the others stay in the order in which they come.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] LongNames =
    [
        .. typeof(LongestFirst)
            .Assembly.GetTypes()
            .Where(type => type.IsDefined(typeof(TakesLongAttribute)))
            .Select(type => type.FullName!),
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections
    )
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => TakesLong(collection.TestCollectionDisplayName))];

    // A class's own collection is called by its name, among other words.
    private static bool TakesLong(string displayName) => displayName.Split(' ').Any(LongNames.Contains);
}
