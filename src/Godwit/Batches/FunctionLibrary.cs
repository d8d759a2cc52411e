namespace Godwit.Batches;

/// <summary>What is said in the first line of a function library's code: <c>#!lua name=mylib</c>.</summary>
/// <remarks><c>src/functions.c</c>, functionExtractLibMetaData.</remarks>
internal static class FunctionLibrary
{
    /// <summary>The library's name; empty if the first line does not say it.</summary>
    public static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> code)
    {
        var end = code.IndexOf((byte)'\n');
        var line = (end < 0 ? code : code[..end]).TrimEnd("\r "u8);
        foreach (var word in line.Split((byte)' '))
        {
            if (line[word].StartsWith("name="u8))
                return line[word]["name=".Length..];
        }

        return [];
    }
}
