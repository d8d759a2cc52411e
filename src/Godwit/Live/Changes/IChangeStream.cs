using Godwit.Live.Spooling;

namespace Godwit.Live.Changes;

/// <summary>A source's stream of changes from one place in its history on.</summary>
internal interface IChangeStream
{
    /// <summary>The stream's bytes as they come in; its first byte is the one behind <see cref="StartOffset"/>.</summary>
    Spool Bytes { get; }

    /// <summary>Bytes of the source's history before the first of <see cref="Bytes"/>.</summary>
    long StartOffset { get; }

    /// <summary>
    /// The name of the source's history, 40 characters. It changes when another server takes the primary's place; the newest
    /// name is good for all of the stream. May be read from any thread.
    /// </summary>
    string ReplicationId { get; }

    /// <summary>When the byte at an offset came in, as a timestamp. To be asked with rising offsets, by one reader.</summary>
    long ArrivalOf(long offset);
}
