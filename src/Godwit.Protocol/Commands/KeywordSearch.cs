using System.Text;

namespace Godwit.Protocol.Commands;

/// <summary>Looks for a keyword among a command's options.</summary>
/// <param name="from">Index of the first option.</param>
/// <param name="keywords">Any of these; of several that are there the last one counts.</param>
/// <param name="options">Options with words of their own, which may look like the keyword: their names, and how many words.</param>
internal sealed class KeywordSearch(int from, string[] keywords, params (string Name, int Words)[] options)
{
    private readonly byte[][] _keywords = Array.ConvertAll(keywords, Encoding.ASCII.GetBytes);
    private readonly (byte[] Name, int Words)[] _options = Array.ConvertAll(
        options,
        option => (Encoding.ASCII.GetBytes(option.Name), option.Words)
    );

    /// <summary>Index of the keyword; negative if it is not there.</summary>
    public int Find(CommandArguments arguments)
    {
        var found = -1;
        for (var i = from; i < arguments.Count; i++)
        {
            if (IsKeyword(arguments, i))
                found = i++;
            else
                i += WordsOf(arguments, i);
        }

        return found;
    }

    private bool IsKeyword(CommandArguments arguments, int index)
    {
        foreach (var keyword in _keywords)
        {
            if (arguments.Is(index, keyword))
                return true;
        }

        return false;
    }

    private int WordsOf(CommandArguments arguments, int index)
    {
        foreach (var (name, words) in _options)
        {
            if (arguments.Is(index, name))
                return words;
        }

        return 0;
    }
}
