using System.CommandLine;
using Godwit.Cli.Usage;
using Godwit.Endpoints;
using Godwit.Live;

namespace Godwit.Cli.Commands;

/// <summary>The options of <c>godwit migrate</c> that say how a source is followed after its snapshot.</summary>
internal sealed class LiveOptionSet
{
    private const long Mebibyte = 1024 * 1024;

    private readonly Option<bool> _live = OptionKinds.Flag(
        "--live",
        "After the snapshot go on with every change, until told to stop (Ctrl+C)."
    );

    private readonly Option<Until> _until = OptionKinds.Choice(
        "--until",
        "When to end. caught-up: when all that the source had done is at the target. stopped: when told to.",
        Until.Stopped,
        ("stopped", Until.Stopped),
        ("caught-up", Until.CaughtUp)
    );

    private readonly Option<bool> _fence = OptionKinds.Flag(
        "--fence",
        "With --until caught-up: write a marker key (godwit:fence:...) to the source and end only when it has come out at the "
            + "target; it is deleted at both. Nothing else is ever written to a source."
    );

    private readonly Option<FollowMode> _follow = OptionKinds.Choice(
        "--follow",
        "How the changes are learned of: sync is the replication stream (PSYNC); tracking (CLIENT TRACKING) and notify (keyspace events) tell which keys to read again. auto takes the first of these that the server lets us.",
        FollowMode.Auto,
        ("auto", FollowMode.Auto),
        ("sync", FollowMode.Sync),
        ("tracking", FollowMode.Tracking),
        ("notify", FollowMode.Notify)
    );

    private readonly Option<bool> _publish = OptionKinds.Flag(
        "--publish",
        "Messages (PUBLISH, SPUBLISH) go along with the changes. They are no data: after a crash some may be missing."
    );

    private readonly Option<string?> _state = OptionKinds.Text(
        "--state",
        "DIR",
        "Where a live job keeps what it needs to go on.",
        "./.godwit/ and a name made of both ends"
    );

    private readonly Option<bool> _resume = OptionKinds.Flag(
        "--resume",
        "Go on with the job whose state is there: no change is lost, none is applied twice."
    );

    private readonly Option<string?> _reverseOf = OptionKinds.Text(
        "--reverse-of",
        "DIR",
        "Go back: follow what has changed since the live job ended whose state is, or was, in DIR, and nothing else. SOURCE and TARGET change places. Begun while that job is at work, it waits for the end.",
        "none"
    );

    private readonly Option<string?> _spool = OptionKinds.Text(
        "--spool",
        "DIR",
        "Where changes wait that memory has no room for. They hold data: the files are for you alone, and go at the end.",
        "the state directory"
    );

    private readonly Option<long?> _maxDisk = OptionKinds.Size(
        "--max-disk",
        least: (64 * Mebibyte, "64MiB"),
        most: null,
        "Disk space that waiting changes may take, 64MiB and up.",
        "10GiB"
    );

    /// <summary>As help shows them.</summary>
    public OptionGroup Group =>
        new(
            "Following changes",
            [_live, _until, _fence, _follow, _publish, _state, _resume, _reverseOf, _spool, _maxDisk]
        );

    /// <summary>Reads the options; what is wrong with them together is added to the errors.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="isConfirmed">The user said --yes.</param>
    /// <param name="sources">Where from.</param>
    /// <param name="target">Where to.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <returns>Null for a copy.</returns>
    public LiveOptions? Read(
        ParseResult parsed,
        bool isConfirmed,
        IReadOnlyList<Endpoint> sources,
        Endpoint target,
        List<UsageError> errors
    )
    {
        if (!parsed.GetValue(_live))
        {
            foreach (
                var option in (Option[])
                    [_until, _fence, _follow, _publish, _state, _resume, _reverseOf, _spool, _maxDisk]
            )
            {
                if (parsed.GetResult(option) is { Implicit: false })
                    errors.Add(new UsageError($"{option.Name} is for --live.", "Add --live, or leave it out."));
            }

            return null;
        }

        if (sources is not [ServerEndpoint] || target is not ServerEndpoint)
        {
            errors.Add(
                new UsageError(
                    "--live follows the changes of one source, a server or a cluster, into a server or a cluster.",
                    "Name one such source and such a target, or leave --live out."
                )
            );
        }

        if (parsed.GetValue(_fence) && parsed.GetValue(_until) != Until.CaughtUp)
        {
            errors.Add(
                new UsageError("--fence is for --until caught-up.", "Add --until caught-up, or leave --fence out.")
            );
        }

        if (parsed.GetValue(_publish) && parsed.GetValue(_follow) is FollowMode.Tracking or FollowMode.Notify)
        {
            errors.Add(
                new UsageError(
                    "--publish is for the replication stream: the names of changed keys tell of no messages.",
                    "Leave it out, or choose --follow sync."
                )
            );
        }

        return new LiveOptions
        {
            Until = parsed.GetValue(_until),
            Fence = parsed.GetValue(_fence),
            Follow = parsed.GetValue(_follow),
            StateDirectory = parsed.GetValue(_state),
            Resume = parsed.GetValue(_resume),
            PassesMessages = parsed.GetValue(_publish),
            ReverseOf = parsed.GetValue(_reverseOf),
            AcceptLostChanges = isConfirmed,
            SpoolDirectory = parsed.GetValue(_spool),
            MaxDisk = parsed.GetValue(_maxDisk) ?? LiveOptions.DefaultMaxDisk,
        };
    }
}
