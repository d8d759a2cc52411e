namespace Godwit.Protocol.Rdb;

/// <summary>
/// LZF, which strings are compressed with: a control byte below 32 precedes that many literal bytes and one more; any other
/// holds the length of a copy in its upper three bits and, with the byte that follows, how far back it begins.
/// </summary>
/// <remarks>Source: <c>src/lzf_d.c</c>, lzf_decompress.</remarks>
public static class Lzf
{
    private const int FirstCopy = 32;
    private const int LongCopy = 7;

    /// <summary>How many bytes the input stands for, found without writing any.</summary>
    /// <param name="compressed">The whole input.</param>
    /// <returns>-1 if the input is malformed or stands for more than <see cref="int.MaxValue"/> bytes.</returns>
    public static int MeasureDecompressed(ReadOnlySpan<byte> compressed)
    {
        var length = 0L;
        var from = 0;
        while (from < compressed.Length)
        {
            var control = compressed[from++];
            if (control < FirstCopy)
            {
                from += control + 1;
                length += control + 1;
                if (from > compressed.Length)
                    return -1;
                continue;
            }

            if (!TryReadCopy(compressed, control, ref from, out var count, out var distance) || distance > length)
                return -1;
            length += count;
        }

        return length <= int.MaxValue ? (int)length : -1;
    }

    /// <summary>Decompresses the whole input.</summary>
    /// <param name="compressed">The whole input.</param>
    /// <param name="output">As long as <see cref="MeasureDecompressed"/> says.</param>
    /// <returns>False if the input is malformed or does not fill <paramref name="output"/> exactly.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> compressed, Span<byte> output)
    {
        var from = 0;
        var to = 0;
        while (from < compressed.Length)
        {
            var control = compressed[from++];
            if (control < FirstCopy)
            {
                var literals = control + 1;
                if (literals > compressed.Length - from || literals > output.Length - to)
                    return false;
                compressed.Slice(from, literals).CopyTo(output[to..]);
                from += literals;
                to += literals;
                continue;
            }

            if (
                !TryReadCopy(compressed, control, ref from, out var count, out var distance)
                || distance > to
                || count > output.Length - to
            )
            {
                return false;
            }

            Repeat(output, to, distance, count);
            to += count;
        }

        return to == output.Length;
    }

    private static bool TryReadCopy(
        ReadOnlySpan<byte> compressed,
        byte control,
        ref int from,
        out int count,
        out int distance
    )
    {
        count = control >> 5;
        distance = 0;
        if (count == LongCopy)
        {
            if (from >= compressed.Length)
                return false;
            count += compressed[from++];
        }

        if (from >= compressed.Length)
            return false;
        count += 2;
        distance = ((control & 0x1F) << 8) + compressed[from++] + 1;
        return true;
    }

    /// <summary>Writes <paramref name="count"/> bytes at <paramref name="to"/>, taken from <paramref name="distance"/> before.</summary>
    private static void Repeat(Span<byte> output, int to, int distance, int count)
    {
        var source = to - distance;
        if (distance == 1)
        {
            output.Slice(to, count).Fill(output[source]);
            return;
        }

        // What is written is itself a source as soon as it is there, so each round may take twice as much.
        while (count > 0)
        {
            var chunk = Math.Min(count, to - source);
            output.Slice(source, chunk).CopyTo(output[to..]);
            to += chunk;
            count -= chunk;
        }
    }
}
