using System.Text;
using Godwit.Live;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Sync;

/// <summary>What a primary answers to PSYNC.</summary>
/// <param name="IsContinuation">The stream goes on behind the place that was asked for; else a snapshot comes first.</param>
/// <param name="ReplicationId">The name of the server's history, which may be another than the one that was asked for.</param>
/// <param name="Offset">Bytes of the history before the stream.</param>
/// <remarks><c>src/replication.c</c>: masterTryPartialResynchronization, replicationSetupSlaveForFullResync.</remarks>
internal sealed record JoinAnswer(bool IsContinuation, string ReplicationId, long Offset)
{
    private const int IdLength = 40;

    /// <summary>Reads the line; null if it is no such answer.</summary>
    public static JoinAnswer? TryParse(ReadOnlySpan<byte> line, StreamPosition? asked)
    {
        if (line.StartsWith("+FULLRESYNC "u8))
        {
            var rest = line["+FULLRESYNC ".Length..];
            return
                rest.Length > IdLength + 1
                && rest[IdLength] == ' '
                && RespNumber.TryParse(rest[(IdLength + 1)..], out long offset)
                && offset >= 0
                ? new JoinAnswer(false, Encoding.ASCII.GetString(rest[..IdLength]), offset)
                : null;
        }

        if (asked is not { } place)
            return null;
        if (line.SequenceEqual("+CONTINUE"u8))
            return new JoinAnswer(true, place.ReplicationId, place.Offset);
        return line.StartsWith("+CONTINUE "u8) && line.Length == "+CONTINUE ".Length + IdLength
            ? new JoinAnswer(true, Encoding.ASCII.GetString(line["+CONTINUE ".Length..]), place.Offset)
            : null;
    }
}
