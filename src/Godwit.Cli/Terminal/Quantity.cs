using System.Globalization;
using Godwit.Configuration;

namespace Godwit.Cli.Terminal;

/// <summary>Numbers with their units as people read them, the same in every locale.</summary>
internal static class Quantity
{
    /// <summary><c>1,234,567</c></summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>1 key</c>, <c>2 keys</c></summary>
    public static string Keys(long count) => count == 1 ? "1 key" : $"{Count(count)} keys";

    /// <summary><c>18,993 keys/s</c></summary>
    public static string KeyRate(double perSecond) => $"{Count((long)Math.Round(perSecond))} keys/s";

    /// <summary><c>18.9 MiB/s</c></summary>
    public static string ByteRate(double perSecond) => $"{new ByteSize((long)Math.Round(perSecond))}/s";

    /// <summary>The two largest units: <c>0.42 s</c>, <c>12.3 s</c>, <c>1 min 5 s</c>, <c>2 h 3 min</c>, <c>3 d 4 h</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        if (time.TotalSeconds < 59.95)
        {
            var format = time.TotalSeconds < 0.995 ? "0.00" : "0.0";
            return $"{time.TotalSeconds.ToString(format, CultureInfo.InvariantCulture)} s";
        }

        var seconds = (long)Math.Round(time.TotalSeconds);
        return seconds switch
        {
            < 3600 => Invariant($"{seconds / 60} min {seconds % 60} s"),
            < 86400 => Invariant($"{seconds / 3600} h {seconds / 60 % 60} min"),
            _ => Invariant($"{seconds / 86400} d {seconds / 3600 % 24} h"),
        };
    }

    /// <summary>A time on a clock: <c>0:01:05</c>.</summary>
    public static string Clock(TimeSpan time) =>
        Invariant($"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    /// <summary><c>61%</c>, rounded down: 100% is said only of what is whole.</summary>
    public static string Percent(double fraction) => Invariant($"{(int)Math.Floor(fraction * 100)}%");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
