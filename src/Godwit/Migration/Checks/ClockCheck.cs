using System.Globalization;
using Godwit.Connections;

namespace Godwit.Migration.Checks;

/// <summary>What time it is at both ends. Expiries are moments, and each server lets its keys die by its own clock.</summary>
internal static class ClockCheck
{
    // As much as a comparison takes for equal.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    /// <summary>Looks at a source and the target.</summary>
    public static Finding Of(ServerInfo source, ServerInfo target)
    {
        if (source.Clock is not { } ours || target.Clock is not { } theirs)
            return Finding.Ok(
                CheckNames.Clocks,
                "Cannot tell whether the clocks agree: one end does not tell the time"
            );

        var (ahead, behind) = (theirs.Most - ours.Least, ours.Most - theirs.Least);
        if (ahead <= Tolerance && behind <= Tolerance)
            return Finding.Ok(CheckNames.Clocks, "The clocks of both ends agree");
        return ahead >= behind ? Apart("ahead of", ahead, "earlier") : Apart("behind", behind, "later");
    }

    private static Finding Apart(string where, TimeSpan time, string when)
    {
        var seconds = time.TotalSeconds.ToString("N1", CultureInfo.InvariantCulture);
        return Finding.Warning(
            CheckNames.Clocks,
            $"The target's clock is {seconds} s {where} the source's: keys that expire go so much {when} there",
            "Set the clocks of both (NTP) before you begin."
        );
    }
}
