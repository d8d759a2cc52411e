using System.Globalization;
using Godwit.Connections;
using Godwit.Migration;

namespace Godwit.Planning.Replication;

/// <summary>Asks a server how fast it changes and what it keeps for replicas.</summary>
internal sealed class ReplicationQuestions(TimeProvider timeProvider, TimeSpan interval)
{
    /// <summary>Asks all servers of a source side by side, and gives the one that has it worst.</summary>
    /// <exception cref="ConnectionException">A connection was lost.</exception>
    public async Task<ReplicationFacts> AskAsync(IReadOnlyList<LiveEnd> nodes, CancellationToken cancellationToken)
    {
        var facts = await Task.WhenAll(nodes.Select(node => AskAsync(node, cancellationToken))).ConfigureAwait(false);
        return facts.MaxBy(node => node.BytesPerSecond ?? -1)!;
    }

    /// <summary>A setting of the server; null where it does not say.</summary>
    public static async Task<string?> SettingAsync(
        RedisConnection connection,
        string name,
        CancellationToken cancellationToken
    )
    {
        var reply = await connection.TryExecuteAsync(cancellationToken, "CONFIG", "GET", name).ConfigureAwait(false);
        return reply.IsError ? null : reply[name]?.Text;
    }

    private async Task<ReplicationFacts> AskAsync(LiveEnd node, CancellationToken cancellationToken)
    {
        var limit = await SettingAsync(node.Connection, "client-output-buffer-limit", cancellationToken)
            .ConfigureAwait(false);
        var backlog = await SettingAsync(node.Connection, "repl-backlog-size", cancellationToken).ConfigureAwait(false);
        var (rate, isUpperBound) = await RateAsync(node, cancellationToken).ConfigureAwait(false);
        return new ReplicationFacts
        {
            BytesPerSecond = rate,
            IsUpperBound = isUpperBound,
            Backlog = Number(backlog ?? node.Info["repl_backlog_size"]),
            BufferLimit = limit is null ? null : ReplicaBufferLimit.TryParse(limit),
        };
    }

    private async Task<(double? Rate, bool IsUpperBound)> RateAsync(LiveEnd node, CancellationToken cancellationToken)
    {
        var connection = node.Connection;
        var before = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        if (!before.IsComplete)
            return (null, false);

        // While nothing replicates from a server and it keeps no backlog, its offset stands still (src/replication.c,
        // replicationFeedSlaves).
        var counts = before["repl_backlog_active"] == "1" || before["connected_slaves"] is not (null or "0");
        var field = counts ? "master_repl_offset" : "total_net_input_bytes";
        var sent = connection.Output.BytesWritten;
        var began = timeProvider.GetTimestamp();
        await Task.Delay(interval, timeProvider, cancellationToken).ConfigureAwait(false);
        var after = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        var seconds = timeProvider.GetElapsedTime(began).TotalSeconds;
        if (Number(before[field]) is not { } from || Number(after[field]) is not { } to || seconds <= 0)
            return (null, false);

        var own = counts ? 0 : connection.Output.BytesWritten - sent;
        return (Math.Max(0, to - from - own) / seconds, !counts);
    }

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
