namespace Godwit.IntegrationTests.Comparison;

/// <summary>The names of a value's details, and which of them a server can tell.</summary>
internal static class Aspects
{
    public const string Value = "value";
    public const string Element = "element";
    public const string Member = "member";
    public const string Score = "score of";
    public const string Field = "field";
    public const string FieldExpiry = "expiry of field";

    public const string Entry = "entry";
    public const string Length = "length";
    public const string LastId = "last id";
    public const string FirstId = "recorded first id";
    public const string MaxDeletedId = "greatest deleted id";
    public const string EntriesAdded = "entries added";
    public const string Group = "last delivered id of group";
    public const string EntriesRead = "entries read by group";
    public const string Lag = "lag of group";
    public const string PendingCount = "pending entries of group";
    public const string Consumer = "pending entries of consumer";
    public const string Pending = "pending entry";

    /// <summary>Whether both servers can tell it, so that a difference is one.</summary>
    public static bool CanCompare(string aspect, ServerState source, ServerState target) =>
        aspect switch
        {
            FieldExpiry => true,
            FirstId or MaxDeletedId or EntriesAdded or EntriesRead => source.Features.StreamCounters
                && target.Features.StreamCounters,
            // Versions work it out differently where entries are deleted.
            Lag => string.Equals(source.Version, target.Version, StringComparison.Ordinal),
            _ => true,
        };
}
