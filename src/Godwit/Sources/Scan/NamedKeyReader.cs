using System.Runtime.CompilerServices;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol.Resp;

namespace Godwit.Sources.Scan;

/// <summary>Reads keys whose names are known, of the chosen database: small ones with DUMP, large ones in pieces.</summary>
/// <param name="connection">Used by nobody else meanwhile.</param>
/// <param name="dumper">Reads over the same connection.</param>
/// <param name="largeKeys">Null where all keys are read with DUMP.</param>
/// <param name="pace">How fast keys may come; the dumper keeps to that of bytes.</param>
/// <param name="round">Keys that are asked for at a time, at most.</param>
/// <param name="account">Where the keys are settled.</param>
internal sealed class NamedKeyReader(
    RedisConnection connection,
    KeyDumper dumper,
    LargeKeyReader? largeKeys,
    SourcePace pace,
    int round,
    Account account
)
{
    // Payloads of one round wait in our memory and the server's.
    private const long RoundBytes = 8 * 1024 * 1024;

    // Before any payload was seen.
    private const int FirstRound = 16;

    private readonly int _round = Math.Min(round, pace.Keys?.Quantum ?? round);
    private readonly long _roundBytes = Math.Min(RoundBytes, pace.Bytes?.Quantum ?? long.MaxValue);

    /// <summary>Called for a key that another server of the cluster has, with the words that say which.</summary>
    public Action<int, byte[], string>? IsElsewhere { get; init; }

    /// <summary>
    /// Keys that are gone count as expired. Not so where they were asked for on suspicion: whoever named them may have kept what
    /// belongs to nobody.
    /// </summary>
    public bool CountsVanished { get; init; } = true;

    /// <summary>Reads the keys.</summary>
    public async IAsyncEnumerable<EntryBatch> ReadAsync(
        int database,
        IReadOnlyList<byte[]> names,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        for (var start = 0; start < names.Count; )
        {
            byte[][] keys = [.. names.Skip(start).Take(RoundLength())];
            start += keys.Length;
            var (small, large) = await SortBySizeAsync(database, keys, cancellationToken).ConfigureAwait(false);
            if (pace.Keys is { } limit)
                await limit.TakeAsync(small.Length, cancellationToken).ConfigureAwait(false);
            dumper.Ask(small);
            await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await foreach (var batch in dumper.ReadAsync(database, small, cancellationToken).ConfigureAwait(false))
            {
                batch.Account = account;
                yield return batch;
            }

            SettleUnread(database);
            foreach (var key in large)
            {
                await foreach (
                    var batch in largeKeys!.ReadAsync(database, key, cancellationToken).ConfigureAwait(false)
                )
                {
                    batch.Account = account;
                    yield return batch;
                }
            }
        }
    }

    private int RoundLength() =>
        dumper.AveragePayload is { } average
            ? (int)Math.Clamp(_roundBytes / Math.Max(1, average), 1, _round)
            : Math.Min(FirstRound, _round);

    private async Task<(byte[][] Small, IReadOnlyList<byte[]> Large)> SortBySizeAsync(
        int database,
        byte[][] keys,
        CancellationToken cancellationToken
    )
    {
        if (largeKeys is null)
            return (keys, []);

        var writer = new RespWriter(connection.Output);
        foreach (var key in keys)
            writer.WriteCommand("MEMORY", "USAGE", key);
        await connection.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var suspicious = new HashSet<int>();
        for (var i = 0; i < keys.Length; i++)
        {
            var memory = await connection.Input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (!memory.IsError && !memory.IsNull && memory.Integer >= largeKeys.Suspicious)
                suspicious.Add(i);
        }

        var large = new HashSet<int>();
        foreach (var i in suspicious)
        {
            if (await largeKeys.IsLargeAsync(database, keys[i], cancellationToken).ConfigureAwait(false))
                large.Add(i);
        }

        return ([.. keys.Where((_, i) => !large.Contains(i))], [.. large.Select(i => keys[i])]);
    }

    private void SettleUnread(int database)
    {
        foreach (var key in CountsVanished ? dumper.Vanished : [])
            account.SettleUnread(key, Outcome.Expired);
        foreach (var (key, reason) in dumper.Forbidden)
            account.FailUnread(database, key, reason);
        foreach (var (key, error) in dumper.Elsewhere)
            IsElsewhere!(database, key, error);
    }
}
