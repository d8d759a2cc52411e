using System.Buffers;
using Godwit.Batches;
using Godwit.Connections;

namespace Godwit.Sources.Scan;

/// <summary>Reads a live server's function libraries by FUNCTION LIST (7.0).</summary>
internal static class FunctionLibraries
{
    /// <summary>All libraries in one batch; null if there is none, or the server is older than they are.</summary>
    /// <exception cref="ServerErrorException">There are, or may be, libraries that we must not read.</exception>
    public static async Task<EntryBatch?> ReadAsync(RedisConnection connection, CancellationToken cancellationToken)
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

        if (reply.Items.Count == 0)
            return null;

        var libraries = reply
            .Items.Select(library => (Name: library["library_name"]!.Bytes, Code: library["library_code"]!.Bytes))
            .ToArray();
        var buffer = ArrayPool<byte>.Shared.Rent(libraries.Sum(library => library.Name.Length + library.Code.Length));
        var batch = new EntryBatch(buffer);
        var used = 0;
        foreach (var (name, code) in libraries)
        {
            name.CopyTo(buffer.AsMemory(used));
            code.CopyTo(buffer.AsMemory(used + name.Length));
            batch.Add(
                new Entry
                {
                    Kind = EntryKind.Function,
                    KeyStart = used,
                    KeyLength = name.Length,
                    ValueStart = used + name.Length,
                    ValueLength = code.Length,
                }
            );
            used += name.Length + code.Length;
        }

        return batch;
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
