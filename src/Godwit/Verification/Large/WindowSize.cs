using Godwit.Protocol.Resp;

namespace Godwit.Verification.Large;

/// <summary>How many elements to ask for at once: about a mebibyte of them, by the size of those that came last.</summary>
internal sealed class WindowSize
{
    private const long Bytes = 1024 * 1024;

    // A server spends about a millisecond on so many.
    private const int Most = 2000;

    /// <summary>Elements to ask for next.</summary>
    public int Count { get; private set; } = 16;

    /// <summary>What came of the last question.</summary>
    public void Learn(int elements, RespValue reply)
    {
        if (elements > 0)
            Count = (int)Math.Clamp(Bytes * elements / Math.Max(1, SizeOf(reply)), 1, Math.Min(Most, Count * 8));
    }

    private static long SizeOf(RespValue reply) => reply.Bytes.Length + reply.Items.Sum(SizeOf);
}
