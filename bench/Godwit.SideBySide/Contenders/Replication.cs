using System.Diagnostics;
using System.Globalization;
using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Contenders;

/// <summary>The servers' own replication: the target becomes a replica, the source sends its snapshot without a disk.</summary>
internal sealed class Replication() : IntoServer(readsFromSource: true)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    public override string Name => ContenderNames.Replication;

    protected override async Task<Figures> MoveAsync(
        Setting setting,
        Server target,
        CancellationToken cancellationToken
    )
    {
        using var connection = await target.ConnectAsync(cancellationToken);
        var port = setting.Source.Port.ToString(CultureInfo.InvariantCulture);
        var clock = Stopwatch.StartNew();
        await connection.AskAsync(["REPLICAOF", "127.0.0.1", port], cancellationToken);
        while (!await HasArrivedAsync(connection, setting.Keyspace, cancellationToken))
            await Task.Delay(PollInterval, cancellationToken);
        return new Figures(clock.Elapsed);
    }

    private static async Task<bool> HasArrivedAsync(
        ServerConnection connection,
        Keyspace expected,
        CancellationToken cancellationToken
    ) =>
        (await connection.InfoAsync("replication", cancellationToken))["master_link_status"] == "up"
        && (await connection.InfoAsync("keyspace", cancellationToken)).Keyspace().IsSameAs(expected);
}
