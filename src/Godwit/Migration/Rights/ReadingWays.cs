using Godwit.Connections;
using Godwit.Protocol.Rdb;
using Godwit.Sources.Scan;

namespace Godwit.Migration.Rights;

/// <summary>Which ways of reading a server's present state are open. No snapshot is started.</summary>
internal static class ReadingWays
{
    private const string Sync = "sync";
    private const string Scan = "scan";

    /// <summary>As a replica: PSYNC.</summary>
    /// <param name="source">The server.</param>
    /// <param name="seen">The RDB version of its DUMP payloads, which is its snapshots' too; null if none was seen.</param>
    /// <param name="probe">Asks it whether it would run PSYNC.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public static async Task<Way> SyncAsync(
        LiveEnd source,
        RdbVersion? seen,
        CommandProbe probe,
        CancellationToken cancellationToken
    )
    {
        if (source.Info.Role == ServerRole.Replica && source.Info["master_link_status"] is "down")
        {
            return new Way(
                Sync,
                false,
                "it is a replica that has lost its primary, and gives no snapshot until it is back",
                "Mend its link, or name its primary."
            );
        }

        if (
            seen
            is { Family: RdbFamily.Redis, Number: > RdbVersion.HighestRedis }
                or { Number: > RdbVersion.FirstValkey }
        )
            return new Way(Sync, false, $"its snapshots are of {seen}, which this version of Godwit does not read");

        var announce = await source
            .Connection.TryExecuteAsync(cancellationToken, "REPLCONF", "capa", "eof")
            .ConfigureAwait(false);
        if (announce.IsError)
            return Closed("REPLCONF", ServerErrorException.Clean(announce.Bytes.Span));

        var psync = await probe.AskAsync(cancellationToken, "PSYNC", "?", -1).ConfigureAwait(false);
        if (
            psync.Permission == Permission.Unknown
            && !await HasPsyncAsync(source, cancellationToken).ConfigureAwait(false)
        )
            psync = psync with { Permission = Permission.Missing, Reply = "it has no such command" };
        return psync.Permission switch
        {
            Permission.Permitted or Permission.OtherKeys => new Way(Sync, true, "PSYNC and REPLCONF are permitted"),
            Permission.Unknown => new Way(
                Sync,
                null,
                "REPLCONF is permitted; whether PSYNC is, only a migration will tell, since we may neither SUBSCRIBE nor ask ACL DRYRUN"
            ),
            _ => Closed("PSYNC", psync.Reply),
        };
    }

    /// <summary>SCAN and DUMP.</summary>
    public static Way ByScan(LiveEnd source, SourceRights rights)
    {
        if (!source.Info.IsComplete && source.Connection.Endpoint.Database is null)
        {
            var refusal = ScanRights.UnknownDatabases(source.Connection);
            return new Way(
                Scan,
                false,
                "it does not tell which databases hold keys: INFO is refused",
                refusal.WhatToDo
            );
        }

        if (rights.MissingForScan is not { Count: > 0 } missing)
            return new Way(Scan, true, "SCAN, DUMP and what tells expiries are permitted");

        return new Way(
            Scan,
            false,
            $"{string.Join(", ", missing.Select(answer => answer.Command))}: {missing[0].Reply}",
            $"Let the user run them: ACL SETUSER name {string.Join(' ', missing.Select(answer => answer.Rule))} ~*."
        );
    }

    private static Way Closed(string command, string reply) =>
        new(
            Sync,
            false,
            $"{command}: {reply}",
            "Let the user run PSYNC and REPLCONF: ACL SETUSER name +psync +replconf. Many managed services have neither."
        );

    private static async Task<bool> HasPsyncAsync(LiveEnd source, CancellationToken cancellationToken)
    {
        var reply = await source
            .Connection.TryExecuteAsync(cancellationToken, "COMMAND", "INFO", "PSYNC")
            .ConfigureAwait(false);
        return reply.IsError || (reply.Items.Count > 0 && !reply.Items[0].IsNull && reply.Items[0].Items.Count > 0);
    }
}
