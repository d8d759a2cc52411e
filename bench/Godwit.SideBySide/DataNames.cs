namespace Godwit.SideBySide;

/// <summary>What <c>--data</c> takes.</summary>
internal static class DataNames
{
    public const string Small = "small";
    public const string Mixed = "mixed";
    public const string Large = "large";

    /// <summary>Not a data set but <see cref="Small"/> in three sizes.</summary>
    public const string Curve = "curve";

    /// <summary>Not a data set but changes that are followed.</summary>
    public const string Follow = "follow";

    public static IReadOnlyList<string> All { get; } = [Small, Mixed, Large, Curve, Follow];
}
