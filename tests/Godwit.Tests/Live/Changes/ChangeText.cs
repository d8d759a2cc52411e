using System.Text;
using Godwit.Live.Changes;

namespace Godwit.Tests.Live.Changes;

/// <summary>Batches as text, for tests to compare.</summary>
internal static class ChangeText
{
    /// <summary>Each change as its database and its words, with a mark for its place in a group.</summary>
    public static List<string> Of(ChangeBatch batch)
    {
        var lines = new List<string>();
        foreach (ref readonly var change in batch.Changes)
        {
            var arguments = batch.Arguments(change);
            var words = new List<string>();
            for (var i = 0; i < arguments.Count; i++)
                words.Add(Encoding.Latin1.GetString(arguments[i]));
            StreamText.Command(string.Join(' ', words)).ShouldBe(batch.Raw(change).ToArray());
            var group = change.Group == GroupPlace.None ? "" : $"{change.Group}: ";
            lines.Add($"{group}{change.Database} {string.Join(' ', words)}");
        }

        return lines;
    }
}
