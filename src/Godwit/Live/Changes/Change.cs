using Godwit.Protocol.Commands;

namespace Godwit.Live.Changes;

/// <summary>One command of a source's stream. Its bytes are in the <see cref="ChangeBatch"/> that it belongs to.</summary>
internal readonly record struct Change
{
    /// <summary>What is known of the command; null if the table does not know it.</summary>
    public CommandSpec? Command { get; init; }

    /// <summary>The database that it is for.</summary>
    public int Database { get; init; }

    /// <summary>How it stands to its group.</summary>
    public GroupPlace Group { get; init; }

    /// <summary>Where it begins in the buffer.</summary>
    public int Start { get; init; }

    /// <summary>Its bytes, as they came.</summary>
    public int Length { get; init; }

    /// <summary>Index of its first word, the name, in the batch's words.</summary>
    public int FirstWord { get; init; }

    /// <summary>How many words, 1 and up.</summary>
    public int WordCount { get; init; }

    /// <summary>Bytes of the stream up to and with this change.</summary>
    public long EndOffset { get; init; }

    /// <summary>Bytes of the stream before this change.</summary>
    public long StartOffset => EndOffset - Length;
}
