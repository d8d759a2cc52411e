using Godwit.IntegrationTests.Data;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>A key of one database. Its name is <see cref="Bytes">bytes as text</see>.</summary>
internal readonly record struct KeyName(int Database, string Name)
{
    public override string ToString() => $"db {Database} key {Bytes.Quoted(Name)}";
}

/// <summary>
/// The moment when a key expires, in Unix milliseconds. A server that tells only the time that is left leaves a span open.
/// </summary>
internal readonly record struct Expiry(long Earliest, long Latest)
{
    public bool Overlaps(Expiry other) => Earliest <= other.Latest && other.Earliest <= Latest;

    public override string ToString() => Earliest == Latest ? $"{Earliest}" : $"between {Earliest} and {Latest}";
}

/// <summary>One thing that can be said of a value: an element by its place, a field's value, a group's position.</summary>
internal readonly record struct Detail(string Aspect, string Subject);

/// <summary>A key's type, expiry (null: none) and value, taken apart into details.</summary>
internal sealed record KeyState(string Type, Expiry? Expiry, IReadOnlyDictionary<Detail, string> Details)
{
    public bool HasFieldExpiry => Details.Keys.Any(detail => detail.Aspect is Aspects.FieldExpiry);
}

/// <summary>All that a server holds, as its commands tell it.</summary>
/// <param name="Version">Its name and version.</param>
/// <param name="Features">What it can hold.</param>
/// <param name="Keys">Every key of every database.</param>
/// <param name="Functions">The code of each function library by its name.</param>
internal sealed record ServerState(
    string Version,
    ServerFeatures Features,
    IReadOnlyDictionary<KeyName, KeyState> Keys,
    IReadOnlyDictionary<string, string> Functions
);
