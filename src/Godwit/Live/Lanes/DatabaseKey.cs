using System.Text;

namespace Godwit.Live.Lanes;

/// <summary>A key in one of a server's databases.</summary>
/// <param name="Database">The database's number at the source.</param>
/// <param name="Name">The key's bytes, each as the character of that number.</param>
internal readonly record struct DatabaseKey(int Database, string Name)
{
    /// <summary>Takes a key as it is.</summary>
    public static DatabaseKey Of(int database, ReadOnlySpan<byte> key) => new(database, Encoding.Latin1.GetString(key));

    /// <summary>The key as it is.</summary>
    public byte[] ToBytes() => Encoding.Latin1.GetBytes(Name);
}
