using System.Globalization;
using Godwit.Configuration;
using Godwit.Connections;

namespace Godwit.Migration.Checks;

/// <summary>The source's data against the memory that the target may take.</summary>
internal static class RoomCheck
{
    // The same data takes up to this much more or less room in another version: more than that is no matter of version.
    private const double VersionsDiffer = 1.25;

    /// <summary>Looks at the sums of both ends.</summary>
    /// <param name="sources">Where keys come from. Of files nobody knows how much room they take.</param>
    /// <param name="targets">All servers that they go to.</param>
    /// <param name="flushesTarget">What the target holds now will be deleted.</param>
    public static Finding Of(SourceEnds sources, IReadOnlyList<LiveEnd> targets, bool flushesTarget)
    {
        var sizes = sources.Live.Select(DataSize).Where(size => size is not null).ToArray();
        if (sizes.Length == 0)
            return Finding.Ok(
                CheckNames.Room,
                "Cannot tell whether it fits: the source does not say how much it holds"
            );
        var needed = sizes.Sum()!.Value;
        var whose = sources.Live.Count > 1 ? "sources'" : "source's";
        if (targets.Any(target => target.Info.MaxMemory is null))
            return Finding.Ok(
                CheckNames.Room,
                "Cannot tell whether it fits: the target does not say how much it takes"
            );
        if (targets.Any(target => target.Info.MaxMemory == 0))
        {
            return Finding.Ok(
                CheckNames.Room,
                $"The {whose} data takes about {new ByteSize(needed)}, and the target has no maxmemory"
            );
        }

        if (Sum(targets, target => Room(target.Info, flushesTarget)) is not { } room)
            return Finding.Ok(
                CheckNames.Room,
                "Cannot tell whether it fits: the target does not say how much it holds"
            );

        var found =
            $"the {whose} data takes about {new ByteSize(needed)}, and the target has {new ByteSize(room)} left of its maxmemory";
        if (needed <= room / VersionsDiffer)
            return Finding.Ok(CheckNames.Room, $"It fits: {found}");

        var policy = targets
            .Select(target => target.Info.MaxMemoryPolicy)
            .FirstOrDefault(policy => policy is not (null or "noeviction"));
        if (policy is not null)
        {
            return Finding.Warning(
                CheckNames.Room,
                $"The target will drop keys on its own when it is full ({policy}): {found}"
            );
        }

        // A server does not say how much one of its databases takes.
        var neededAtLeast = sources
            .Live.Where(source => source.Connection.Endpoint.Database is null)
            .Sum(source => DataSize(source) ?? 0);
        return neededAtLeast > room * VersionsDiffer
            ? Finding.Stop(
                CheckNames.Room,
                $"There is not enough room: {found}",
                "Raise the target's maxmemory, or choose a larger target."
            )
            : Finding.Warning(CheckNames.Room, $"It may not fit: {found}");
    }

    /// <summary>Bytes that a server's keys and values take; null if it does not say.</summary>
    public static long? DataSize(LiveEnd end) =>
        long.TryParse(
            end.Info["used_memory_dataset"],
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var size
        )
            ? Math.Max(0, size)
            : null;

    private static long? Room(ServerInfo info, bool flushesTarget) =>
        info is not { MaxMemory: { } limit, UsedMemory: { } used } ? null
        : flushesTarget ? limit
        : Math.Max(0, limit - used);

    private static long? Sum(IReadOnlyList<LiveEnd> ends, Func<LiveEnd, long?> size) =>
        ends.Count > 0 && ends.All(end => size(end) is not null) ? ends.Sum(end => size(end)!.Value) : null;
}
