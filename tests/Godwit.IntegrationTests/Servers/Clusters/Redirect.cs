using System.Globalization;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>Where a node sends a client: for this command alone (ASK), or from now on (MOVED).</summary>
internal sealed record Redirect(int Port, bool Once)
{
    /// <summary>Null: the reply is no such thing.</summary>
    public static Redirect? Of(object? reply)
    {
        // MOVED 3999 127.0.0.1:6381
        var parts = reply is RespError error ? error.Message.Split(' ', ':') : [];
        return parts is ["MOVED" or "ASK", _, _, var port]
            ? new(int.Parse(port, CultureInfo.InvariantCulture), parts[0] == "ASK")
            : null;
    }
}
