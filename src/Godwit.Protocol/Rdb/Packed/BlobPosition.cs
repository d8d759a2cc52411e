namespace Godwit.Protocol.Rdb.Packed;

/// <summary>Where the bytes of a packed value stand in the file, for errors. Decompressed bytes stand nowhere of their own.</summary>
internal readonly record struct BlobPosition(long Offset, bool IsInPlace)
{
    public long At(int position) => IsInPlace ? Offset + position : Offset;
}
