using Godwit.Protocol.Rdb.Packed;

namespace Godwit.Protocol.Tests.Rdb.Packed;

/// <summary>Reads all elements as text.</summary>
internal static class PackedReading
{
    public static List<string> ReadAll<TReader>(ref TReader reader)
        where TReader : struct, IPackedReader, allows ref struct
    {
        var texts = new List<string>();
        Span<byte> scratch = stackalloc byte[PackedElement.LongestInteger];
        while (reader.TryRead(out var element))
            texts.Add(RecordingSink.Escape(element.Text(scratch)));
        return texts;
    }
}
