using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol.Resp;
using Godwit.Sources.Scan;

namespace Godwit.Verification.Keyspaces;

/// <summary>The questions of <see cref="ShortStringReader"/>, with answers that are compared instead of passed on.</summary>
internal static class ShortStrings
{
    private const long DoesNotExpire = -1;

    /// <summary>Asks for the keys. The commands wait for a flush.</summary>
    public static void Ask(RedisConnection connection, byte[][] keys) =>
        ShortStringReader.Ask(new RespWriter(connection.Output), keys);

    /// <summary>Reads the answers, as far as they have come.</summary>
    /// <returns>True if all are read.</returns>
    public static bool TryRead(RedisConnection connection, KeyReadings readings, int count)
    {
        while (readings.Count < count)
        {
            var reader = connection.Input.Reader();
            if (!reader.TryRead(out var value) || !reader.TryRead(out var expiry))
                return false;

            if (ShortStringReader.IsShortString(value, expiry))
                readings.AddString(expiry.Integer == DoesNotExpire ? Entry.None : expiry.Integer, value.Bytes);
            else
                readings.Add(value.IsError ? KeyPresence.Refused : KeyPresence.Unread);
            connection.Input.Advance(reader.Consumed);
        }

        return true;
    }
}
