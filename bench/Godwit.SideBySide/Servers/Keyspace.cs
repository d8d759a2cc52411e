namespace Godwit.SideBySide.Servers;

/// <summary>How many keys a server holds in each database that has any.</summary>
internal sealed class Keyspace(IReadOnlyDictionary<int, long> keys)
{
    public long Keys => keys.Values.Sum();

    public bool IsSameAs(Keyspace other) => ToString() == other.ToString();

    public override string ToString() =>
        keys.Count == 0
            ? "no keys"
            : string.Join(", ", keys.OrderBy(pair => pair.Key).Select(pair => $"db{pair.Key}: {pair.Value}"));
}
