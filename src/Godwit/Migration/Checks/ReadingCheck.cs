using Godwit.Migration.Rights;

namespace Godwit.Migration.Checks;

/// <summary>How a source would be read.</summary>
/// <param name="Finding">In words; a stop where no way is open.</param>
/// <param name="ReadBy"><c>sync</c>, <c>scan</c> or <c>sync or scan</c>; null where no way is open.</param>
internal sealed record ReadingCheck(Finding Finding, string? ReadBy)
{
    /// <summary>Chooses among the ways that are open as the user wants.</summary>
    /// <param name="uri">The source, for messages.</param>
    /// <param name="sync">Whether it can be read as a replica.</param>
    /// <param name="scan">Whether it can be read by SCAN.</param>
    /// <param name="options">What the user chose.</param>
    public static ReadingCheck Of(string uri, Way sync, Way scan, MigrationOptions options)
    {
        var wanted = options.Read == ReadMode.Auto && options.RetryFile is not null ? ReadMode.Scan : options.Read;
        return wanted switch
        {
            ReadMode.Sync when sync.IsOpen == false => Stop(
                $"{uri} does not let us read it as a replica: {sync.Why}",
                $"{sync.WayOut} Or use --read scan.".TrimStart()
            ),
            ReadMode.Scan when scan.IsOpen == false => Stop(
                $"{uri} does not let us read it with SCAN: {scan.Why}",
                scan.WayOut ?? "Use --read sync."
            ),
            ReadMode.Auto when sync.IsOpen == false && scan.IsOpen == false => Stop(
                $"{uri} lets us read it in no way. As a replica: {sync.Why}. With SCAN: {scan.Why}",
                scan.WayOut ?? sync.WayOut ?? "Give the user the rights of one of the two."
            ),
            ReadMode.Scan => Ok($"{uri} is read with SCAN: {scan.Why}", scan.Name),
            ReadMode.Auto when sync.IsOpen == false => Ok(
                $"{uri} is read with SCAN, because it does not let us read it as a replica: {sync.Why}",
                scan.Name
            ),
            ReadMode.Auto when sync.IsOpen is null && scan.IsOpen == true => Ok(
                $"{uri} is read as a replica if it lets us, else with SCAN: {sync.Why}",
                "sync or scan"
            ),
            _ => Ok($"{uri} is read as a replica: {sync.Why}", sync.Name),
        };
    }

    private static ReadingCheck Stop(string message, string wayOut) =>
        new(Finding.Stop(CheckNames.Read, message, wayOut), null);

    private static ReadingCheck Ok(string message, string readBy) => new(Finding.Ok(CheckNames.Read, message), readBy);
}
