using Godwit.Batches;
using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>
/// Reads keys one by one, at whoever has each by then, and as often as it takes: those whose slot has moved or is on its way, or whose
/// server was lost.
/// </summary>
internal sealed class LoneKeys(ShardAccess access, ShardedViewSettings settings)
{
    private const long KeyIsGone = -2;

    /// <summary>Adds what is found.</summary>
    public async ValueTask ReadAsync(
        int database,
        byte[] key,
        KeyReadings readings,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await (
                settings.Mode switch
                {
                    VerifyMode.Existence => ReadPresenceAsync(Ask, readings),
                    VerifyMode.Type => ReadTypeAsync(Ask, readings),
                    _ => ReadValueAsync(Ask, readings),
                }
            ).ConfigureAwait(false);
        }
        catch (ServerErrorException exception) when (exception.Code == "NOPERM")
        {
            readings.Add(KeyPresence.Forbidden);
        }

        Task<RespValue> Ask(string command) => access.ExecuteAsync(database, key, [command, key], cancellationToken);
    }

    private static async Task ReadPresenceAsync(Func<string, Task<RespValue>> ask, KeyReadings readings)
    {
        var exists = await ask("EXISTS").ConfigureAwait(false);
        if (exists.Integer == 0)
            readings.Add(KeyPresence.Gone);
        else
            readings.Add(Entry.None, []);
    }

    private static async Task ReadTypeAsync(Func<string, Task<RespValue>> ask, KeyReadings readings)
    {
        var type = (await ask("TYPE").ConfigureAwait(false)).Text;
        if (type == "none")
        {
            readings.Add(KeyPresence.Gone);
            return;
        }

        var command = KeyQuestions.LengthCommand(type);
        var length = command is null ? null : await ask(command).ConfigureAwait(false);
        readings.Add(type);
        if (length is not null)
            readings.SetLength(readings.Count - 1, length.Integer);
    }

    private async Task ReadValueAsync(Func<string, Task<RespValue>> ask, KeyReadings readings)
    {
        var expiry = await ReadExpiryAsync(ask, readings).ConfigureAwait(false);
        var payload = settings.Mode == VerifyMode.Full ? await ask("DUMP").ConfigureAwait(false) : null;
        if (expiry == KeyIsGone || payload is { IsNull: true })
            readings.Add(KeyPresence.Gone);
        else
            readings.Add(expiry, payload is null ? [] : payload.Bytes.Span);
    }

    // Before 7.0 it is only told how much is left. What our clock makes of that is asked again, exactly, where it matters.
    private async Task<long> ReadExpiryAsync(Func<string, Task<RespValue>> ask, KeyReadings readings)
    {
        var reply = await ask(settings.HasExpireTime ? "PEXPIRETIME" : "PTTL").ConfigureAwait(false);
        if (settings.HasExpireTime || reply.Integer < 0)
            return reply.Integer;
        readings.ExpiryError = long.MaxValue / 4;
        return settings.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds() + reply.Integer;
    }
}
