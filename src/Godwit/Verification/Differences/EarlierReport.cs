using System.Runtime.CompilerServices;
using System.Text.Json;
using Godwit.Json;
using Godwit.Migration;

namespace Godwit.Verification.Differences;

/// <summary>Reads the keys that the report of an earlier run names.</summary>
internal static class EarlierReport
{
    /// <summary>Each key with its databases; null for a function library.</summary>
    /// <param name="path">The file.</param>
    /// <param name="log">Is told of a last line that was cut off: which key it was to name nobody knows.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RefusedException">The file cannot be read, or a line does not name a key.</exception>
    public static async IAsyncEnumerable<(DatabasePair Databases, byte[] Key)?> ReadAsync(
        string path,
        IMigrationLog log,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var number = 0;
        var lines = JsonLines.ReadAsync(path, TellOfCut, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var closing = lines.ConfigureAwait(false);
        while (true)
        {
            number++;
            (DatabasePair, byte[])? key;
            try
            {
                if (!await lines.MoveNextAsync().ConfigureAwait(false))
                    yield break;
                key = Parse(lines.Current);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new RefusedException(
                    $"The report {path} cannot be read: {exception.Message}",
                    "Name the report of an earlier run after --against-report.",
                    exception
                );
            }
            catch (Exception exception)
                when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException
                )
            {
                throw new RefusedException(
                    $"Line {number} of {path} does not name a key",
                    "Name the report of an earlier run after --against-report, as that run wrote it.",
                    exception
                );
            }

            yield return key;
        }

        void TellOfCut(int cut) =>
            log.Warn(
                $"Line {cut} of {path}, the last one, is cut off: what it was to name is not compared, and all else is."
            );
    }

    private static (DatabasePair Databases, byte[] Key)? Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var members = document.RootElement;
        if (members.TryGetProperty("type", out var type) && type.GetString() == DifferenceLine.FunctionType)
            return null;

        var source = members.GetProperty("db").GetInt32();
        var target = members.TryGetProperty("target_db", out var other) ? other.GetInt32() : source;
        var key = members.GetProperty("key").GetString() ?? throw new FormatException("a key is null");
        return (new DatabasePair(source, target), BinaryText.Decode(key));
    }
}
