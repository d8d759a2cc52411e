using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>
/// Compares two servers key by key and element by element, both ways, through commands alone. It shares no code with the
/// program, so that the program cannot make the same mistake twice.
/// </summary>
internal static class ServerComparison
{
    private const int DetailsShown = 8;

    /// <summary>Each difference in words; none means equal.</summary>
    public static IReadOnlyList<string> Compare(
        RespClient source,
        RespClient target,
        ComparisonOptions? options = null
    ) => Compare(ServerStateReader.Read(source), ServerStateReader.Read(target), options);

    /// <inheritdoc cref="Compare(RespClient, RespClient, ComparisonOptions?)"/>
    public static IReadOnlyList<string> Compare(
        ServerState source,
        ServerState target,
        ComparisonOptions? options = null
    )
    {
        options ??= new();
        List<string> differences = [];
        foreach (var (name, atSource) in source.Keys)
        {
            var missing = options.Missing.Contains(name);
            if (!target.Keys.TryGetValue(name, out var atTarget))
                differences.AddRange(missing ? [] : [$"{name}: missing at the target"]);
            else if (missing)
                differences.Add($"{name}: at the target, where it should not be");
            else
                differences.AddRange(
                    CompareKeys(source, target, atSource, atTarget, options)
                        .Select(difference => $"{name}: {difference}")
                );
        }

        differences.AddRange(
            target.Keys.Keys.Where(name => !source.Keys.ContainsKey(name)).Select(name => $"{name}: only at the target")
        );
        if (!options.IgnoreFunctions)
            differences.AddRange(CompareTexts("function library", source.Functions, target.Functions));
        return differences;
    }

    /// <summary>Fails a test with the differences themselves.</summary>
    public static void ShouldBeEqual(ServerState source, ServerState target, ComparisonOptions? options = null)
    {
        var differences = Compare(source, target, options);
        differences.ShouldBeEmpty($"{differences.Count} differences:\n{string.Join('\n', differences.Take(20))}\n");
    }

    private static IEnumerable<string> CompareKeys(
        ServerState source,
        ServerState target,
        KeyState atSource,
        KeyState atTarget,
        ComparisonOptions options
    )
    {
        if (!string.Equals(atSource.Type, atTarget.Type, StringComparison.Ordinal))
        {
            yield return $"type {atSource.Type} at the source, {atTarget.Type} at the target";
            yield break;
        }

        if (!SameExpiry(atSource.Expiry, atTarget.Expiry, options.ExpiryTolerance))
            yield return $"expires {Words(atSource.Expiry)} at the source, {Words(atTarget.Expiry)} at the target";

        bool Counts(Detail detail) =>
            Aspects.CanCompare(detail.Aspect, source, target)
            && !(options.IgnoreFieldExpiry && detail.Aspect is Aspects.FieldExpiry)
            && !(options.IgnoreEntriesRead && detail.Aspect is (Aspects.EntriesRead or Aspects.Lag));

        IReadOnlyDictionary<Detail, string> Told(KeyState state) =>
            options.IgnoreIdleConsumers
                ? new Dictionary<Detail, string>(
                    state.Details.Where(told => told is not { Key.Aspect: Aspects.Consumer, Value: "0" })
                )
                : state.Details;

        bool Same(Detail detail, string one, string other) =>
            string.Equals(one, other, StringComparison.Ordinal)
            || (options.IgnoreSignOfZero && detail.Aspect is Aspects.Score && (one, other) is ("-0", "0"));

        var differences = CompareTexts(Words, Counts, Same, Told(atSource), Told(atTarget)).ToList();
        foreach (var difference in differences.Take(DetailsShown))
            yield return difference;
        if (differences.Count > DetailsShown)
            yield return $"and {differences.Count - DetailsShown} differences more";
    }

    private static bool SameExpiry(Expiry? source, Expiry? target, long tolerance) =>
        (source, target) switch
        {
            (null, null) => true,
            ({ } one, { } other) => one.Overlaps(new(other.Earliest - tolerance, other.Latest + tolerance)),
            _ => false,
        };

    private static IEnumerable<string> CompareTexts(
        string what,
        IReadOnlyDictionary<string, string> source,
        IReadOnlyDictionary<string, string> target
    ) =>
        CompareTexts(
            name => $"{what} {Bytes.Quoted(name)}",
            _ => true,
            (_, one, other) => string.Equals(one, other, StringComparison.Ordinal),
            source,
            target
        );

    private static IEnumerable<string> CompareTexts<T>(
        Func<T, string> words,
        Func<T, bool> counts,
        Func<T, string, string, bool> same,
        IReadOnlyDictionary<T, string> source,
        IReadOnlyDictionary<T, string> target
    )
    {
        foreach (var (name, text) in source)
        {
            if (!counts(name))
                continue;
            if (!target.TryGetValue(name, out var other))
                yield return $"{words(name)} is missing at the target";
            else if (!same(name, text, other))
                yield return $"{words(name)} is {Bytes.Quoted(text)} at the source, {Bytes.Quoted(other)} at the target";
        }

        foreach (var name in target.Keys)
        {
            if (counts(name) && !source.ContainsKey(name))
                yield return $"{words(name)} is only at the target";
        }
    }

    private static string Words(Detail detail) =>
        detail.Subject.Length == 0 ? detail.Aspect : $"{detail.Aspect} {Bytes.Quoted(detail.Subject)}";

    private static string Words(Expiry? expiry) => expiry is { } known ? $"at {known}" : "never";
}
