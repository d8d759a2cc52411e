using Godwit.Live;
using Godwit.Migration.Rights;

namespace Godwit.Migration.Checks;

/// <summary>Whether the source's user may run what reading takes, beside the way itself (<see cref="ReadingCheck"/>).</summary>
internal static class SourceRightsCheck
{
    private const string Pieces = "large values, in pieces";
    private static readonly CommandAnswer InfoIsRefused = new("INFO", Permission.Refused, "");

    private const string MovedSlots = "slots that change hands";

    /// <summary>How changes would be followed.</summary>
    /// <param name="options">What the user chose.</param>
    /// <param name="sync">Whether each of the source's servers can be read as a replica.</param>
    public static Following FollowingOf(MigrationOptions options, IEnumerable<Way> sync) =>
        options.Live?.Follow switch
        {
            null => Following.No,
            FollowMode.Tracking or FollowMode.Notify => Following.Names,
            FollowMode.Auto when sync.Any(way => way.IsOpen == false) => Following.Names,
            _ => Following.Stream,
        };

    /// <summary>Looks at what a source's server answered. Empty where its user may run everything.</summary>
    /// <param name="source">The server.</param>
    /// <param name="rights">Its answers.</param>
    /// <param name="readBy">As in <see cref="ReadingCheck"/>.</param>
    /// <param name="following">How changes are followed.</param>
    /// <param name="options">What the user chose.</param>
    public static IReadOnlyList<Finding> Of(
        LiveEnd source,
        SourceRights rights,
        string? readBy,
        Following following,
        MigrationOptions options
    )
    {
        var findings = new List<Finding>();
        var refused = new List<(NeededCommand, CommandAnswer)>();
        // A stream's snapshot has the function libraries and the large values in it.
        var scans = following == Following.Names || (following == Following.No && readBy is "scan" or "sync or scan");
        var surely = following == Following.Names || readBy == "scan";
        if (scans)
            ByScan();
        if (following == Following.Stream)
            Add("keys that are read anew while changes are followed", false, rights.RefusedForRereading);
        if (following == Following.Names)
            Add("hearing which keys change", false, rights.RefusedForNames);
        if (following == Following.No && readBy == "sync" && source.Topology.IsCluster)
            Add(MovedSlots, true, rights.MissingForScan);
        Add(MovedSlots, canDoWithout: !scans && following == Following.No, rights.RefusedForMovedSlots);
        if (!source.Info.IsComplete)
            refused.Add((new("what it holds, and how far it is", following == Following.No), InfoIsRefused));

        TargetRightsCheck.Tell(source.Connection, CheckNames.SourceRights, refused, findings);
        return findings;

        void ByScan()
        {
            Add("expiries, to the moment", true, rights.RefusedForExpiries);
            if (!rights.TellsSizes)
            {
                findings.Add(
                    Finding.Warning(
                        CheckNames.SourceRights,
                        "The source does not tell how large a key is: values are read whole, however large",
                        $"Let the user run MEMORY USAGE: ACL SETUSER {source.Connection.Endpoint.User ?? "default"} +memory|usage."
                    )
                );
                Add("short strings, cheaply", true, rights.RefusedForShortStrings);
            }
            else if (options.LargeValues is not null)
            {
                Add(Pieces, !surely, rights.RefusedForPieces);
            }

            if (source.MayHaveFunctions)
                Add("function libraries, which are not left behind", !surely, rights.RefusedForFunctions);
            if (options.ReadFrom is not ReadFrom.Primary)
                Add("replicas in place of their primaries", true, rights.RefusedForReplicas);
        }

        void Add(string purpose, bool canDoWithout, IEnumerable<CommandAnswer> answers) =>
            refused.AddRange(answers.Select(answer => (new NeededCommand(purpose, canDoWithout), answer)));
    }
}
