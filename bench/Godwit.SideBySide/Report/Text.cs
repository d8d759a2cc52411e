using System.Globalization;

namespace Godwit.SideBySide.Report;

/// <summary>Numbers as the results write them.</summary>
internal static class Text
{
    private const string None = "–";

    public static string Grouped(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Ratio(double ratio) => ratio.ToString("f2", CultureInfo.InvariantCulture);

    public static string RatioOrNone(double? ratio) => ratio is { } value ? Ratio(value) : None;

    /// <summary>Millions of bytes.</summary>
    public static string Megabytes(double bytes) => (bytes / 1e6).ToString("f0", CultureInfo.InvariantCulture) + " MB";

    public static string MegabytesOrNone(long? bytes) => bytes is { } value ? Megabytes(value) : None;

    public static string Milliseconds(double milliseconds) =>
        milliseconds.ToString("f0", CultureInfo.InvariantCulture) + " ms";

    public static string MillisecondsOrNone(TimeSpan? time) =>
        time is { } value ? Milliseconds(value.TotalMilliseconds) : None;

    public static string FineMilliseconds(TimeSpan time) =>
        time.TotalMilliseconds.ToString("f1", CultureInfo.InvariantCulture) + " ms";

    public static string MicrosecondsOrNone(double? microseconds) =>
        microseconds is { } value ? value.ToString("f2", CultureInfo.InvariantCulture) : None;

    public static string Seconds(TimeSpan? time) =>
        time is { } value ? value.TotalSeconds.ToString("f2", CultureInfo.InvariantCulture) : None;
}
