using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Godwit.Json;

/// <summary>Reads a file that has a JSON object a line.</summary>
internal static class JsonLines
{
    /// <summary>
    /// Gives all lines but a last one that was cut off in the middle: a disk was full, or whoever wrote it was killed. All before it are
    /// good.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="cutOff">Is told the number of such a line.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read.</exception>
    public static async IAsyncEnumerable<string> ReadAsync(
        string path,
        Action<int> cutOff,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var number = 0;
        string? last = null;
        await foreach (var line in File.ReadLinesAsync(path, cancellationToken).ConfigureAwait(false))
        {
            if (last is not null)
                yield return last;
            last = line;
            number++;
        }

        if (last is null)
            yield break;
        if (IsCutOff(last))
            cutOff(number);
        else
            yield return last;
    }

    // What does not even begin as such a line is something else.
    private static bool IsCutOff(string line)
    {
        if (!line.StartsWith('{'))
            return false;

        try
        {
            using var document = JsonDocument.Parse(line);
            return false;
        }
        catch (JsonException)
        {
            return true;
        }
    }
}
