using Godwit.Connections;
using Godwit.Migration;
using Godwit.Sources.Scan;

namespace Godwit.Live.Following;

/// <summary>Makes the target's function libraries the same as the source's. Nothing else is on its way on the connections.</summary>
internal sealed class FunctionCopy(RedisConnection source, RedisConnection target, StateWriter writer, Account account)
{
    /// <summary>Copies all, and deletes those that the target has alone.</summary>
    /// <param name="mayDelete">It may.</param>
    /// <param name="cancellationToken">Ends it; the connections are then of no more use.</param>
    /// <exception cref="Protocol.GodwitException">One of the two refuses, or a connection was lost.</exception>
    public async Task RunAsync(bool mayDelete, CancellationToken cancellationToken)
    {
        var held = await target.TryExecuteAsync(cancellationToken, "FUNCTION", "LIST").ConfigureAwait(false);

        // What such a target cannot hold, the copy has named already.
        if (held.IsError)
            return;

        var names = new HashSet<string>(StringComparer.Ordinal);
        using var libraries = await FunctionLibraries.ReadAsync(source, cancellationToken).ConfigureAwait(false);
        if (libraries is not null)
        {
            foreach (ref readonly var library in libraries.Entries)
                names.Add(System.Text.Encoding.UTF8.GetString(libraries.Key(library)));
        }

        // Before others take the names of their functions.
        foreach (var library in mayDelete ? held.Items : [])
        {
            if (library["library_name"] is { } name && !names.Contains(name.Text))
            {
                await target.ExecuteAsync(cancellationToken, "FUNCTION", "DELETE", name.Bytes).ConfigureAwait(false);
            }
        }

        if (libraries is null)
            return;

        libraries.Account = account;
        account.Take(libraries.Count);
        await writer.WriteAsync(StateWriter.NoDatabase, libraries, cancellationToken).ConfigureAwait(false);
    }
}
