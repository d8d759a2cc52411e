using Godwit.Connections;
using Godwit.Migration;
using Godwit.Migration.Rights;
using Godwit.Planning.Replication;

namespace Godwit.Planning.Ways;

/// <summary>Which ways of following a server's changes are open. No setting is changed.</summary>
internal static class FollowingWays
{
    private const string Tracking = "tracking";
    private const string Notify = "notify";

    // CLIENT TRACKING (6.0).
    private static readonly Version Version60 = new(6, 0);

    /// <summary>CLIENT TRACKING, and reading what has changed.</summary>
    /// <param name="source">The server.</param>
    /// <param name="scan">Whether keys can be read one by one.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public static async Task<Way> TrackingAsync(LiveEnd source, Way scan, CancellationToken cancellationToken)
    {
        if (scan.IsOpen == false)
            return new Way(
                Tracking,
                false,
                "it tells which keys have changed, and they cannot be read: see scan",
                scan.WayOut
            );
        if (source.Info.RedisVersion is { } version && version < Version60)
            return new Way(Tracking, false, "the server is older than 6.0, which is the first to have it");

        // It is off on a new connection: this changes nothing, and is refused if it is not permitted.
        var reply = await source
            .Connection.TryExecuteAsync(cancellationToken, "CLIENT", "TRACKING", "OFF")
            .ConfigureAwait(false);
        return reply.IsError
            ? new Way(
                Tracking,
                false,
                $"CLIENT TRACKING: {ServerErrorException.Clean(reply.Bytes.Span)}",
                "Let the user run it: ACL SETUSER name +client|tracking (before 7.0 +client)."
            )
            : new Way(Tracking, true, "CLIENT TRACKING is permitted; it does not tell of SWAPDB");
    }

    /// <summary>Keyspace notifications, and reading what has changed.</summary>
    /// <param name="source">The server.</param>
    /// <param name="scan">Whether keys can be read one by one.</param>
    /// <param name="probe">Asks it whether it would run PSUBSCRIBE.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public static async Task<Way> NotifyAsync(
        LiveEnd source,
        Way scan,
        CommandProbe probe,
        CancellationToken cancellationToken
    )
    {
        if (scan.IsOpen == false)
            return new Way(
                Notify,
                false,
                "it tells which keys have changed, and they cannot be read: see scan",
                scan.WayOut
            );

        var subscribe = await probe.AskDryAsync(cancellationToken, "PSUBSCRIBE", "__keyevent@*").ConfigureAwait(false);
        if (subscribe.Permission is Permission.Refused or Permission.OtherKeys)
        {
            return new Way(
                Notify,
                false,
                $"PSUBSCRIBE: {subscribe.Reply}",
                "Let the user run it: ACL SETUSER name +psubscribe &__keyevent@*."
            );
        }

        var setting = await ReplicationQuestions
            .SettingAsync(source.Connection, "notify-keyspace-events", cancellationToken)
            .ConfigureAwait(false);
        if (setting is null)
            return new Way(Notify, null, "it does not tell what notify-keyspace-events is: CONFIG GET is refused");

        var missing = KeyspaceEvents.Missing(setting);
        return missing.Length == 0
            ? new Way(
                Notify,
                true,
                $"notify-keyspace-events is {setting}; what happens while a connection is lost is not told"
            )
            : new Way(
                Notify,
                false,
                setting.Length == 0
                    ? "notify-keyspace-events is empty: nothing is told"
                    : $"notify-keyspace-events is {setting} and lacks {missing}: some changes would not be told",
                "Set it at the source, if you want this way: CONFIG SET notify-keyspace-events AE. Godwit never does."
            );
    }
}
