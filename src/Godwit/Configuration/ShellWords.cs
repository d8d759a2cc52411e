using System.Text;

namespace Godwit.Configuration;

/// <summary>Words as they would be typed into a POSIX shell: plain where they can be, else in single quotes.</summary>
internal static class ShellWords
{
    /// <summary>The word, quoted where a shell needs it.</summary>
    public static string Quote(string word)
    {
        var isPlain = word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "_@%+=:,./-".Contains(c));
        return isPlain ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }

    /// <summary>The words of a line that <see cref="Quote"/> made, without their quotes.</summary>
    public static IReadOnlyList<string> Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (isQuoted, isEmpty) = (false, true);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\'')
                (isQuoted, isEmpty) = (!isQuoted, false);
            else if (c == ' ' && !isQuoted)
                End();
            else if (c == '\\' && !isQuoted && i + 1 < line.Length)
                Add(line[++i]);
            else
                Add(c);
        }

        End();
        return words;

        void Add(char c)
        {
            word.Append(c);
            isEmpty = false;
        }

        void End()
        {
            if (!isEmpty)
                words.Add(word.ToString());
            word.Clear();
            isEmpty = true;
        }
    }
}
