namespace Godwit.Configuration;

/// <summary>Finds the word that a user probably meant.</summary>
internal static class Spelling
{
    /// <summary>The candidate that takes the fewest typing mistakes to become <paramref name="word"/>.</summary>
    /// <returns>Null where every candidate is too far off to be a good guess.</returns>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        string? nearest = null;
        // One mistake in three letters; more would suggest words that have nothing in common.
        var least = word.Length < 3 ? 1 : word.Length / 3 + 1;
        foreach (var candidate in candidates)
        {
            var distance = Distance(word, candidate);
            if (distance < least)
                (nearest, least) = (candidate, distance);
        }

        return nearest ?? OnlyContinuation(word, candidates);
    }

    /// <summary>The one candidate that begins with the word, as <c>--conn</c> begins <c>--connections</c>.</summary>
    private static string? OnlyContinuation(string word, IEnumerable<string> candidates)
    {
        if (word.TrimStart('-').Length < 2)
            return null;
        var longer = candidates.Where(c => c.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Take(2).ToArray();
        return longer is [var only] ? only : null;
    }

    /// <summary>Letters to add, drop, change, or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string left, string right)
    {
        var beforeLast = new int[right.Length + 1];
        var last = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
            last[j] = j;

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(last[j] + 1, current[j - 1] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
