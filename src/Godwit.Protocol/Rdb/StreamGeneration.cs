namespace Godwit.Protocol.Rdb;

/// <summary>The layouts of a stream, each of which adds to the one before.</summary>
internal enum StreamGeneration
{
    /// <summary><see cref="RdbType.Stream"/>.</summary>
    First,

    /// <summary><see cref="RdbType.Stream2"/>: first id, greatest deleted id, entries added, entries read.</summary>
    Second,

    /// <summary><see cref="RdbType.Stream3"/>: the consumers' active times.</summary>
    Third,
}
