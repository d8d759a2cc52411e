namespace Godwit.Protocol.Tests.Rdb;

/// <summary>
/// Compresses to LZF in ways that no server would choose: at each place it looks for a match at a few random distances, the
/// shortest and the longest among them, and takes any length of it.
/// </summary>
internal static class LzfCompressor
{
    private const int LongestCopy = 264;
    private const int FarthestBack = 8192;
    private const int ShortestCopy = 3;

    public static byte[] Compress(ReadOnlySpan<byte> input, Random random)
    {
        var output = new List<byte>();
        var literals = 0;
        for (var at = 0; at < input.Length; )
        {
            var distance = Pick(random, Math.Min(at, FarthestBack));
            var count = distance == 0 ? 0 : Match(input, at, distance);
            if (count < ShortestCopy)
            {
                at++;
                if (++literals == 32)
                    Flush(input, at, ref literals, output);
                continue;
            }

            Flush(input, at, ref literals, output);
            count = random.Next(3) == 0 ? random.Next(ShortestCopy, count + 1) : count;
            var (length, back) = (count - 2, distance - 1);
            if (length < 7)
                output.AddRange((byte)((length << 5) | (back >> 8)), (byte)back);
            else
                output.AddRange((byte)((7 << 5) | (back >> 8)), (byte)(length - 7), (byte)back);
            at += count;
        }

        Flush(input, input.Length, ref literals, output);
        return [.. output];
    }

    /// <summary>Bytes that have much in common with those before them, near and far.</summary>
    public static byte[] Repetitive(int length, Random random)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length; )
        {
            var run = Math.Min(random.Next(1, 700), length - at);
            var back = Pick(random, Math.Min(at, FarthestBack));
            for (var i = 0; i < run; i++, at++)
                bytes[at] = back == 0 || random.Next(50) == 0 ? (byte)random.Next(256) : bytes[at - back];
        }

        return bytes;
    }

    private static int Pick(Random random, int most) =>
        most == 0
            ? 0
            : random.Next(6) switch
            {
                0 => 1,
                1 => most,
                2 => Math.Min(most, 256),
                3 => 0,
                _ => random.Next(1, most + 1),
            };

    private static int Match(ReadOnlySpan<byte> input, int at, int distance)
    {
        var count = 0;
        while (count < LongestCopy && at + count < input.Length && input[at + count] == input[at + count - distance])
            count++;
        return count;
    }

    private static void Flush(ReadOnlySpan<byte> input, int end, ref int literals, List<byte> output)
    {
        if (literals == 0)
            return;

        output.Add((byte)(literals - 1));
        output.AddRange(input[(end - literals)..end]);
        literals = 0;
    }
}
