using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Sources.Scan;
using Godwit.Sources.Sync;

namespace Godwit.Sources;

/// <summary>Chooses how a live server is read.</summary>
internal sealed class LiveSource(
    MigrationOptions options,
    BufferBudget budget,
    SourcePace pace,
    Ledger ledger,
    IMigrationLog log,
    TimeProvider timeProvider
)
{
    /// <summary>Opens the way that the user has chosen, or the best one that the server lets us take.</summary>
    /// <param name="connection">To the server. Used for SCAN; a replica's connection is opened beside it.</param>
    /// <param name="info">What the server says of itself.</param>
    /// <param name="choice">Which entries belong to the source.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <param name="account">Where its keys are settled; null for an account of its own.</param>
    /// <param name="isElsewhere">In a cluster, told of each slot of which a key has gone to another node; null elsewhere.</param>
    /// <exception cref="RefusedException">No way is open.</exception>
    public async Task<EntrySource> OpenAsync(
        RedisConnection connection,
        ServerInfo info,
        EntryChoice choice,
        CancellationToken cancellationToken,
        Account? account = null,
        Action<int>? isElsewhere = null
    )
    {
        // A few named keys are asked for by name; a whole snapshot for their sake would be a waste.
        var mode = options.Read == ReadMode.Auto && choice.Retry is not null ? ReadMode.Scan : options.Read;
        if (mode == ReadMode.Scan)
            return await OpenScanAsync(connection, info, choice, account, isElsewhere, cancellationToken)
                .ConfigureAwait(false);

        try
        {
            return await OpenSyncAsync(connection, info, choice, account, cancellationToken).ConfigureAwait(false);
        }
        catch (GodwitException exception)
            when (mode == ReadMode.Auto && exception is RefusedException or ConnectionException or ProtocolException)
        {
            log.Info($"Reading with SCAN, because reading as a replica did not work: {exception.Message}.");
            return await OpenScanAsync(connection, info, choice, account, isElsewhere, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task<EntrySource> OpenSyncAsync(
        RedisConnection main,
        ServerInfo info,
        EntryChoice choice,
        Account? account,
        CancellationToken cancellationToken
    )
    {
        var connection = await RedisConnection
            .ConnectAsync(
                main.Endpoint with
                {
                    Database = null,
                },
                new ConnectionOptions(),
                timeProvider,
                cancellationToken
            )
            .ConfigureAwait(false);
        try
        {
            var frame = await ReplicaHandshake.RunAsync(connection, cancellationToken).ConfigureAwait(false);
            log.Info($"Reading {main.Endpoint} as a replica (PSYNC), snapshot only.");
            return new SyncSource(
                connection,
                main.Endpoint,
                info,
                frame,
                choice,
                options.LargeValues,
                budget,
                pace,
                account ?? Open(main.Endpoint, mayRepeat: false)
            );
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<EntrySource> OpenScanAsync(
        RedisConnection connection,
        ServerInfo info,
        EntryChoice choice,
        Account? given,
        Action<int>? isElsewhere,
        CancellationToken cancellationToken
    )
    {
        if (!info.IsComplete && choice is { Database: null, Retry: null })
            throw ScanRights.UnknownDatabases(connection);

        // Keys that are asked for by name come once each.
        var account = given ?? Open(connection.Endpoint, mayRepeat: choice.Retry is null);
        var parts = await OpenPartsAsync(connection, account, cancellationToken).ConfigureAwait(false);
        return new ScanSource(connection, info, choice, parts, isElsewhere);
    }

    /// <summary>What reading keys one by one takes.</summary>
    /// <exception cref="RefusedException">The server does not let us.</exception>
    public async Task<ScanParts> OpenPartsAsync(
        RedisConnection connection,
        Account account,
        CancellationToken cancellationToken
    )
    {
        var rights = await ScanRights.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        return new ScanParts(
            account,
            budget,
            pace,
            rights.HasExpireTime,
            options.Batch ?? ScanSource.DefaultRound,
            await OpenLargeKeysAsync(connection, rights, account, cancellationToken).ConfigureAwait(false),
            // Under a limit of bytes rounds are measured by what DUMP gives.
            rights is { HasGetRange: true, HasExpireTime: true }
            && pace.Bytes is null
                ? new ShortStringReader(connection, budget)
                : null,
            timeProvider,
            options.OnExisting == OnExisting.Fail ? new RecentNames() : null
        );
    }

    private Account Open(RedisEndpoint endpoint, bool mayRepeat) =>
        ledger.Open(endpoint.ToString(), mayRepeat, isOfOneDatabase: endpoint.Database is not null);

    private async Task<LargeKeyReader?> OpenLargeKeysAsync(
        RedisConnection connection,
        ScanRights rights,
        Account account,
        CancellationToken cancellationToken
    )
    {
        if (options.LargeValues is not { } limits)
            return null;

        var memory = await connection
            .TryExecuteAsync(cancellationToken, "MEMORY", "USAGE", ScanRights.AnyKey)
            .ConfigureAwait(false);
        if (ScanRights.IsPermitted(memory))
            return new LargeKeyReader(
                connection.Endpoint,
                limits,
                rights.HasExpireTime,
                budget,
                pace,
                account,
                timeProvider
            );

        log.Info(
            $"Large values are read as a whole: {connection.Endpoint} does not tell how large a key is (MEMORY USAGE)."
        );
        return null;
    }
}
