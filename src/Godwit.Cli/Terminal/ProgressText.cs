using Godwit.Configuration;
using Godwit.Live;

namespace Godwit.Cli.Terminal;

/// <summary>Progress in words.</summary>
internal static class ProgressText
{
    // A shorter bar says less than the digits that it would push out.
    private const int ShortestBar = 8;
    private const int LongestBar = 40;

    /// <summary>A line for a log.</summary>
    public static string Line(ProgressReading reading)
    {
        if (reading.Now.Live is { } live)
        {
            var words = FollowingParts(reading, live).AsEnumerable().Reverse();
            return $"{Quantity.Clock(reading.Elapsed)} {reading.Now.Phase}: {string.Join(", ", words)}";
        }

        var keys =
            reading.Fraction is not null && reading.Now.ExpectedKeys is { } expected
                ? $"{Quantity.Count(reading.Now.Keys.Read)} of {Quantity.Keys(expected)}"
                : Quantity.Keys(reading.Now.Keys.Read);
        var share = reading.Fraction is { } fraction ? $" ({Quantity.Percent(fraction)})" : "";
        var failed = reading.Now.Keys.Failed > 0 ? $", {Quantity.Count(reading.Now.Keys.Failed)} failed" : "";
        var left = reading.Left is { } time ? $", {Quantity.Duration(time)} left" : "";
        return $"{Quantity.Clock(reading.Elapsed)} {reading.Now.Phase}: {keys}{share}{failed}, "
            + $"{new ByteSize(reading.Now.BytesRead)}, {Quantity.KeyRate(reading.KeysPerSecond)}, "
            + $"{Quantity.ByteRate(reading.BytesPerSecond)}{left}";
    }

    /// <summary>One row of a terminal around a bar, which takes the columns that the words leave.</summary>
    /// <param name="reading">What to show.</param>
    /// <param name="columns">Columns of the row; the result is never wider.</param>
    public static ProgressRow Row(ProgressReading reading, int columns)
    {
        // A terminal may be made narrower than what is kept free of it.
        columns = Math.Max(0, columns);
        if (reading.Now.Live is { } live)
            return Following(reading, live, columns);

        // From the least to the most important, as they go when there is no room.
        List<string> parts =
        [
            Quantity.Clock(reading.Elapsed),
            Quantity.ByteRate(reading.BytesPerSecond),
            $"{Quantity.Count((long)Math.Round(reading.KeysPerSecond))}/s",
            new ByteSize(reading.Now.BytesRead).ToString(),
            reading.Left is { } left ? $"{Quantity.Clock(left)} left" : "",
            Quantity.Keys(reading.Now.Keys.Read),
            reading.Now.Keys.Failed > 0 ? $"{Quantity.Count(reading.Now.Keys.Failed)} failed" : "",
            reading.Fraction is { } fraction ? Quantity.Percent(fraction) : "",
        ];
        parts.RemoveAll(part => part.Length == 0);
        var least = reading.Fraction is null ? 0 : ShortestBar + 1;
        while (true)
        {
            var words = string.Join("  ", parts.AsEnumerable().Reverse());
            var room = columns - reading.Now.Phase.Length - 1 - words.Length;
            if (room >= least || parts.Count == 0)
                return Fill(reading, words, columns, Math.Max(0, room - 1));
            parts.RemoveAt(0);
        }
    }

    private static ProgressRow Following(ProgressReading reading, LiveCounts live, int columns)
    {
        var parts = FollowingParts(reading, live);
        parts.Insert(0, Quantity.Clock(reading.Elapsed));
        while (true)
        {
            var words = $"{reading.Now.Phase}  {string.Join("  ", parts.AsEnumerable().Reverse())}";
            if (words.Length <= columns || parts.Count == 1)
                return new ProgressRow(words[..Math.Min(words.Length, columns)], 0, 0, "");
            parts.RemoveAt(0);
        }
    }

    // From the least to the most important, as they go when there is no room.
    private static List<string> FollowingParts(ProgressReading reading, LiveCounts live)
    {
        List<string> parts =
        [
            live.Waiting > 0 ? $"{new ByteSize(live.Waiting)} waiting here" : "",
            live.Repaired > 0 ? $"{Quantity.Count(live.Repaired)} repaired" : "",
            $"{Quantity.Count(live.Applied)} applied",
            $"{Quantity.Count((long)Math.Round(reading.ChangesPerSecond))} changes/s",
            live.IsCaughtUp ? "caught up"
            : live.LagBytes is { } bytes ? $"{new ByteSize(bytes)}, {Quantity.Duration(live.Lag)} behind"
            : $"{Quantity.Duration(live.Lag)} behind",
        ];
        parts.RemoveAll(part => part.Length == 0);
        return parts;
    }

    private static ProgressRow Fill(ProgressReading reading, string words, int columns, int room)
    {
        if (reading.Fraction is not { } fraction || room < ShortestBar)
        {
            var text = $"{reading.Now.Phase} {words}";
            return new ProgressRow(text.Length <= columns ? text : text[..columns], 0, 0, "");
        }

        var bar = Math.Min(room, LongestBar);
        var filled = (int)Math.Floor(bar * fraction);
        return new ProgressRow($"{reading.Now.Phase} ", filled, bar - filled, $" {words}");
    }
}

/// <summary>One row of a terminal: words, a bar of so many filled and empty columns, words.</summary>
internal readonly record struct ProgressRow(string Before, int Filled, int Empty, string After);
