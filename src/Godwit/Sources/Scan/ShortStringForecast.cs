namespace Godwit.Sources.Scan;

/// <summary>
/// Tells from the keys that came whether the next ones are likely to be short strings. SCAN gives keys in an order that has
/// nothing to do with their types, so what holds for many of them holds for the rest, but for a few.
/// </summary>
internal sealed class ShortStringForecast
{
    // So many in a row are needed at first, and each time that the forecast was wrong many more: a wrong one is an error in the
    // source's statistics, and of these there are to be a handful, whatever the source holds.
    private const long FirstStreak = 1000;
    private const long Patience = 8;

    // One in so many may be something that costs nothing but another question: a long string, or a key that has gone.
    private const long PerMiss = 16;

    private long _streak;
    private long _needed = FirstStreak;

    /// <summary>True if the next keys are likely to be short strings.</summary>
    public bool Expects => _streak >= _needed;

    /// <summary>Another key was a short string, or was not.</summary>
    public void Add(bool isShortString)
    {
        if (isShortString)
            _streak++;
        else
            _streak = Math.Max(0, Math.Min(_streak, _needed + FirstStreak) - PerMiss);
    }

    /// <summary>A key was taken for a string, and is none.</summary>
    public void WasRefused()
    {
        // All that was asked for before the first of them was answered counts as one.
        if (Expects)
            _needed = Math.Min(_needed * Patience, long.MaxValue / (2 * Patience));
        _streak = 0;
    }
}
