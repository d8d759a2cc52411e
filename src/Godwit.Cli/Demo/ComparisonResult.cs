using System.Globalization;
using System.Text;

namespace Godwit.Cli.Demo;

/// <summary>What a comparison of two servers found.</summary>
/// <param name="Types">Each type that the source holds.</param>
/// <param name="Libraries">Function libraries at the source.</param>
/// <param name="Differences">None means equal.</param>
internal sealed record ComparisonResult(
    IReadOnlyList<TypeTally> Types,
    long Libraries,
    IReadOnlyList<KeyDifference> Differences
)
{
    /// <summary>Keys of the source that were compared.</summary>
    public long Keys => Types.Sum(type => type.Keys);
}

/// <summary>The keys of one type.</summary>
/// <param name="Type">As TYPE says it.</param>
/// <param name="Keys">How many there are at the source.</param>
/// <param name="Parts">Elements of them all: members, fields, entries, groups, pending entries.</param>
/// <param name="Different">Keys that are not the same at the target.</param>
internal sealed record TypeTally(string Type, long Keys, long Parts, long Different);

/// <summary>A key that is not the same at both servers.</summary>
/// <param name="Database">Its database; null for a function library.</param>
/// <param name="Key">Its name.</param>
/// <param name="What">How they differ, as the end of a sentence that begins with the key.</param>
internal sealed record KeyDifference(int? Database, byte[] Key, string What)
{
    /// <summary>A function library that differs.</summary>
    public static KeyDifference OfLibrary(string name) =>
        new(null, Encoding.UTF8.GetBytes(name), "is not the same at both");

    public override string ToString() =>
        Database is { } database
            ? string.Create(CultureInfo.InvariantCulture, $"key {Quoted()} of database {database} {What}")
            : $"function library {Quoted()} {What}";

    private string Quoted()
    {
        var text = new StringBuilder("\"");
        foreach (var value in Key)
        {
            if (value is >= 0x20 and <= 0x7e and not ((byte)'"' or (byte)'\\'))
                text.Append((char)value);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        }

        return text.Append('"').ToString();
    }
}
