namespace Godwit.Protocol.Rdb.Packed;

/// <summary>Reads the elements of a packed value one after another, and checks the whole on the way.</summary>
internal interface IPackedReader
{
    /// <summary>Where the next element stands in the file.</summary>
    long Offset { get; }

    /// <summary>False at the end, once everything has been found in order.</summary>
    bool TryRead(out PackedElement element);
}
