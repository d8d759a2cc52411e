using Godwit.Connections;
using Godwit.Connections.Topology;
using Godwit.Endpoints;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>What to do with an entry that a server did not take.</summary>
internal enum DetourKind
{
    /// <summary>Another server has it for good.</summary>
    Moved,

    /// <summary>Another one takes this one entry, after ASKING.</summary>
    Ask,

    /// <summary>Its slot is on its way, and it can be written only when that has arrived.</summary>
    MovingSlot,

    /// <summary>The same one takes it later, or another that takes its place.</summary>
    Later,
}

/// <summary>Why a server did not take an entry.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Node">Whom to ask; null where it does not say.</param>
/// <param name="Why">In the server's words.</param>
internal sealed record Detour(DetourKind Kind, RedisEndpoint? Node, string Why)
{
    // What a server says while another one takes its place, or while it is about to become one itself.
    private static readonly string[] LaterCodes = ["CLUSTERDOWN", "LOADING", "READONLY", "MASTERDOWN", "NOREPLICAS"];

    /// <summary>Reads an error; null where it is none that time or another server mends.</summary>
    /// <param name="error">The error.</param>
    /// <param name="answered">Who gave it.</param>
    public static Detour? Of(RespValue error, RedisEndpoint answered)
    {
        var text = error.Text;
        var code = ServerErrorException.CodeOf(text);
        var why = $"{answered.Address} answered {code}";
        if (code is "MOVED" or "ASK")
        {
            return Redirection.TryParse(text, answered) is { } redirection
                ? new Detour(redirection.IsAsk ? DetourKind.Ask : DetourKind.Moved, redirection.Node, why)
                : null;
        }

        if (code == "TRYAGAIN")
            return new Detour(DetourKind.MovingSlot, null, why);
        return LaterCodes.Contains(code) ? new Detour(DetourKind.Later, null, why) : null;
    }

    /// <summary>A connection could not be made, or was lost.</summary>
    public static Detour Lost(string why) => new(DetourKind.Later, null, why);
}
