using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis.Shards;

/// <summary>Loads function libraries, which belong to no slot, at the primary of every shard.</summary>
internal sealed class LibraryLoader(LaneSettings settings, NodeErrand errand)
{
    private const string IsThere = "the target has this function library, or one of its functions, already";

    // Who joins or takes over later has to get them too.
    private readonly List<byte[]> _loaded = [];
    private long _mapOfLoading = -1;

    /// <summary>Loads one, and settles it.</summary>
    public async Task LoadAsync(EntryBatch batch, int index, CancellationToken cancellationToken)
    {
        var account = batch.Account;
        if (!settings.Profile.HasFunctions)
        {
            account.FailOrLose(
                batch,
                batch.Entries[index],
                Losses.Functions,
                $"{settings.Profile.Server} has no function libraries (they came with 7.0); --allow-loss functions leaves them behind"
            );
            return;
        }

        var code = batch.Value(batch.Entries[index]).ToArray();
        var isThere = false;
        string? error = null;
        _mapOfLoading = settings.Topology.Map.Version;
        await errand
            .AtEveryPrimaryAsync(
                async connection =>
                {
                    var reply = await LoadAsync(connection, code, cancellationToken).ConfigureAwait(false);
                    if (reply is null)
                        return null;
                    if (Detour.Of(reply, connection.Endpoint) is { } detour)
                        return detour;

                    isThere |= reply.Text.Contains("already exists", StringComparison.OrdinalIgnoreCase);
                    error ??= ServerErrorException.Clean(reply.Bytes.Span);
                    return null;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        if (error is null)
        {
            _loaded.Add(code);
            account.SettleFunctions(1);
        }
        else if (isThere && settings.Options.OnExisting == OnExisting.Skip)
        {
            account.Settle(batch, batch.Entries[index], Outcome.Skipped);
        }
        else
        {
            account.Fail(batch, batch.Entries[index], isThere ? IsThere : $"the target answered: {error}");
        }
    }

    /// <summary>Sees that every primary has them, if others have become primaries since.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_loaded.Count == 0 || settings.Topology.Map.Version == _mapOfLoading)
            return;

        await errand
            .AtEveryPrimaryAsync(
                async connection =>
                {
                    foreach (var code in _loaded)
                    {
                        var reply = await LoadAsync(connection, code, cancellationToken).ConfigureAwait(false);
                        if (reply is not null)
                        {
                            return Detour.Of(reply, connection.Endpoint)
                                ?? throw ServerErrorException.Of(
                                    connection.Endpoint,
                                    "FUNCTION LOAD",
                                    reply.Bytes.Span
                                );
                        }
                    }

                    return null;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    // The error that the server answers with; null if it has the library now, be it from an earlier try.
    private async Task<RespValue?> LoadAsync(
        RedisConnection connection,
        byte[] code,
        CancellationToken cancellationToken
    )
    {
        var reply =
            settings.Options.OnExisting == OnExisting.Replace
                ? await connection
                    .TryExecuteAsync(cancellationToken, "FUNCTION", "LOAD", "REPLACE", code)
                    .ConfigureAwait(false)
                : await connection.TryExecuteAsync(cancellationToken, "FUNCTION", "LOAD", code).ConfigureAwait(false);
        if (!reply.IsError)
            return null;
        if (!reply.Text.Contains("already exists", StringComparison.OrdinalIgnoreCase))
            return reply;

        var name = FunctionLibrary.NameOf(code).ToArray();
        var there = await connection
            .TryExecuteAsync(cancellationToken, "FUNCTION", "LIST", "LIBRARYNAME", name, "WITHCODE")
            .ConfigureAwait(false);
        var isSame = there.Items.Any(library => library["library_code"]?.Bytes.Span.SequenceEqual(code) == true);
        return isSame ? null : reply;
    }
}
