using System.Globalization;
using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Following;

/// <summary>The target itself, as the source's replica.</summary>
internal sealed class ReplicaFollower : IFollower
{
    public Usage? Usage => null;

    public static async Task<IFollower> StartAsync(Server source, Server target, CancellationToken cancellationToken)
    {
        using var connection = await target.ConnectAsync(cancellationToken);
        var port = source.Port.ToString(CultureInfo.InvariantCulture);
        await connection.AskAsync(["REPLICAOF", "127.0.0.1", port], cancellationToken);
        return new ReplicaFollower();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
