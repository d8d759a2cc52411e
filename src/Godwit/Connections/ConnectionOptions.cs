using Godwit.Protocol.Resp;

namespace Godwit.Connections;

/// <summary>How connections behave, the same for every endpoint of a job.</summary>
internal sealed record ConnectionOptions
{
    private const int Kibibyte = 1024;
    private const int Mebibyte = 1024 * Kibibyte;

    /// <summary>
    /// Longest time from the name's look-up to the last reply of the log-in. Default: 10 s, enough for a lost packet or two
    /// on a bad line, and short enough to wait for when the address is wrong.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Longest silence while something is due: not a byte came, and no waiting write went on. Default: 60 s, since a slow
    /// command of another client holds up a healthy server for many seconds. The end comes up to a quarter of it late.
    /// </summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Idle time before TCP asks whether the other side is still there; whole seconds. Default: 30 s, which is below the
    /// idle limit of common load balancers and firewalls.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Asks for RESP3, and goes on with RESP2 where the server does not know it. Default: off; RESP2 is understood
    /// everywhere, and its replies are no longer.
    /// </summary>
    public bool UseResp3 { get; init; }

    /// <summary>
    /// Name for <c>CLIENT LIST</c>, so that an operator sees who is there; without spaces. Null for none. Default:
    /// <c>godwit</c>.
    /// </summary>
    public string? ClientName { get; init; } = "godwit";

    /// <summary>
    /// Takes a connection that is closed before all was answered, and ends such at the server before a new one is used: for whoever
    /// writes what must not arrive late. Null for whoever asks only, or writes what may. Default: null.
    /// </summary>
    public LostConnections? Lost { get; init; }

    /// <summary>
    /// What the receive buffer begins with, in bytes. Default: 64 KiB, about what one system call returns on a busy line.
    /// </summary>
    public int ReceiveBufferSize { get; init; } = 64 * Kibibyte;

    /// <summary>
    /// What the receive buffer may grow to for one reply, in bytes. Default: 514 MiB, the longest bulk string of
    /// <see cref="RespLimits"/> with its head. It grows only as bytes come.
    /// </summary>
    public int MaxReceiveBuffer { get; init; } = 514 * Mebibyte;

    /// <summary>
    /// What the send buffer begins with, in bytes. Default: 64 KiB. It grows with what is written before a flush.
    /// </summary>
    public int SendBufferSize { get; init; } = 64 * Kibibyte;

    /// <summary>Caps on what a reply may announce. Default: <see cref="RespLimits.Default"/>.</summary>
    public RespLimits Limits { get; init; } = RespLimits.Default;
}
