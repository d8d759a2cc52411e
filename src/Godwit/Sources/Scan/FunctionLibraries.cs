using Godwit.Batches;
using Godwit.Connections;

namespace Godwit.Sources.Scan;

/// <summary>Reads a live server's function libraries by FUNCTION LIST (7.0).</summary>
internal static class FunctionLibraries
{
    /// <summary>
    /// All libraries in one batch, or those of a choice; null if there is none, or the server is older than they are.
    /// </summary>
    /// <exception cref="ServerErrorException">There are, or may be, libraries that we must not read.</exception>
    public static async Task<EntryBatch?> ReadAsync(
        RedisConnection connection,
        CancellationToken cancellationToken,
        EntryChoice? choice = null
    )
    {
        var reply = await connection
            .TryExecuteAsync(cancellationToken, "FUNCTION", "LIST", "WITHCODE")
            .ConfigureAwait(false);
        if (reply.IsError)
        {
            if (IsUnknownCommand(reply.Text) || await HasNoneAsync(connection, cancellationToken).ConfigureAwait(false))
                return null;
            throw ServerErrorException.Of(connection.Endpoint, "FUNCTION LIST", reply.Bytes.Span);
        }

        var batch = new EntryBatch();
        foreach (var library in reply.Items)
        {
            var name = library["library_name"]!.Bytes.Span;
            if (choice?.IncludesFunction(name) != false)
                batch.AddCopy(new Entry { Kind = EntryKind.Function }, name, library["library_code"]!.Bytes.Span);
        }

        if (batch.Count > 0)
            return batch;

        batch.Dispose();
        return null;
    }

    private static bool IsUnknownCommand(string error) =>
        error.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
        || error.Contains("unknown subcommand", StringComparison.OrdinalIgnoreCase);

    // A user who may not list the libraries may still be told how many there are.
    private static async Task<bool> HasNoneAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var info = await ServerInfo.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        return info["number_of_libraries"] == "0";
    }
}
