namespace Godwit.Verification.Sampling;

/// <summary>What a sample says of all keys.</summary>
internal static class SampleConfidence
{
    /// <summary>How sure <see cref="UpperBound"/> is.</summary>
    public const double Level = 0.99;

    private const long ManyEvents = 10_000;

    /// <summary>
    /// The greatest fraction of all keys that may differ, 0 to 1, where <paramref name="different"/> of
    /// <paramref name="compared"/> did: were it more, so few would be found once in a hundred samples at most.
    /// </summary>
    /// <remarks>
    /// Differences in a sample are taken to be Poisson distributed, which errs to the safe side. With none found it is
    /// 4.6 / <paramref name="compared"/>, since e^-4.6 is 0.01.
    /// </remarks>
    public static double UpperBound(long compared, long different)
    {
        if (compared == 0)
            return 1;

        // So many are distributed as a bell, of which 2.6 deviations leave out less than one in a hundred.
        if (different > ManyEvents)
            return Math.Min(1, (different + (2.6 * Math.Sqrt(different)) + 4) / compared);

        // So many differences are expected that only one sample in a hundred has as few as were found.
        double low = different;
        var high = different + (10 * Math.Sqrt(different + 1)) + 10;
        for (var i = 0; i < 100; i++)
        {
            var middle = (low + high) / 2;
            if (AtMost(different, middle) > 1 - Level)
                low = middle;
            else
                high = middle;
        }

        return Math.Min(1, high / compared);
    }

    // The probability of so many events or fewer where so many are expected. In logarithms, since e^-expected is soon 0.
    private static double AtMost(long events, double expected)
    {
        double sum = 0;
        var logTerm = -expected;
        for (long k = 0; k <= events; k++)
        {
            if (k > 0)
                logTerm += Math.Log(expected / k);
            sum += Math.Exp(logTerm);
        }

        return sum;
    }
}
